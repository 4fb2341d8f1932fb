"""One connection to PostgreSQL: how long it waits and for whom, and which pumps are woken when it has committed."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq.abc import PGconn
from psycopg.rows import AsyncRowFactory, DictRow, dict_row
from psycopg_pool import PoolTimeout

Tx = AsyncConnection[DictRow]
"""A connection inside a transaction; rows come as dictionaries."""

TRANSIENT = (
    psycopg.OperationalError,
    psycopg.errors.ReadOnlySqlTransaction,  # a server that has failed over, or has run out of storage
    psycopg.errors.IdleInTransactionSessionTimeout,
    PoolTimeout,
)
"""What may succeed when tried again: lost connections, deadlocks, locks not had in time, a full pool, read-only."""

Limits = Mapping[str, str]
"""Settings of a session in PostgreSQL's own names and units."""

SERVING: Limits = {
    "lock_timeout": "10s",
    "statement_timeout": "20s",
    "idle_in_transaction_session_timeout": "20s",
}
"""Work that others wait for. A process that hangs in a transaction holds its locks no longer than this."""
LONG: Limits = {"lock_timeout": "10s", "statement_timeout": "0", "idle_in_transaction_session_timeout": "10min"}
"""Work over the whole record: export, scoring again, looking for holes, migrations, another key."""

_LINE: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""When a silent line counts as dead; a socket of this machine ignores all but the first."""


def conninfo(url: str, limits: Limits = SERVING, **settings: str) -> str:
    """`url` with every limit that it does not set itself. Raises psycopg.ProgrammingError for what is no URL."""
    given = conninfo_to_dict(url)
    line = {**_LINE, "tcp_user_timeout": 0} if limits is LONG else _LINE
    ours = " ".join(f"-c {name}={value}" for name, value in {"timezone": "UTC", **limits, **settings}.items())
    options = f"{ours} {given.get('options') or ''}".strip()  # of two of a name, the later counts
    return make_conninfo("", **{**line, **given, "options": options, "application_name": "pro-collector"})


class Connection(Tx):
    """A connection that gives up a server which says nothing for as long as `tcp_user_timeout` says (0: never).

    The kernel does that only while nobody acknowledges: a proxy does, and so does a machine whose server hangs.
    """

    def __init__(self, pgconn: PGconn, row_factory: AsyncRowFactory[DictRow] = dict_row) -> None:
        super().__init__(pgconn, row_factory)
        self.to_ring: set[str] = set()
        """The channels of the pumps that have work once this transaction has committed."""
        self.given_up = False
        """Whether the server said nothing for so long that the connection was closed."""
        self._patience = int(self.info.get_parameters().get("tcp_user_timeout", 0)) / 1000

    async def wait(self, *args: Any, **kwargs: Any) -> Any:
        """As psycopg waits for the server, with an end to it."""
        if not self._patience:
            return await super().wait(*args, **kwargs)
        end = asyncio.get_running_loop().call_later(self._patience, self._give_up)
        try:
            return await super().wait(*args, **kwargs)
        finally:
            end.cancel()

    @asynccontextmanager
    async def taking_long(self) -> AsyncIterator[None]:
        """The limits of LONG until the transaction ends, and as much patience as the server has."""
        patience, self._patience = self._patience, 0
        try:
            await self.execute(
                "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS setting (name, value)",
                (list(LONG), list(LONG.values())),
            )
            yield
        finally:
            self._patience = patience

    def _give_up(self) -> None:
        """Shut the line: libpq reads its end, and whoever waits hears of a lost connection."""
        self.given_up = True
        with suppress(OSError), socket.socket(fileno=os.dup(self.pgconn.socket)) as line:
            line.shutdown(socket.SHUT_RDWR)


def ring(tx: Tx, channel: str) -> None:
    """Have the pumps that listen to `channel` woken when `tx` has committed.

    NOTIFY inside a transaction has every other that notifies wait, server-wide, until this one is on the disk.
    """
    if isinstance(tx, Connection):
        tx.to_ring.add(channel)
