"""Health on a real server: what it finds, and what it mends."""

from dataclasses import replace

import psycopg
import psycopg.sql
import pytest

from pro_collector import health as health_module
from pro_collector.health import NOT_STARTED, Health
from pro_collector.postgres.connection import takes_changes
from pro_collector.postgres.database import READ_ONLY, UNREACHABLE, Database
from pro_collector.postgres.questions import oldest_work
from pro_collector.watchdog import WatchedWork
from tests.shared.office import Office


async def test_sessions_that_began_read_only_do_not_outlast_it(
    office: Office, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "KEEP_FOR", -1.0)
    take_changes(database_url, False)
    database = await Database(database_url, connections=2).open()
    try:
        health = Health(replace(office.rt, database=database), ["web"])
        health.started("web")
        assert await health.look() == {"web": (READ_ONLY,)}
        take_changes(database_url, True)
        assert await health.look() == {"web": ()}
        for _ in range(2):
            async with database.transaction() as tx:
                assert await takes_changes(tx)
    finally:
        await database.close()


async def test_a_part_is_not_ready_before_it_has_started_nor_while_work_waits_too_long(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "KEEP_FOR", -1.0)
    health = Health(office.rt, ["scheduler", "relay"])
    assert set((await health.look()).values()) == {NOT_STARTED}
    health.started("relay", [WatchedWork("relay", oldest_work.unpublished, lambda: 0, needs_kafka=False)])
    await office.enrol()
    await office.rows("UPDATE outbox SET published_at = NULL, recorded_at = now() - interval '299 s' RETURNING 1")
    assert (await health.look())["relay"] == ()
    await office.rows("UPDATE outbox SET recorded_at = now() - interval '310 s' RETURNING 1")
    (why,) = (await health.look())["relay"]
    assert why.startswith("relay: the oldest work has waited for 31")
    away = Health(replace(office.rt, database=Database("postgresql://127.0.0.1:1/nowhere")), ["web"])
    away.started("web")
    assert await away.look() == {"web": (UNREACHABLE,)}


def take_changes(url: str, yes: bool) -> None:
    """Sessions that begin from now on take changes, or none."""
    with psycopg.connect(f"{url}&options=-c%20default_transaction_read_only%3Doff", autocommit=True) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
        name = psycopg.sql.Identifier(row[0] if row else "")
        value = psycopg.sql.SQL("off" if yes else "on")
        statement = psycopg.sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
        connection.execute(statement.format(name, value))
