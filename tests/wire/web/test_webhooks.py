"""What Twilio calls, over real HTTP: signed and stored once, or refused; never an error of ours."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID, uuid4

import aiohttp
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from pro_collector.channels.twilio import INBOUND_PATH, REPORTS_PATH
from tests.office.handlers.test_alert_raised import TEAM
from tests.shared.office import PHONE, Office
from tests.shared.scenes import in_conversation

OURS = "+12025550100"
TEXT = {"MessageSid": "SM" + "1" * 32, "From": PHONE, "To": OURS, "Body": "7", "NumMedia": "0"}
REPORT = {"MessageSid": "SM" + "2" * 32, "MessageStatus": "sent", "To": PHONE, "From": OURS}


@dataclass
class Caller:
    """Somebody who calls our webhooks; `sign` as Twilio does unless told otherwise."""

    office: Office
    session: aiohttp.ClientSession
    answers: list[int] = field(default_factory=list)

    async def post(self, path: str, body: bytes | dict[str, str], **given: str) -> int:
        """The status of the answer. `token`: what it is signed with; `signature`: instead of a real one."""
        fields = body if isinstance(body, dict) else {}
        url = f"{self.office.rt.settings.public_url}{path}"
        token = given.get("token", self.office.rt.settings.twilio_auth_token.get_secret_value())
        signature = given.get("signature") or str(RequestValidator(token).compute_signature(url, fields))
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        if given.get("signature") == "-":
            del headers["X-Twilio-Signature"]
        data = body if isinstance(body, bytes) else urlencode(body).encode()
        async with self.session.post(url, data=data, headers=headers) as answer:
            await answer.read()
            self.answers.append(answer.status)
            return answer.status

    async def stored(self) -> int:
        """How many texts are in the vault."""
        return int(await self.office.one("SELECT count(*) FROM vault.inbound"))


@pytest.fixture
async def caller(office: Office) -> AsyncIterator[Caller]:
    """A caller of the web process of an office where RT-1 has just been asked something."""
    await in_conversation(office)
    async with aiohttp.ClientSession() as session:
        yield Caller(office, session)


async def test_a_signed_text_is_taken_and_read(caller: Caller) -> None:
    assert await caller.post(INBOUND_PATH, TEXT) == 200
    await caller.office.settle()
    assert await caller.office.one("SELECT outcome FROM vault.inbound") == "answer"
    assert await caller.office.one("SELECT value FROM answer") == 7.0


async def test_the_answer_to_a_text_is_empty_instructions(caller: Caller) -> None:
    url = f"{caller.office.rt.settings.public_url}{INBOUND_PATH}"
    token = caller.office.rt.settings.twilio_auth_token.get_secret_value()
    signature = str(RequestValidator(token).compute_signature(url, TEXT))
    async with caller.session.post(url, data=TEXT, headers={"X-Twilio-Signature": signature}) as answer:
        assert (answer.status, await answer.text()) == (200, "<Response/>")
        assert answer.content_type == "text/xml", "anything else would be texted to the patient"


async def test_whoever_is_not_the_provider_gets_403(caller: Caller) -> None:
    for path in (INBOUND_PATH, f"{REPORTS_PATH}/{UUID(int=1)}"):
        for given in ({"signature": "-"}, {"signature": "nonsense"}, {"signature": "é"}, {"token": "f" * 32}):
            assert await caller.post(path, TEXT, **given) == 403, (path, given)
    assert await caller.stored() == 0


async def test_the_same_text_several_times_at_the_same_moment_is_stored_once(caller: Caller) -> None:
    texts = [{**TEXT, "MessageSid": f"SM{n:032x}"} for n in range(40)]
    answers = await asyncio.gather(*(caller.post(INBOUND_PATH, text) for text in texts for _ in range(4)))
    assert set(answers) == {200}
    assert await caller.stored() == len(texts)


async def test_replayed_it_is_stored_once(caller: Caller) -> None:
    for _ in range(5):
        assert await caller.post(INBOUND_PATH, TEXT) == 200
    await caller.office.settle()
    assert await caller.stored() == 1
    assert await caller.office.one("SELECT count(*) FROM answer") == 1


async def test_replayed_from_a_number_that_nobody_has_the_team_is_alerted_once(caller: Caller) -> None:
    text = {**TEXT, "From": "+12025550777", "Body": "I can't breathe"}
    for _ in range(5):
        assert await caller.post(INBOUND_PATH, text) == 200
        await caller.office.settle()
    assert await caller.stored() == 1
    assert await caller.office.one("SELECT count(*) FROM outbox WHERE type = 'alert.raised'") == 1
    assert len(caller.office.world.mailbox.inboxes[TEAM]) == 1


MALFORMED: dict[str, tuple[bytes | dict[str, str], int]] = {
    "nothing": (b"", 422),
    "bytes": (b"\xff\xfe\x00\x01", 422),
    "huge": (b"a" * 900_000, 403),  # it is a form with one field, which nobody signed
    "many fields": (b"&".join(b"a%d=1" % n for n in range(600)), 422),
    "json": (b"{}", 403),
    "no sender": ({"To": OURS, "Body": "7", "MessageSid": "SM1"}, 422),
    "empty sender": ({**TEXT, "From": ""}, 422),
    "no id": ({"From": PHONE, "Body": "7"}, 422),
    "no words": ({"MessageSid": "SM2", "From": PHONE}, 200),
    "nul in the id": ({**TEXT, "MessageSid": "SM\x00"}, 422),
    "nul in the words": ({**TEXT, "MessageSid": "SM3", "Body": "7\x00"}, 200),
    "long": ({**TEXT, "MessageSid": "SM4", "Body": "é" * 20_000}, 200),
    "odd sender": ({**TEXT, "MessageSid": "SM5", "From": "not a number"}, 200),
    "emoji": ({**TEXT, "MessageSid": "SM6", "Body": "\N{GRINNING FACE} 7"}, 200),
}


async def test_malformed_texts_are_refused_or_kept_and_never_an_error_of_ours(caller: Caller) -> None:
    expected = {name: status for name, (_, status) in MALFORMED.items()}
    assert {name: await caller.post(INBOUND_PATH, body) for name, (body, _) in MALFORMED.items()} == expected
    assert await caller.stored() == list(expected.values()).count(200)
    await caller.office.settle()


async def test_what_nobody_would_send_is_not_kept_until_it_is_refused(caller: Caller) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(500):
            yield b"a" * 100_000

    url = f"{caller.office.rt.settings.public_url}{INBOUND_PATH}"
    tracemalloc.start()
    try:
        async with caller.session.post(url, data=endless()) as answer:
            assert answer.status == 403
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000, "fifty million bytes came"


async def test_a_field_that_nobody_expected_is_not_kept_of_a_report(caller: Caller) -> None:
    ours = await caller.office.one("SELECT id FROM message WHERE item IS NOT NULL")
    more = {"ChannelToAddress": PHONE, "FriendlyName": "Maria", "RawDlrDoneDate": "2603021000"}
    assert await caller.post(f"{REPORTS_PATH}/{ours}", {**REPORT, "MessageStatus": "read", **more}) == 200
    kept = await caller.office.one("SELECT fields FROM report WHERE status = 'read'")
    assert set(kept) == {"MessageSid", "MessageStatus", "RawDlrDoneDate"}
    await caller.office.settle()


REPORTS: dict[str, tuple[str, dict[str, str], int]] = {
    "good": ("", REPORT, 200),
    "a word we do not know": ("", {**REPORT, "MessageStatus": "a-new-word"}, 200),
    "nul": ("", {**REPORT, "Note": "\x00"}, 422),
    "nul in the id": ("", {**REPORT, "MessageSid": "SM\x00"}, 422),
    "no status": ("", {"MessageSid": REPORT["MessageSid"]}, 422),
    "no id": ("", {"MessageStatus": "sent"}, 422),
    "unknown delivery": (str(UUID(int=7)), REPORT, 422),
    "no delivery at all": ("not-a-uuid", REPORT, 422),
    "failed": ("", {**REPORT, "ErrorCode": "30005", "MessageStatus": "undelivered"}, 200),
}


async def test_reports_are_stored_or_refused(caller: Caller) -> None:
    ours = await caller.office.one("SELECT id FROM message WHERE item IS NOT NULL")
    before = await caller.office.one("SELECT count(*) FROM report")
    expected = {name: status for name, (_, _, status) in REPORTS.items()}
    found = {
        name: await caller.post(f"{REPORTS_PATH}/{delivery or ours}", fields)
        for name, (delivery, fields, _) in REPORTS.items()
    }
    assert found == expected
    assert await caller.office.one("SELECT count(*) FROM report") == before + list(expected.values()).count(200)
    await caller.office.settle()
    assert await caller.office.one("SELECT count(*) FROM dead_letter") == 0


async def test_a_report_is_stored_without_numbers_and_words(caller: Caller) -> None:
    id = await caller.office.one("SELECT id FROM message WHERE item IS NOT NULL")
    assert await caller.post(f"{REPORTS_PATH}/{id}", {**REPORT, "Body": "How bad was it?"}) == 200
    rows = await caller.office.rows("SELECT fields FROM report WHERE provider_id = %s", REPORT["MessageSid"])
    assert set(rows[0]["fields"]) == {"MessageSid", "MessageStatus"}


async def test_a_repeated_report_of_a_failure_is_one_event(caller: Caller) -> None:
    id = await caller.office.one("SELECT id FROM message WHERE item IS NOT NULL")
    before = await caller.office.one("SELECT count(*) FROM outbox WHERE type = 'message.reported'")
    for _ in range(3):
        assert await caller.post(f"{REPORTS_PATH}/{id}", {**REPORT, "MessageStatus": "failed"}) == 200
    assert await caller.office.one("SELECT count(*) FROM outbox WHERE type = 'message.reported'") == before + 1


async def test_only_post_is_allowed(caller: Caller) -> None:
    for path in (INBOUND_PATH, f"{REPORTS_PATH}/{uuid4()}"):
        for method in ("GET", "PUT", "DELETE"):
            async with caller.session.request(method, f"{caller.office.rt.settings.public_url}{path}") as answer:
                assert answer.status == 405, (method, path)
    assert await caller.post(INBOUND_PATH + "/more", TEXT) == 404
