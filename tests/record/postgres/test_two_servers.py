"""A URL with two servers: migration, pool and listener go to the one that records, whatever has become of the other."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from pro_collector.embedded.port import free_port
from pro_collector.postgres.connection import conninfo
from pro_collector.postgres.database import Database
from pro_collector.postgres.migrate import migrate
from pro_collector.postgres.notifications import Listener


@contextmanager
def lost_machine() -> Iterator[int]:
    """A port that says nothing, as a machine that has lost its power: whoever connects waits."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def with_first(port: int, url: str) -> str:
    """The URL of the embedded server, with one before it."""
    parts = urlsplit(url)
    second = quote(parse_qs(parts.query)["host"][0], safe="")
    return f"postgresql://{parts.username}@127.0.0.1:{port},{second}:5432{parts.path}"


async def test_the_server_that_is_there_is_found(database_url: str) -> None:
    url = with_first(free_port(), database_url)
    assert await asyncio.to_thread(migrate, url) == []
    listener = Listener(url, ["agenda"])
    database = await Database(url).open()
    try:
        listener.start("agenda")
        while not listener._notified["agenda"].is_set():  # it listens
            await asyncio.sleep(0.01)
        async with database.transaction() as tx:
            assert await (await tx.execute("SELECT count(*) FROM study")).fetchone() == {"count": 0}
    finally:
        await listener.stop()
        await database.close()


async def test_a_machine_that_is_lost_is_passed_over(database_url: str) -> None:
    """It says nothing; a part waits for a connection for 10 s."""
    with lost_machine() as port:
        database = await Database(with_first(port, database_url)).open()
        await database.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://a,b/x", "read-write"),
        ("postgresql:///x?hostaddr=10.0.0.1,10.0.0.2", "read-write"),
        ("postgresql://a,b/x?target_session_attrs=primary", "primary"),
        ("postgresql://a/x", None),
    ],
)
def test_of_several_servers_the_one_that_records_is_meant(url: str, expected: str | None) -> None:
    given = dict(part.split("=", 1) for part in conninfo(url).split() if part.startswith("target_session_attrs="))
    assert given.get("target_session_attrs") == expected
