"""One connection to PostgreSQL: its timeouts, and the channels to notify after its transaction has committed."""

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
    psycopg.errors.ReadOnlySqlTransaction,  # the server has failed over, or its storage is full
    psycopg.errors.IdleInTransactionSessionTimeout,
    PoolTimeout,
)
"""Errors after which a retry may succeed: lost connection, deadlock, lock timeout, full pool, read-only server."""

Limits = Mapping[str, str]
"""Session settings, with PostgreSQL's names and units."""

SERVING: Limits = {
    "lock_timeout": "10s",
    "statement_timeout": "20s",
    "idle_in_transaction_session_timeout": "20s",
}
"""For work that other processes wait for. A process that hangs in a transaction keeps its locks no longer."""
LONG: Limits = {"lock_timeout": "10s", "statement_timeout": "0", "idle_in_transaction_session_timeout": "10min"}
"""For work on the whole record: export, rescore, reconcile, migrations, a new vault key."""

_KEEPALIVE: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""When a silent connection counts as lost; a Unix socket ignores all but the first."""
_SERVER_KEEPALIVE: Limits = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60s",
}
"""When the server counts us as lost. Without it, each connection that the network lost takes a place there for hours
(2 h on Linux), until nobody can connect."""
_SEVERAL: Mapping[str, Any] = {"connect_timeout": 3, "target_session_attrs": "read-write"}
"""For a URL with several servers: the one that records is looked for, and a machine that is lost costs 3 s, not all of
the 10 s that a part waits for a connection."""


def conninfo(url: str, limits: Limits = SERVING, **settings: str) -> str:
    """Return `url` with every limit that it does not set itself. Raises psycopg.ProgrammingError for an invalid URL."""
    given = conninfo_to_dict(url)
    line = {**_KEEPALIVE, "tcp_user_timeout": 0} if limits is LONG else _KEEPALIVE
    if any("," in str(given.get(name)) for name in ("host", "hostaddr")):
        line = {**line, **_SEVERAL}
    session = {"timezone": "UTC", **_SERVER_KEEPALIVE, **limits, **settings}
    ours = " ".join(f"-c {name}={value}" for name, value in session.items())
    options = f"{ours} {given.get('options') or ''}".strip()  # if a name is set twice, the later value counts
    return make_conninfo("", **{**line, **given, "options": options, "application_name": "pro-collector"})


class Connection(Tx):
    """A connection that is closed if the server sends nothing for `tcp_user_timeout` milliseconds (0: never).

    The kernel applies this timeout only if nobody acknowledges. A proxy acknowledges, and so does the machine of a
    server that hangs.
    """

    def __init__(self, pgconn: PGconn, row_factory: AsyncRowFactory[DictRow] = dict_row) -> None:
        super().__init__(pgconn, row_factory)
        self.to_notify: set[str] = set()
        """The channels to notify once this transaction has committed."""
        self.timed_out = False
        """Whether the connection was closed because the server did not answer in time."""
        self._server_timeout = int(self.info.get_parameters().get("tcp_user_timeout", 0)) / 1000

    async def wait(self, *args: Any, **kwargs: Any) -> Any:
        """Wait for the server as psycopg does, but with a timeout."""
        if not self._server_timeout:
            return await super().wait(*args, **kwargs)
        end = asyncio.get_running_loop().call_later(self._server_timeout, self._shut_down_socket)
        try:
            return await super().wait(*args, **kwargs)
        finally:
            end.cancel()

    @asynccontextmanager
    async def with_long_limits(self) -> AsyncIterator[None]:
        """Apply the limits of LONG until the transaction ends, without a timeout for the server's answer."""
        timeout, self._server_timeout = self._server_timeout, 0
        try:
            await self.execute(
                "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS setting (name, value)",
                (list(LONG), list(LONG.values())),
            )
            yield
        finally:
            self._server_timeout = timeout

    def _shut_down_socket(self) -> None:
        """Shut the socket down: libpq then raises the error of a lost connection in the waiting code."""
        self.timed_out = True
        with suppress(OSError), socket.socket(fileno=os.dup(self.pgconn.socket)) as duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)


async def takes_changes(tx: Tx) -> bool:
    """Whether the server records anything: not if it is a standby, or its storage is full and it was set read-only."""
    row = await (await tx.execute("SELECT current_setting('transaction_read_only') AS only")).fetchone()
    return row is not None and row["only"] == "off"


def notify_after_commit(tx: Tx, channel: str) -> None:
    """Notify the listener of `channel` after `tx` has committed.

    NOTIFY inside a transaction would make every other transaction on the server that notifies wait until this one is
    on the disk.
    """
    if isinstance(tx, Connection):
        tx.to_notify.add(channel)
