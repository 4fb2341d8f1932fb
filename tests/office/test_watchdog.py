"""The watchdog on real servers: a part that hangs ends its process; one that waits for a server does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pro_collector import watchdog as watchdog_module
from pro_collector.agenda import PostgresAgenda
from pro_collector.pipeline import PIPELINE
from pro_collector.postgres.database import Database
from pro_collector.postgres.questions import oldest_work
from pro_collector.postgres.tables import stalls
from pro_collector.processes import run_parts
from pro_collector.watchdog import LOOK_EVERY, Stalled, Watchdog, WatchedWork
from tests.shared.office import Office

BOUND = 60.0
"""Real seconds after which a test says that nothing happened."""


def consumer(office: Office, *, needs_kafka: bool) -> Watchdog:
    """The watchdog of a worker that does nothing; there is no Kafka in an office."""
    types = [event.type for event in PIPELINE["worker"]]
    work = WatchedWork("worker", lambda tx: oldest_work.unhandled(tx, types), lambda: 0, needs_kafka=needs_kafka)
    return Watchdog(office.rt, [work], limit=200.0)


async def looks(watchdog: Watchdog, seconds: float) -> None:
    """Look every LOOK_EVERY seconds for so long."""
    for n in range(int(seconds / LOOK_EVERY) + 1):
        await watchdog.look(1000.0 + n * LOOK_EVERY)


async def stalled(office: Office) -> dict[str, float]:
    async with office.rt.database.transaction() as tx:
        return await stalls.longest(tx)


@asynccontextmanager
async def event_waits(office: Office) -> AsyncIterator[None]:
    """During the block an event is published and nobody handles it."""
    await office.enrol()
    assert await office.rows("UPDATE outbox SET handled_at = NULL, published_at = now() RETURNING 1")
    yield
    await office.rows("UPDATE outbox SET handled_at = now() RETURNING 1")


async def test_work_that_waits_while_nothing_is_done_is_told_of_then_ends_the_process(office: Office) -> None:
    watchdog = consumer(office, needs_kafka=False)
    await looks(watchdog, 300)
    assert await stalled(office) == {}, "nothing waits"
    async with event_waits(office):
        await looks(watchdog, 100)
        assert await stalled(office) == {"worker": 100.0}
        with pytest.raises(Stalled, match="worker: work waits"):
            await looks(watchdog, 300)
    await looks(watchdog, 0)
    assert await stalled(office) == {}, "it works again"


async def test_who_waits_for_kafka_or_postgresql_is_not_ended(office: Office) -> None:
    async with event_waits(office):
        await looks(consumer(office, needs_kafka=True), 300)
        away = replace(office.rt, database=Database("postgresql://127.0.0.1:1/nowhere"))
        gone = Watchdog(away, [WatchedWork("relay", oldest_work.unpublished, lambda: 0, needs_kafka=False)], limit=20.0)
        await looks(gone, 60)
    assert await stalled(office) == {}


async def test_a_part_that_hangs_ends_all_parts_of_its_process(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_agenda: PostgresAgenda, _now: datetime) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(watchdog_module, "LOOK_EVERY", 0.02)
    rt = replace(office.rt, settings=office.rt.settings.model_copy(update={"stall_seconds": 0.1}))
    await office.enrol()
    office.outage(await office.one("SELECT min(due_at) FROM agenda") + timedelta(minutes=1))
    monkeypatch.setattr(PostgresAgenda, "fire", hang)
    told = list[str]()
    async with run_parts(rt, ["scheduler"], on_stall=lambda: told.append("stalls")) as parts:
        with pytest.raises(Stalled, match="scheduler: work waits"):
            await asyncio.wait_for(parts, BOUND)
    assert told == ["stalls"]
