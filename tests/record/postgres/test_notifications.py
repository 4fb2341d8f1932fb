"""A notification wakes the listener after work was committed; a listener that is told to stop does so at once."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from pro_collector.domain.events import TimelineChanged
from pro_collector.postgres import notifications
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.notifications import Listener
from pro_collector.postgres.tables import agenda, dead_letters, outbox
from tests.shared.clock import START


@pytest.mark.parametrize("moments", range(5))
async def test_who_is_stopped_just_as_it_rings_does_stop(moments: int) -> None:
    """A pump whose cancellation were lost would go on, and whoever stops all parts would wait for it for ever."""
    listener = Listener("postgresql://nobody@127.0.0.1:1/nothing", ["outbox"])
    pump = asyncio.create_task(_pump(listener))
    await asyncio.sleep(0.01)
    listener._notified["outbox"].set()
    for _ in range(moments):
        await asyncio.sleep(0)
    pump.cancel()
    await asyncio.wait({pump}, timeout=5)
    await listener.stop()
    assert pump.cancelled()


async def _pump(listener: Listener) -> None:
    while True:
        await listener.wait("outbox")


async def test_no_transaction_notifies_and_what_it_did_is_heard_of_after_it_committed(database_url: str) -> None:
    """NOTIFY in a transaction lets the commits of the whole server queue up behind one another."""
    hints = await heard(database_url, "plain")
    assert hints == [], "on a connection that is not ours nothing is notified at all: no statement does"
    assert sorted(set(await heard(database_url, "ours"))) == ["agenda", "outbox"]


async def test_what_is_rolled_back_wakes_nobody(database_url: str) -> None:
    assert await heard(database_url, "rolled back") == []


async def test_a_process_that_ends_notifies_of_its_last_work(database_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as listener:
        await listener.execute("LISTEN agenda")
        database = await Database(database_url).open()
        async with database.transaction() as tx:
            await agenda.put(tx, [event()])
        await database.close()
        assert [each.channel async for each in listener.notifies(timeout=60, stop_after=1)] == ["agenda"]


async def test_work_wakes_a_pump_long_before_it_would_look(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "POLL", 120.0)
    listener, database = Listener(database_url, ["outbox"]), await Database(database_url).open()
    try:
        await asyncio.wait_for(listener.wait("outbox"), 60)  # it listens
        for _ in range(3):
            async with database.transaction() as tx:
                await outbox.add(tx, [event()])
            await asyncio.wait_for(listener.wait("outbox"), 60)
    finally:
        await listener.stop()
        await database.close()


async def test_a_listener_is_not_woken_for_what_it_does_not_wait_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "POLL", 120.0)
    listener, database = Listener(database_url, ["agenda", "outbox"]), await Database(database_url).open()
    try:
        await asyncio.wait_for(listener.wait("agenda"), 60)  # it listens
        for leave in (outbox.add, agenda.put):
            async with database.transaction() as tx:
                await leave(tx, [event()])
        await asyncio.wait_for(listener.wait("agenda"), 60)  # what was notified before has come too
        assert not listener._notified["outbox"].is_set()
    finally:
        await listener.stop()
        await database.close()


async def heard(url: str, how: str) -> list[str]:
    """What somebody hears who listens while everything is done that leaves work to a pump."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as listener:
        await listener.execute("LISTEN outbox")
        await listener.execute("LISTEN agenda")
        if how == "plain":
            async with await psycopg.AsyncConnection.connect(url, row_factory=dict_row) as tx:
                await leave_work(tx)
        else:
            database = await Database(url).open()
            with suppress(InterruptedError):
                async with database.transaction() as ours:
                    await leave_work(ours)
                    if how == "rolled back":
                        raise InterruptedError
            await database.close()
        await listener.execute("NOTIFY outbox, 'the end'")
        hints: list[str] = []
        async for hint in listener.notifies():
            if hint.payload:
                return hints
            hints.append(hint.channel)
    raise AssertionError("the end is not heard")


async def leave_work(tx: Tx) -> None:
    """Events, entries, entries that are due, events published again, and one sent again by a person."""
    sick = event()
    await outbox.add(tx, [event(), sick])
    await agenda.put(tx, [event()])
    assert await agenda.fire(tx, START, 10) == 1
    await tx.execute("UPDATE outbox SET published_at = now() - interval '1 hour'")
    assert await outbox.republish(tx, timedelta(seconds=1)) >= 3
    await dead_letters.add(tx, topic=sick.type, value=b"", reason="", event_id=sick.id)
    (dead,) = await dead_letters.waiting(tx)
    assert await dead_letters.redrive(tx, [dead.id]) == 1


def event() -> TimelineChanged:
    return TimelineChanged(id=uuid4(), participant_id=uuid4(), occurred_at=START, cause="test")
