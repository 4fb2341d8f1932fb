"""Settling doubts: the provider may take its time, and nobody waits for it but the reconciler."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from pro_collector import reconciler as reconciler_module
from pro_collector.casework.inbound import receiving
from pro_collector.channels.twilio import Inbound, Twilio
from pro_collector.errors import Unavailable
from pro_collector.postgres.tables import polls
from pro_collector.reconciler import Reconciler
from pro_collector.runtime import Runtime
from tests.shared.office import Office
from tests.shared.provider import answers, provider, twilio
from tests.shared.scenes import ASKED, SOON, TREATED, in_conversation

NOTHING = json.dumps({"messages": [], "next_page_uri": None})


@asynccontextmanager
async def asking(office: Office) -> AsyncIterator[tuple[asyncio.Task[int], asyncio.Event]]:
    """A reconciler that asks a provider which answers, when it is told to, that it knows of no text; it has asked."""
    go = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        await go.wait()
        await answers("200 OK", NOTHING)(writer)

    async with provider(answer) as it, twilio(it.url) as slow:
        task = asyncio.ensure_future(Reconciler(replace(office.rt, twilio=slow)).settle(timedelta()))
        while not it.requests and not task.done():
            await asyncio.sleep(0.01)
        yield task, go
        go.set()
        await task


async def doubtful(office: Office) -> Any:
    """The answer to our last text was lost; its id."""
    await in_conversation(office)
    return await office.one(
        "UPDATE message SET state = 'unknown', provider_id = NULL, ended_at = NULL WHERE id ="
        " (SELECT id FROM message WHERE channel = 'sms' ORDER BY requested_at DESC LIMIT 1) RETURNING id"
    )


async def test_nothing_is_locked_while_the_provider_is_asked(office: Office) -> None:
    id = await doubtful(office)
    async with asking(office) as (task, go):
        assert await office.one("SELECT state FROM message WHERE id = %s FOR UPDATE NOWAIT", id) == "unknown"
        again = Reconciler(office.rt)
        assert await again.settle(timedelta(minutes=1)) == 0, "another sender leaves it to this one"
        go.set()
        assert await task == 1
    assert await office.one("SELECT state FROM message WHERE id = %s", id) == "requested"


async def test_what_is_learnt_while_the_provider_is_asked_counts(office: Office) -> None:
    id = await doubtful(office)
    async with asking(office) as (task, go):
        await office.one("UPDATE message SET state = 'delivered', ended_at = now() WHERE id = %s RETURNING id", id)
        go.set()
        await task
    assert await office.one("SELECT state FROM message WHERE id = %s", id) == "delivered"
    assert await office.rows("SELECT 1 FROM outbox WHERE type = 'message.requested' AND handled_at IS NULL") == []


class Unlucky:
    """The carrier, of which some requests fail; the others are the carrier's own."""

    def __init__(self, twilio: Twilio, fails: Callable[[str, Mapping[str, Any]], bool]) -> None:
        self._twilio, self._fails = twilio, fails
        self.asked: list[str] = []
        self.since: list[datetime] = []

    async def find(self, **fields: Any) -> Any:
        return await self._ask("find", fields, self._twilio.find(**fields))

    async def inbound_since(self, since: datetime) -> AsyncIterator[list[Inbound]]:
        self.since.append(since)
        await self._ask("inbound_since", {}, asyncio.sleep(0))
        async for page in self._twilio.inbound_since(since):
            yield page
            await self._ask("next page", {}, asyncio.sleep(0))

    async def _ask(self, what: str, fields: Mapping[str, Any], answer: Coroutine[Any, Any, Any]) -> Any:
        self.asked.append(what)
        if self._fails(what, fields):
            answer.close()
            raise Unavailable("HTTP 500")
        return await answer


def behind(office: Office, fails: Callable[[str, Mapping[str, Any]], bool]) -> tuple[Reconciler, Unlucky]:
    """A reconciler whose requests fail so."""
    assert office.rt.twilio
    unlucky = Unlucky(office.rt.twilio, fails)
    return Reconciler(replace(office.rt, twilio=cast(Twilio, unlucky))), unlucky


async def lose_answers(office: Office) -> None:
    """Of the last text to each person, an hour ago; no report has come."""
    await office.by_force(
        "WITH last AS (SELECT DISTINCT ON (participant_id) id FROM message WHERE channel = 'sms'"
        " ORDER BY participant_id, requested_at DESC),"
        " gone AS (DELETE FROM report WHERE message_id IN (TABLE last))"
        " UPDATE message SET state = 'unknown', provider_id = NULL, ended_at = NULL, looked_for_at = NULL,"
        " claimed_at = clock_timestamp() - interval '1 hour' WHERE id IN (TABLE last) RETURNING 1"
    )


async def three_doubtful(office: Office) -> None:
    """Three people were asked, and the answer to each text was lost."""
    for n in range(3):
        await office.enrol(f"RT-{n}", phone=f"+1202555019{n}")
        await office.happened("treatment_start", TREATED, f"RT-{n}")
    await office.run(ASKED + SOON)
    await lose_answers(office)


async def states(office: Office) -> list[str]:
    """Of the last text to each person, by code."""
    rows = await office.rows(
        "SELECT DISTINCT ON (code) state FROM message m JOIN participant p ON p.id = m.participant_id"
        " WHERE channel = 'sms' ORDER BY code, requested_at DESC"
    )
    return [row["state"] for row in rows]


async def test_a_text_that_cannot_be_asked_after_delays_no_other(office: Office) -> None:
    await three_doubtful(office)
    reconciler, unlucky = behind(office, lambda _, fields: fields["to"] == "+12025550190")
    assert await reconciler.settle(timedelta(minutes=3)) == 3
    assert await states(office) == ["unknown", "accepted", "accepted"]
    assert unlucky.asked == ["find"] * 4, "it is asked after once more, when the others are settled"
    assert await reconciler.settle(timedelta(minutes=3)) == 0, "and then not before its time"


async def test_one_failure_of_the_log_delays_nobody(office: Office) -> None:
    await three_doubtful(office)
    left = [1]

    def once(_what: str, _fields: Mapping[str, Any]) -> bool:
        left[0] -= 1
        return left[0] >= 0

    reconciler, _ = behind(office, once)
    await reconciler.settle(timedelta(minutes=3))
    assert await states(office) == ["accepted"] * 3


async def test_a_poll_that_fails_is_tried_again_soon_and_settling_waits_for_neither(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciler_module, "FIRST_WAIT", 0.02)
    await in_conversation(office)
    await lose_answers(office)
    left = [2]

    def fails(what: str, _fields: Mapping[str, Any]) -> bool:
        left[0] -= what == "inbound_since"
        return what == "find" or left[0] >= 0

    reconciler, unlucky = behind(office, fails)
    task = asyncio.create_task(reconciler.run())
    while unlucky.asked.count("inbound_since") < 3 or "find" not in unlucky.asked:
        assert not task.done()
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_only_new_texts_are_taken_in_and_since_the_last_poll(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    received, original = list[str](), receiving.receive

    async def receive(rt: Runtime, text: Inbound) -> bool:
        received.append(text.body)
        return await original(rt, text)

    await in_conversation(office)
    await office.reply("7")
    reconciler, unlucky = behind(office, lambda *_: False)
    before = office.clock.now()
    assert await reconciler.fetch_inbound() == 0
    monkeypatch.setattr(receiving, "receive", receive)
    office.carrier.inbound_url, kept = "", office.carrier.inbound_url
    await office.reply("3")
    office.carrier.inbound_url = kept
    after = office.clock.now()
    assert await reconciler.fetch_inbound() == 1
    started_anew, reads_on = behind(office, lambda *_: False)
    assert await started_anew.fetch_inbound() == 0
    assert received == ["3"]
    assert unlucky.since[1:] == [before - timedelta(minutes=15)]
    assert reads_on.since == [after - timedelta(minutes=15)], "a sender that starts reads no day again"
    await office.settle()


async def test_a_stop_is_heard_though_the_rest_of_the_log_cannot_be_read(office: Office) -> None:
    await in_conversation(office)
    office.carrier.inbound_url, kept = "", office.carrier.inbound_url
    await office.reply("STOP")
    office.carrier.inbound_url = kept
    reconciler, unlucky = behind(office, lambda what, _fields: what == "next page")
    with pytest.raises(Unavailable):
        await reconciler.fetch_inbound()
    await office.settle()
    assert await office.rows("SELECT 1 FROM opt_out") != []
    with pytest.raises(Unavailable):
        await reconciler.fetch_inbound()
    assert unlucky.since == [unlucky.since[0]] * 2, "what was not read to its end is read again"


async def test_of_two_senders_one_polls(office: Office) -> None:
    await in_conversation(office)
    (one, asks), (other, silent) = behind(office, lambda *_: False), behind(office, lambda *_: False)
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(since: datetime) -> AsyncIterator[list[Inbound]]:
        reading.set()
        await go_on.wait()
        async for page in type(asks).inbound_since(asks, since):
            yield page

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asks, "inbound_since", slowly)
        poll = asyncio.create_task(one._poll_in_turn(at_once=True))
        await reading.wait()
        assert 80 < await other._poll_in_turn(at_once=True) <= 90, "as long as one process may read alone"
        go_on.set()
        assert await poll == 300
    assert 290 < await other._poll_in_turn(at_once=False) <= 300
    assert silent.asked == []
    assert await other._poll_in_turn(at_once=True) == 300, "a sender that starts reads at once"
    assert "inbound_since" in silent.asked


async def test_the_other_sender_may_try_soon_where_one_has_failed(office: Office) -> None:
    await in_conversation(office)
    one, _ = behind(office, lambda *_: True)
    other, _ = behind(office, lambda *_: False)
    with pytest.raises(Unavailable):
        await one._poll_in_turn(at_once=True)
    assert 0 < await other._poll_in_turn(at_once=False) <= 2
    async with office.rt.database.transaction() as tx:
        assert await polls.overdue(tx, other.inbound_log) is None
        await tx.execute("UPDATE poll SET next_at = now() - interval '5 min', claimed_until = now() - interval '5 min'")
        assert await polls.overdue(tx, other.inbound_log), "the watchdog of the senders sees it"
