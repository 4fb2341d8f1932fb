"""The rehearsal carrier does what Twilio does: refuses the same, reports the same, obeys the same keywords."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from pro_collector.channels.outcome import Accepted, Policy, Rejected
from pro_collector.channels.twilio import Twilio
from pro_collector.rehearsal.carrier import Carrier
from pro_collector.rehearsal.hostility import Hostility
from pro_collector.rehearsal.texts import Text
from tests.shared.provider import (
    ACCOUNT,
    CLINIC,
    PATIENT,
    SERVICE,
    START,
    TOKEN,
    LeapClock,
    WebTier,
    network,
    twilio,
    web_tier,
)

GOOD = {"To": PATIENT, "From": CLINIC, "Body": "0-10?"}


@asynccontextmanager
async def stage(**options: Any) -> AsyncIterator[tuple[Carrier, Twilio, WebTier, LeapClock]]:
    """A carrier, our channel to it, and our web tier, on a clock that leaps."""
    clock = LeapClock()
    async with (
        web_tier() as tier,
        network(clock, f"{tier.url}/webhooks/twilio/inbound#rc=5&rp=all", **options) as (carrier, url),
        twilio(url, public_url=tier.url) as channel,
    ):
        yield carrier, channel, tier, clock


async def post(url: str, fields: dict[str, str], credentials: tuple[str, str] = (ACCOUNT, TOKEN)) -> tuple[int, int]:
    """Post a message as a stranger to our channel would; HTTP status and error code."""
    headers = {"Authorization": aiohttp.encode_basic_auth(*credentials)}
    address = f"{url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    async with aiohttp.ClientSession(headers=headers) as session, session.post(address, data=fields) as answer:
        return answer.status, (await answer.json()).get("code", 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "555"}, 21211),
        ({"To": "+0551234567"}, 21211),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550009"}, 21614),
        ({"From": ""}, 21603),
        ({"From": "+15559999999"}, 21606),
        ({"MessagingServiceSid": "MG" + "9" * 32}, 21705),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"StatusCallback": "pro.example/x"}, 21609),
        ({"StatusCallback": "https://our_host.example/x"}, 21609),
        ({"ValidityPeriod": "0"}, 20001),
        ({"ValidityPeriod": "36001"}, 20001),
        ({"ValidityPeriod": "soon"}, 20001),
        ({"SendAt": "2026-03-03T09:00:00Z"}, 20001),
        ({"Body": "x" * 1600}, 0),
        ({"StatusCallback": "https://pro.example/x#rc=5&rp=all"}, 0),
        ({"ValidityPeriod": "36000"}, 0),
    ],
)
async def test_it_refuses_what_twilio_refuses(change: dict[str, str], code: int) -> None:
    async with network() as (carrier, url):
        assert await post(url, {**GOOD, **change}) == (400 if code else 201, code)
        assert len(carrier.log.all()) == (0 if code else 1)


@pytest.mark.parametrize("credentials", [("AC" + "f" * 32, TOKEN), (ACCOUNT, "wrong"), (ACCOUNT, "")])
async def test_it_checks_credentials(credentials: tuple[str, str]) -> None:
    async with network() as (_, url):
        assert await post(url, GOOD, credentials) == (401, 20003)


async def test_another_account_and_an_unknown_message() -> None:
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
    async with network() as (_, url), aiohttp.ClientSession(url, headers=headers) as session:
        for path in (f"AC{'f' * 32}/Messages.json", f"{ACCOUNT}/Messages/SM{'0' * 32}.json"):
            async with session.get(f"/2010-04-01/Accounts/{path}") as answer:
                assert (answer.status, (await answer.json())["code"]) == (404, 20404)


async def test_words_can_be_removed_but_not_changed() -> None:
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
    async with network() as (carrier, url), aiohttp.ClientSession(url, headers=headers) as session:
        await post(url, GOOD)
        message = carrier.log.all()[0]
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{message.sid}.json"
        async with session.post(path, data={"Body": "other words"}) as answer:
            assert answer.status == 400
        async with session.post(path, data={"Body": ""}) as answer:
            assert (await answer.json())["body"] == ""
        async with session.delete(path) as answer:
            assert answer.status == 204
        assert carrier.log.all() == []
        async with session.delete(path) as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("sender", "statuses"), [(CLINIC, ["sent", "delivered"]), (SERVICE, ["queued", "sent", "delivered"])]
)
async def test_a_message_reaches_its_phone_and_is_reported(sender: str, statuses: list[str]) -> None:
    """There is no report of the first status; with a service the first one is `accepted`."""
    arrived: list[Text] = []
    delivery = uuid4()
    clock = LeapClock()
    async with (
        web_tier() as tier,
        network(clock) as (carrier, url),
        twilio(url, public_url=tier.url, sender=sender) as channel,
    ):
        carrier.subscribe(arrived.append)
        accepted = await channel.send(to=PATIENT, body="0-10?", delivery_id=delivery)
        assert isinstance(accepted, Accepted)
        assert accepted.segments == (1 if sender == CLINIC else None)
        assert arrived == []
        await clock.run(carrier.idle)
    assert arrived == carrier.phones[PATIENT]
    assert (arrived[0].body, arrived[0].number, arrived[0].sid) == ("0-10?", CLINIC, accepted.provider_id)
    assert arrived[0].at == START + timedelta(seconds=2)
    assert tier.statuses() == statuses
    assert {call.path for call in tier.calls} == {f"/webhooks/twilio/reports/{delivery}"}
    assert all(call.signed for call in tier.calls)
    assert Twilio.parse_report(tier.calls[-1].fields).provider_id == accepted.provider_id


async def test_a_reply_reaches_our_webhook_signed() -> None:
    async with stage() as (carrier, channel, tier, clock):
        sid = await carrier.reply(PATIENT, "  ¿un 7? ")
        await clock.run(carrier.idle)
    assert [call.signed for call in tier.calls] == [True]
    text = channel.parse_inbound(tier.calls[0].fields)
    assert (text.provider_id, text.sender, text.recipient, text.body) == (sid, PATIENT, CLINIC, "  ¿un 7? ")
    assert tier.calls[0].fields["FromCity"] == ""


@pytest.mark.parametrize("code", [30003, 30005, 30008])
async def test_a_phone_that_cannot_be_reached(code: int) -> None:
    async with stage() as (carrier, channel, tier, clock):
        carrier.unreachable[PATIENT] = code
        await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        await clock.run(carrier.idle)
    assert tier.statuses() == ["sent", "undelivered"]
    assert tier.calls[-1].fields["ErrorCode"] == str(code)
    assert carrier.phones[PATIENT] == []


async def test_a_message_that_waits_longer_than_it_may_is_never_sent() -> None:
    slow = Hostility(slow_delivery=1.0, slowest_delivery=1e9)
    async with stage(hostility=slow) as (carrier, channel, tier, clock):
        await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4(), validity=timedelta(minutes=10))
        await clock.run(carrier.idle)
        assert clock.now() <= START + timedelta(minutes=11)
    assert tier.statuses() == ["failed"]
    assert tier.calls[0].fields["ErrorCode"] == "30036"
    assert carrier.phones[PATIENT] == []


@pytest.mark.parametrize("word", ["STOP", "stop", " Unsubscribe ", "QUIT", "cancel"])
async def test_a_stop_word_is_obeyed_answered_and_handed_to_us(word: str) -> None:
    async with stage() as (carrier, channel, tier, clock):
        await carrier.reply(PATIENT, word)
        await clock.run(carrier.idle)
        refused = await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        assert isinstance(refused, Rejected)
        assert (refused.code, refused.policy) == ("21610", Policy.OPTED_OUT)
        assert [text.automatic for text in carrier.phones[PATIENT]] == [False, True]
        await carrier.reply(PATIENT, "start")
        assert isinstance(await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4()), Accepted)
        await clock.run(carrier.idle)
    assert tier.bodies() == [word, "start"]


@pytest.mark.parametrize("words", ["stop please", "no more", "YES", "the pain won't stop", "parar"])
async def test_other_words_mean_nothing_to_it(words: str) -> None:
    async with stage() as (carrier, channel, tier, clock):
        await carrier.reply(PATIENT, words)
        assert isinstance(await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4()), Accepted)
        await clock.run(carrier.idle)
    assert tier.bodies() == [words]
    assert not any(text.automatic for text in carrier.phones[PATIENT])


async def test_help_is_answered_and_a_short_code_answers_nothing() -> None:
    async with stage() as (carrier, _, _, _):
        await carrier.reply(PATIENT, "help")
        assert [text.automatic for text in carrier.phones[PATIENT]] == [False, True]
    async with stage(handles_keywords=False) as (carrier, channel, _, _):
        await carrier.reply(PATIENT, "STOP")
        assert isinstance(await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4()), Accepted)


async def test_a_stop_catches_what_is_on_its_way() -> None:
    async with stage() as (carrier, channel, tier, clock):
        await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        await carrier.reply(PATIENT, "STOP")
        await clock.run(carrier.idle)
    assert tier.statuses() == ["failed"]
    assert [text.body for text in carrier.phones[PATIENT] if text.direction == "in" and not text.automatic] == []


async def test_segments_are_counted_both_ways() -> None:
    async with stage() as (carrier, channel, tier, clock):
        accepted = await channel.send(to=PATIENT, body="¿Qué tan fuerte? á" * 10, delivery_id=uuid4())
        assert isinstance(accepted, Accepted)
        assert accepted.segments == 3
        await carrier.reply(PATIENT, "x" * 161)
        await clock.run(carrier.idle)
    assert [call.fields["NumSegments"] for call in tier.calls if "Body" in call.fields] == ["2"]


async def test_a_reply_answers_the_number_that_texted_last() -> None:
    other = "+15550002222"
    async with stage(senders=[CLINIC, other]) as (carrier, channel, tier, clock):
        await channel.send(to=PATIENT, body="first", delivery_id=uuid4())
        await clock.run(carrier.idle, START + timedelta(minutes=1))
        carrier.accept({"From": other, "To": PATIENT, "Body": "second"}, 36000, "second")
        await clock.run(carrier.idle, START + timedelta(minutes=2))
        await carrier.reply(PATIENT, "7")
        await carrier.reply(PATIENT, "8", to=CLINIC)
        await clock.run(carrier.idle)
    assert [call.fields["To"] for call in tier.calls if "Body" in call.fields] == [other, CLINIC]


async def test_idle_means_that_nothing_happens_before_the_clock_moves() -> None:
    async with stage() as (carrier, channel, tier, clock):
        assert carrier.idle()
        await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        while not carrier.idle():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert tier.calls == []
        await carrier.reply(PATIENT, "7")
        assert not carrier.idle()
        while not carrier.idle():
            await asyncio.sleep(0.001)
        assert tier.bodies() == ["7"]
        await clock.run(carrier.idle, START + timedelta(seconds=1))
        assert tier.statuses() == ["sent"]


async def test_a_woken_sleeper_counts_as_busy_before_it_has_done_anything() -> None:
    async with stage() as (carrier, channel, _, clock):
        await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        while not carrier.idle():
            await asyncio.sleep(0.001)
        clock.jump(timedelta(seconds=1))
        assert not carrier.idle()
        await clock.run(carrier.idle)


async def test_it_stops_in_the_middle_of_everything() -> None:
    async with stage(hostility=Hostility(silent=1.0), silence=60) as (carrier, channel, _, _):
        waiting = asyncio.create_task(channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4()))
        while carrier.tally["accepted"] == 0:
            await asyncio.sleep(0.001)
        await asyncio.wait_for(carrier.stop(), 3)
        await asyncio.wait_for(waiting, 3)


async def test_what_goes_wrong_inside_comes_out() -> None:
    def broken(_: Text) -> None:
        raise RuntimeError("a simulated person fell over")

    clock = LeapClock()
    problems: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    async with network(clock) as (carrier, url), twilio(url) as channel:
        carrier.subscribe(broken)
        await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        await clock.run(carrier.idle, START + timedelta(minutes=1))
    assert "fell over" in str(problems[0]["exception"])
