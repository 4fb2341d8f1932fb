"""The pool of connections, transactions, and handling each event once."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import LiteralString, Self, TypeVar, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from pro_collector.domain.events import Event
from pro_collector.errors import Misconfigured, NotMigrated, Unavailable
from pro_collector.postgres.bell import Ringer
from pro_collector.postgres.connection import LONG, TRANSIENT, Connection, Tx, conninfo
from pro_collector.postgres.tables import outbox

E = TypeVar("E", bound=Event)

AWAY = "PRO_DATABASE_URL: PostgreSQL does not answer there; on one machine: is `pro-collector up` running?"
PATIENCE = 10.0
"""Seconds to wait for a connection."""


class Database:
    """PostgreSQL, as the rest of the product sees it."""

    def __init__(self, url: str, *, connections: int = 8) -> None:
        self._url = url
        self._ringer = Ringer(url)
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            lambda: conninfo(url),  # called once it is opened: only then may it say that this is no URL
            connection_class=Connection,
            min_size=1,
            max_size=connections,
            open=False,
            timeout=PATIENCE,
            # The pool waits twice as long after each failure, minutes after an outage of minutes: have it begin anew.
            reconnect_timeout=PATIENCE / 2,
        )

    async def open(self) -> Self:
        """Connect; raises Unavailable when the server does not answer within PATIENCE, Misconfigured for no URL."""
        try:
            conninfo_to_dict(self._url)
            await self._pool.open(wait=True, timeout=PATIENCE)
        except psycopg.ProgrammingError as error:
            raise Misconfigured("PRO_DATABASE_URL: expected postgresql://user:password@host/name") from error
        except PoolTimeout as error:
            await self._pool.close()
            raise Unavailable(AWAY) from error
        return self

    async def close(self) -> None:
        await self._ringer.stop()
        await self._pool.close()

    async def check(self) -> None:
        """Raises Unavailable while nothing can be recorded: the server is away, or takes no changes."""
        try:
            async with self.transaction() as tx:
                row = await (await tx.execute("SELECT current_setting('transaction_read_only') AS only")).fetchone()
        except TRANSIENT as error:
            raise Unavailable(AWAY) from error
        if row is None or row["only"] != "off":
            raise Unavailable("PRO_DATABASE_URL: PostgreSQL is read-only there: nothing can be recorded")

    @asynccontextmanager
    async def transaction(self, *, long: bool = False) -> AsyncIterator[Tx]:
        """All of the block, or none of it; `long`: work over the whole record, which may take its time.

        Raises NotMigrated on a database without the tables of this version.
        """
        try:
            with _cancellation_kept():
                async with (
                    self._connection() as connection,
                    connection.transaction(),
                    connection.taking_long() if long else nullcontext(),
                ):
                    yield connection
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise NotMigrated(
                f"the database is not ready: run pro-collector migrate ({error.diag.message_primary})"
            ) from error

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Tx]:
        """The record as it is at this moment, for as long as the block takes: nothing can be written or locked."""
        async with self.transaction() as tx:
            await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")  # before anything is read
            async with cast(Connection, tx).taking_long():
                yield tx

    async def apart(self, statement: LiteralString) -> None:
        """Run a statement that keeps its own transactions, and takes its time, on a connection of its own."""
        async with await Connection.connect(conninfo(self._url, LONG), autocommit=True) as connection:
            await connection.execute(statement)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """One of the pool. A server that fell silent, or became read-only, is left by all of them, not one by one."""
        async with self._pool.connection() as connection:
            connection.to_ring.clear()
            try:
                yield connection
            except psycopg.Error as error:
                if connection.given_up or isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                    await self._pool.drain()
                raise
            self._ringer.ring(connection.to_ring)

    @asynccontextmanager
    async def once(self, events: Sequence[E]) -> AsyncIterator[tuple[Tx, list[E]]]:
        """A transaction, and those of `events` that nobody has handled; they count as handled when it commits."""
        async with self.transaction() as tx:
            fresh = await outbox.mark_handled(tx, [event.id for event in events])
            yield tx, [event for event in events if event.id in fresh]


@contextmanager
def _cancellation_kept() -> Iterator[None]:
    """Cancelled inside the block, it ends as cancelled; `asyncio.wait_for` of Python 3.11 may lose that.

    It does when a connection of the pool comes free in the same instant: a part told to stop would go on for ever.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    yield
    if task and task.cancelling() > before:
        raise asyncio.CancelledError
