"""The connection pool, transactions, and the deduplication of events."""

import asyncio
import copy
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import LiteralString, Self, TypeVar

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from pro_collector.domain.events import Event
from pro_collector.errors import Misconfigured, NotMigrated, Unavailable
from pro_collector.postgres.connection import LONG, SERVING, Connection, Tx, conninfo
from pro_collector.postgres.notifications import Notifier
from pro_collector.postgres.questions import session
from pro_collector.postgres.questions.session import Scope
from pro_collector.postgres.tables import outbox

log = structlog.get_logger(__name__)

E = TypeVar("E", bound=Event)

UNREACHABLE = (
    "PRO_DATABASE_URL: PostgreSQL does not answer at this URL; on a single machine: is `pro-collector up` running?"
)
READ_ONLY = "PRO_DATABASE_URL: PostgreSQL is read-only at this URL: nothing can be recorded"
_OTHER_SCHEMA = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
)
CONNECT_TIMEOUT = 10.0
"""How many seconds to wait for a connection."""


class Database:
    """PostgreSQL, as the rest of the product uses it."""

    def __init__(self, url: str, *, connections: int = 12, role: str | None = None) -> None:
        """`role`: the PostgreSQL role that every connection acts as; None: the login of `url`."""
        self._url = url
        self._as: dict[str, str] = {"role": role} if role else {}
        self._notifier = Notifier(url)
        self._others: list[Database] = []
        self._scope: Scope | None = None
        self._may_act_as: dict[str, bool] = {}
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            lambda: conninfo(url, SERVING, **self._as),  # called in `open`, which reports an invalid URL
            connection_class=Connection,
            min_size=1,
            max_size=connections,
            open=False,
            timeout=CONNECT_TIMEOUT,
            # After each failure the pool doubles its wait, up to minutes. This limit makes it start again from the
            # shortest wait.
            reconnect_timeout=CONNECT_TIMEOUT / 2,
        )

    async def open(self) -> Self:
        """Connect. Raises Unavailable if the server does not answer in time, Misconfigured for an invalid URL."""
        try:
            conninfo_to_dict(self._url)
            with _keep_cancellation():
                await self._pool.open(wait=True, timeout=CONNECT_TIMEOUT)
        except asyncio.CancelledError:
            await self._pool.close()
            raise
        except psycopg.ProgrammingError as error:
            raise Misconfigured("PRO_DATABASE_URL: expected postgresql://user:password@host/name") from error
        except PoolTimeout as error:
            await self._pool.close()
            raise Unavailable(UNREACHABLE) from error
        return self

    async def close(self) -> None:
        await self._notifier.stop()
        await self._pool.close()

    async def replace_sessions(self) -> None:
        """Replace every session, also of `another`: one that began read-only stays so on a writable server."""
        await self._pool.drain()
        for other in self._others:
            await other.replace_sessions()

    @asynccontextmanager
    async def transaction(self, *, long: bool = False) -> AsyncIterator[Tx]:
        """Run the block in one transaction; `long`: with the limits of LONG, for work on the whole record.

        Raises NotMigrated if the database lacks the tables of this version.
        """
        with _missing_tables_named(), _keep_cancellation():
            async with (
                self._connection() as connection,
                connection.transaction(),
                connection.with_long_limits() if long else nullcontext(),
            ):
                await self._limit(connection)
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Tx]:
        """Read the record as it is at this moment, for as long as the block takes; nothing can be written or locked."""
        with _missing_tables_named(), _keep_cancellation():
            async with self._connection() as connection, connection.transaction():
                # before anything is read
                await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                await self._limit(connection)
                async with connection.with_long_limits():
                    yield connection

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[Tx]:
        """Run the block in one transaction on a connection of its own, for work that must not wait for the pool.

        Raises NotMigrated if the database lacks the tables of this version.
        """
        with _missing_tables_named():
            async with await Connection.connect(conninfo(self._url, SERVING, **self._as)) as connection:
                await self._limit(connection)
                yield connection

    async def run_alone(self, statement: LiteralString) -> None:
        """Run a slow statement that has its own transactions, on its own connection; it is never limited."""
        async with await Connection.connect(conninfo(self._url, LONG, **self._as), autocommit=True) as connection:
            await connection.execute(statement)

    @asynccontextmanager
    async def acting_as(self, role: str, *, connections: int = 12) -> AsyncIterator["Database"]:
        """Connect to the same database as `role`, for the block.

        Where `migrate` could not make the role, or the login is no member of it, the block gets this database: then
        the rights are those of the login.
        """
        async with self.transaction() as tx:
            may = await session.may_act_as(tx, role)
        if not may:
            log.warning("the database does not have this role for us: the rights are those of the login", role=role)
            yield self
            return
        async with self.another(connections=connections, role=role) as database:
            yield database

    def limited(self, scope: Scope) -> "Database":
        """The same connections, with every transaction limited to `scope`: to its role, and to its study and sites.

        Where `migrate` could not make the role, or the login is no member of it, the rights are those of this database.
        """
        limited = copy.copy(self)
        limited._scope = scope
        return limited

    async def _limit(self, tx: Tx) -> None:
        if self._scope is None:
            return
        role = self._scope.role
        if role and role not in self._may_act_as:
            self._may_act_as[role] = await session.may_act_as(tx, role)
            if not self._may_act_as[role]:
                log.warning("the login may not act as this role: pages of the team keep the rights of web", role=role)
        await session.limit(tx, self._scope, acts_as_role=self._may_act_as.get(role, False))

    @asynccontextmanager
    async def another(self, *, connections: int, role: str | None = None) -> AsyncIterator["Database"]:
        """Open more connections to the same database, for the block: as `role`, or as this one acts."""
        database = await Database(self._url, connections=connections, role=role or self._as.get("role")).open()
        database._scope = self._scope
        self._others.append(database)
        try:
            yield database
        finally:
            self._others.remove(database)
            await database.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """Take a connection from the pool. If the server hangs or is read-only, replace the whole pool."""
        async with self._pool.connection() as connection:
            connection.to_notify.clear()
            try:
                yield connection
            except psycopg.Error as error:
                if connection.timed_out or isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                    await self._pool.drain()
                raise
            self._notifier.notify(connection.to_notify)

    @asynccontextmanager
    async def once(self, events: Sequence[E]) -> AsyncIterator[tuple[Tx, list[E]]]:
        """Yield a transaction and the `events` that are not yet handled, each once; its commit marks them handled.

        A batch may have an event twice: it was published again before anybody had handled it.
        """
        async with self.transaction() as tx:
            fresh = await outbox.mark_handled(tx, [event.id for event in events])
            yield tx, list({event.id: event for event in events if event.id in fresh}.values())


@contextmanager
def _missing_tables_named() -> Iterator[None]:
    """Raise NotMigrated if a table, column or function is missing in the block."""
    try:
        yield
    except _OTHER_SCHEMA as error:
        raise NotMigrated(
            f"the database is not ready: run pro-collector migrate ({error.diag.message_primary})"
        ) from error


@contextmanager
def _keep_cancellation() -> Iterator[None]:
    """Raise CancelledError after the block if the task was cancelled inside it.

    `asyncio.wait_for` of Python 3.11 loses the cancellation if a connection of the pool becomes free, or the pool is
    open, in the same instant; the part would then never stop.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    yield
    if task and task.cancelling() > before:
        raise asyncio.CancelledError
