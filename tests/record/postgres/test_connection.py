"""Nobody waits for ever: a process that hangs in a transaction, a lock, a line on which nothing comes any more."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack

import psycopg
import pytest

from pro_collector.agenda import PostgresAgenda
from pro_collector.postgres import database as database_module
from pro_collector.postgres import notifications
from pro_collector.postgres.connection import LONG, SERVING, TRANSIENT, conninfo
from pro_collector.postgres.database import Database
from pro_collector.postgres.notifications import Listener
from pro_collector.postgres.tables import agenda, outbox
from pro_collector.relay import RELAY_LOCK
from tests.record.postgres.silent_line import line
from tests.shared.clock import START

BOUND = 60.0
"""Real seconds after which a test says that somebody waits for ever."""
AT_WORK = """
import asyncio, sys
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database
from pro_collector.postgres.tables import outbox
from pro_collector.relay import RELAY_LOCK

async def main():
    database = await Database(sys.argv[1]).open()
    try:
        async with database.transaction() as tx:
            await tx.execute("UPDATE held SET by = 'the one that hangs'")
            assert await outbox.lock(tx, RELAY_LOCK)
            print("holds", flush=True)
            while True:
                await tx.execute("SELECT 1")
                await asyncio.sleep(0.05)
    except TRANSIENT as error:
        print("passes", type(error).__name__, flush=True)
    await database.close()

asyncio.run(main())
"""


def shorter(url: str, idle: str = "20s", lock: str = "10s") -> str:
    """The URL with limits of its own."""
    return f"{url}&options=-c%20idle_in_transaction_session_timeout%3D{idle}%20-c%20lock_timeout%3D{lock}"


async def test_what_a_frozen_process_holds_is_free_within_half_a_minute(database_url: str) -> None:
    """SIGSTOP in a transaction, as a paused machine does it; here with shorter limits, set in the URL."""
    with psycopg.connect(database_url, autocommit=True) as setting_up:
        setting_up.execute("CREATE TABLE held (by text)")
        setting_up.execute("INSERT INTO held VALUES ('nobody')")
    url = shorter(database_url, idle="1500ms", lock="400ms")
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", AT_WORK, url, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    database = await Database(url).open()
    try:
        assert await child.stdout.readline() == b"holds\n"
        os.kill(child.pid, signal.SIGSTOP)
        async with database.transaction() as tx:
            assert not await outbox.lock(tx, RELAY_LOCK), "a frozen relay keeps its lock for a while"
        kinds = await asyncio.wait_for(_until_written(database), BOUND)
        assert kinds == {"LockNotAvailable"}, "whoever waits for a lock tries again, and is not stopped by it"
        os.kill(child.pid, signal.SIGCONT)
        assert (await asyncio.wait_for(child.stdout.readline(), BOUND)).startswith(b"passes ")
        assert await child.wait() == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        await database.close()


async def _until_written(database: Database) -> set[str]:
    kinds: set[str] = set()
    while True:
        try:
            async with database.transaction() as tx:
                await tx.execute("UPDATE held SET by = 'the next'")
                assert await outbox.lock(tx, RELAY_LOCK), "another relay takes over"
        except TRANSIENT as error:
            kinds.add(type(error).__name__)
        else:
            return kinds


async def test_every_session_has_its_limits_and_long_work_others(database_url: str) -> None:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "timezone")
    query = "SELECT " + ", ".join(f"current_setting('{name}') AS {name}" for name in names)
    found: dict[bool, list[object]] = {}
    database = await Database(database_url, connections=1).open()
    try:
        for long in (False, True, False):
            async with database.transaction(long=long) as tx:
                row = await (await tx.execute(query.encode())).fetchone()
                found[long] = list((row or {}).values())
    finally:
        await database.close()
    with psycopg.connect(database_url) as plain:
        seconds = plain.execute(
            "SELECT extract(epoch FROM %s::interval + %s::interval)", (found[False][0], found[False][2])
        ).fetchone()
    assert seconds is not None
    assert 0 < seconds[0] <= 30, "who waits for a lock of somebody frozen has it within half a minute"
    assert found[False] == ["10s", "20s", "20s", "UTC"], "long work leaves the next transaction as it was"
    assert found[True] == ["10s", "0", "10min", "UTC"]


def test_the_url_has_the_last_word() -> None:
    said = conninfo("postgresql://a@h/b?keepalives_idle=99&tcp_user_timeout=0&options=-c%20lock_timeout%3D1s")
    assert "keepalives_idle=99" in said
    assert "tcp_user_timeout=0" in said
    assert said.index("lock_timeout=10s") < said.index("lock_timeout=1s"), "the later of two counts"
    assert "tcp_user_timeout=25000" in conninfo("postgresql://a@h/b")
    assert "statement_timeout=0" in conninfo("postgresql://a@h/b", LONG)


def test_the_server_forgets_a_client_that_the_network_lost() -> None:
    """Else each lost connection takes one of `max_connections` for two hours, until nobody can connect."""
    for limits in (SERVING, LONG):
        for setting in ("idle=30", "interval=10", "count=3"):
            assert f"-c tcp_keepalives_{setting}" in conninfo("postgresql://a@h/b", limits)


@pytest.mark.parametrize(
    "name",
    ["LockNotAvailable", "QueryCanceled", "IdleInTransactionSessionTimeout", "AdminShutdown", "CrashShutdown",
     "CannotConnectNow", "ReadOnlySqlTransaction", "DiskFull", "SerializationFailure", "DeadlockDetected"],
)  # fmt: skip
def test_what_passes_is_tried_again(name: str) -> None:
    assert issubclass(getattr(psycopg.errors, name), TRANSIENT)


async def test_a_line_that_falls_silent_is_left_by_everybody_at_once(database_url: str) -> None:
    async with line(database_url, "tcp_user_timeout=1000") as silent, AsyncExitStack() as stack:
        database = await Database(silent.url, connections=4).open()
        stack.push_async_callback(database.close)
        await asyncio.gather(*(_look(database, hold=0.3) for _ in range(4)))
        silent.fall_silent()
        with pytest.raises(TRANSIENT):
            await asyncio.wait_for(_look(database), BOUND)
        await asyncio.wait_for(_look(database), BOUND)  # the other three are not tried one after the other


async def _look(database: Database, hold: float = 0.0) -> None:
    async with database.transaction() as tx:
        await tx.execute("SELECT 1")
        await asyncio.sleep(hold)


async def test_a_server_that_was_away_for_long_is_found_as_soon(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool would double its wait with each failure: after an hour's outage nothing would happen for another."""
    monkeypatch.setattr(database_module, "CONNECT_TIMEOUT", 0.4)
    async with line(database_url, "") as away, AsyncExitStack() as stack:
        database = await Database(away.url).open()
        stack.push_async_callback(database.close)
        away.refuse()
        for _ in range(12):
            with pytest.raises(TRANSIENT):
                await _look(database)
        assert away.refused is not None
        assert away.refused >= 10, "whoever needs a connection has one asked for"


async def test_the_scheduler_goes_on_after_its_line_fell_silent(database_url: str) -> None:
    async with line(database_url, "tcp_user_timeout=1000") as silent, AsyncExitStack() as stack:
        database = await Database(silent.url).open()
        stack.push_async_callback(database.close)
        pump = PostgresAgenda(database, Listener(silent.url, (agenda.CHANNEL,)))
        assert await pump.fire(START) is None
        silent.fall_silent()
        assert await asyncio.wait_for(pump.fire(START), BOUND) is None


async def test_who_listens_on_a_silent_line_listens_anew(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "POLL", 0.5)
    async with line(database_url, "tcp_user_timeout=1000") as silent, AsyncExitStack() as stack:
        listener = Listener(silent.url, (outbox.CHANNEL,))
        listener.start(outbox.CHANNEL)
        stack.push_async_callback(listener.stop)
        notified = listener._notified[outbox.CHANNEL]
        await asyncio.wait_for(notified.wait(), BOUND)
        notified.clear()
        silent.fall_silent()
        await asyncio.wait_for(notified.wait(), BOUND)
        assert silent.opened == 2


async def test_a_statement_that_takes_long_is_no_silence_in_long_work(database_url: str) -> None:
    async with line(database_url, "tcp_user_timeout=500") as there, AsyncExitStack() as stack:
        database = await Database(there.url).open()
        stack.push_async_callback(database.close)
        async with database.transaction(long=True) as tx:
            await tx.execute("SELECT pg_sleep(1.5)")
        with pytest.raises(psycopg.OperationalError):
            async with database.transaction() as tx:
                await tx.execute("SELECT pg_sleep(1.5)")
