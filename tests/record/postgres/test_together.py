"""Queries that are asked together: sent before the first result is waited for, and of errors the one that counts."""

import tempfile

import psycopg
import pytest

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database
from pro_collector.postgres.together import together


async def ask_for(tx: Tx, n: int) -> int:
    row = await (await tx.execute("SELECT 10 / %s AS n", (n,))).fetchone()
    assert row is not None
    return int(row["n"])


async def ask_for_all(database: Database, *numbers: int) -> list[int]:
    async with database.transaction() as tx, together(tx) as ask:
        results = [ask(ask_for(tx, n)) for n in numbers]
    return [each.result() for each in results]


async def test_all_are_sent_before_the_first_result_comes(database_url: str) -> None:
    database = await Database(database_url).open()
    try:
        with tempfile.TemporaryFile() as protocol:
            async with database.transaction() as tx:
                tx.pgconn.trace(protocol.fileno())
                async with together(tx) as ask:
                    results = [ask(ask_for(tx, n)) for n in (1, 2, 5)]
                tx.pgconn.untrace()
            assert [each.result() for each in results] == [10, 5, 2]
            protocol.seek(0)
            lines = [line.decode().split("\t") for line in protocol]
        messages = [(line[1], line[3]) for line in lines]
        first_result = next(n for n, (sender, _) in enumerate(messages) if sender == "B")
        assert messages[:first_result].count(("F", "Execute")) == 3
    finally:
        await database.close()


async def test_the_error_that_is_raised_is_that_of_the_query_that_failed(database_url: str) -> None:
    database = await Database(database_url, connections=1).open()
    try:
        with pytest.raises(psycopg.errors.DivisionByZero):
            await ask_for_all(database, 1, 0, 2)
        assert await ask_for_all(database, 2, 5) == [5, 2], "the connection is as good as before"
    finally:
        await database.close()
