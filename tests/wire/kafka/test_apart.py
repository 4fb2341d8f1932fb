"""Each kind of work has a consumer of its own: none waits for another."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

import pytest

from pro_collector.clock import SystemClock
from pro_collector.domain.events import (
    Event,
    MessageReceived,
    MessageReported,
    ResponseCompleted,
    SurveyReminderDue,
    TimelineChanged,
)
from pro_collector.embedded.servers import Servers
from pro_collector.kafka.consumer import Handle
from pro_collector.pipeline import PIPELINE
from pro_collector.postgres.tables import outbox
from pro_collector.processes import run_parts
from pro_collector.rehearsal.world import rehearsal
from pro_collector.runtime import Runtime
from tests.wire.kafka.pipe import PATIENCE

pytestmark = pytest.mark.kafka


async def test_a_kind_of_work_that_hangs_holds_up_no_other(
    servers: Servers, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replies and scores hang, plans, reports and reminders go on; then reminders hang as well, and scores go on."""
    hang = {event: asyncio.Event() for event in (MessageReceived, ResponseCompleted, SurveyReminderDue)}
    go_on = {event: asyncio.Event() for event in hang}
    go_on[SurveyReminderDue].set()

    async def stub(events: Sequence[Event], rt: Runtime) -> None:
        kind = type(events[0])
        if kind in hang:
            hang[kind].set()
            await go_on[kind].wait()
        async with rt.database.once(events):
            pass

    table = cast(dict[type[Event], Handle], PIPELINE["worker"])
    for kind in table:
        monkeypatch.setitem(table, kind, stub)
    async with rehearsal(servers, SystemClock(), prefix=prefix) as world, run_parts(world.rt, ["relay", "worker"]):
        await _emit(world.rt, made(MessageReceived, inbound_id=uuid4()), made(ResponseCompleted, **_RESPONSE))
        for kind in (MessageReceived, ResponseCompleted):
            await asyncio.wait_for(hang[kind].wait(), PATIENCE)
        first = made(SurveyReminderDue, occasion_id=uuid4(), n=0)
        others = made(TimelineChanged, cause="state"), made(MessageReported, **_REPORT)
        await _emit(world.rt, first, *others)
        await _handled(world.rt, first, *others)
        go_on[SurveyReminderDue].clear()
        await _emit(world.rt, made(SurveyReminderDue, occasion_id=uuid4(), n=1))
        go_on[ResponseCompleted].set()
        score = made(ResponseCompleted, **_RESPONSE)
        await _emit(world.rt, score)
        await _handled(world.rt, score)
        for waiting in go_on.values():
            waiting.set()


_REPORT = {"message_id": uuid4(), "status": "sent"}
_RESPONSE = {"occasion_id": uuid4(), "response_id": uuid4(), "instrument": "x"}


def made(kind: type[Event], **fields: object) -> Event:
    """An event of some participant."""
    return kind.model_validate({"id": uuid4(), "participant_id": uuid4(), "occurred_at": datetime.now(UTC), **fields})


async def _emit(rt: Runtime, *events: Event) -> None:
    async with rt.database.transaction() as tx:
        await outbox.add(tx, events)


async def _handled(rt: Runtime, *events: Event) -> None:
    """Wait until these events are handled."""
    deadline = time.monotonic() + PATIENCE
    query = b"SELECT type FROM outbox WHERE event_id = ANY(%s) AND handled_at IS NULL"
    while True:
        async with rt.database.transaction() as tx:
            waiting = await (await tx.execute(query, ([event.id for event in events],))).fetchall()
        if not waiting:
            return
        assert time.monotonic() < deadline, f"these wait for another kind of work: {waiting}"
        await asyncio.sleep(0.05)
