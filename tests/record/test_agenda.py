"""The scheduler's agenda on a database that goes away for a moment."""

import psycopg

from pro_collector.agenda import PostgresAgenda
from pro_collector.postgres.database import Database
from pro_collector.postgres.notifications import Listener
from pro_collector.postgres.tables import agenda
from tests.shared.clock import START


async def test_a_lost_connection_is_waited_for(database_url: str) -> None:
    database = await Database(database_url, connections=2).open()
    try:
        pump = PostgresAgenda(database, Listener(database_url, (agenda.CHANNEL,)))
        assert await pump.fire(START) is None
        with psycopg.connect(database_url, autocommit=True) as other:
            ended = other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
        assert ended
        assert await pump.fire(START) is None
    finally:
        await database.close()
