"""How long the agenda takes to give up what is due, with few and with many rows planned, and in a rush.

python -m tests.bench_agenda [--rows 10000000]
"""

import argparse
import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

from pro_collector.agenda import PostgresAgenda
from pro_collector.embedded.postgres import Postgres
from pro_collector.postgres.database import Database
from pro_collector.postgres.migrate import migrate
from pro_collector.postgres.notifications import Listener
from pro_collector.postgres.tables import agenda, outbox

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLAIM = 1000
ROUNDS = 15
RUSH = 100_000

FILL = """
INSERT INTO agenda (event_id, due_at, type, participant_id, occasion_id)
SELECT gen_random_uuid(), %s + random() * %s, 'survey.due', gen_random_uuid(), gen_random_uuid()
FROM generate_series(1, %s)
"""


def main(rows: int = 10_000_000) -> None:
    """Print what was measured: medians, and ratios to a ceiling of the same run."""
    server = Postgres()
    try:
        url = server.start(durable=False)
        migrate(url)
        asyncio.run(_measure(url, rows))
    finally:
        server.stop()


async def _measure(url: str, rows: int) -> None:
    database = await Database(url).open()
    few = await _claims(url, database, 10_000)
    many = await _claims(url, database, rows)
    ratio = many / few
    print(
        f"claim of {CLAIM} due rows: {few * 1e3:.1f} ms among 10,000, {many * 1e3:.1f} ms among {rows:,}: {ratio:.2f}x"
    )
    ceiling = _insert_only(url)
    rush = await _rush(url, database)
    print(
        f"{RUSH:,} due in one minute, all in the outbox: {rush:.2f} s; "
        f"the same rows inserted by one bare statement: {ceiling:.2f} s ({rush / ceiling:.1f}x)"
    )
    await database.close()


async def _claims(url: str, database: Database, rows: int) -> float:
    """The median time to move CLAIM due rows to the outbox, with so many rows planned for later.

    Nothing is vacuumed between the rounds: that would clean up after a small agenda only, a long one has too few dead
    rows for it. So each claim passes what the last one left, as between two vacuums of a running system.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE agenda, outbox")
        connection.execute("ALTER TABLE agenda SET (autovacuum_enabled = false)")
        _plan(connection, rows)
        connection.execute("VACUUM ANALYZE agenda")
        connection.execute("CHECKPOINT")
        times = []
        for _ in range(ROUNDS):
            connection.execute(FILL, (NOW - timedelta(minutes=1), timedelta(seconds=50), CLAIM))
            started = time.perf_counter()
            async with database.transaction() as tx:
                assert await agenda.fire(tx, NOW, CLAIM) == CLAIM
            times.append(time.perf_counter() - started)
    return statistics.median(times)


def _plan(connection: psycopg.Connection, rows: int) -> None:
    """Fill the agenda for ten years; its indexes are built afterwards, which takes a tenth of the time."""
    found = connection.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'agenda'").fetchall()
    connection.execute("ALTER TABLE agenda DROP CONSTRAINT agenda_pkey")
    others = [(name, definition) for name, definition in found if name != "agenda_pkey"]
    for name, _ in others:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    connection.execute(FILL, (NOW + timedelta(days=1), timedelta(days=3650), rows))
    connection.execute("ALTER TABLE agenda ADD PRIMARY KEY (event_id)")
    for _, definition in others:
        connection.execute(definition.encode())


def _insert_only(url: str) -> float:
    """The ceiling: the same number of rows written to the outbox by one statement that does nothing else."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE agenda, outbox")
        started = time.perf_counter()
        connection.execute(
            """
            INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload)
            SELECT gen_random_uuid(), 'survey.due', gen_random_uuid(), %s,
                   jsonb_build_object('id', gen_random_uuid(), 'participant_id', gen_random_uuid())
            FROM generate_series(1, %s)
            """,
            (NOW, RUSH),
        )
        return time.perf_counter() - started


async def _rush(url: str, database: Database) -> float:
    """Seconds until everything due in one minute is in the outbox, as the scheduler does it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE agenda, outbox")
        connection.execute(FILL, (NOW - timedelta(minutes=1), timedelta(minutes=1), RUSH))
    listener = Listener(url, (agenda.CHANNEL, outbox.CHANNEL))
    started = time.perf_counter()
    await PostgresAgenda(database, listener).fire(NOW)
    elapsed = time.perf_counter() - started
    async with database.transaction() as tx:
        row = await (await tx.execute("SELECT count(*) AS n FROM outbox")).fetchone()
        assert row is not None
        assert row["n"] == RUSH
    return elapsed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    main(parser.parse_args().rows)
