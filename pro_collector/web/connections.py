"""Connections of clients: how many there may be, and how long a client may take to send the head of a request."""

import asyncio
import resource
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN = 10.0
"""Seconds in which the first line and the headers of a request must be complete."""
FLUSH_WITHIN = 10.0
"""Seconds in which a client must take the rest of a response."""
MOST = 1_000


def most_connections() -> int:
    """How many connections there may be: at most half of the files that this process may open. The database and
    the other parts of the same process need the rest."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, soft // 2)


class ClientConnection(H11Protocol):
    """A connection that is closed if its client sends no complete request in time, or if there are too many."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timeout: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request; a connection too many is closed at once."""
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            transport.abort()
            return
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Pass on what came; wait on if it is only the beginning of a request."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait_for_head()
        elif self._head_timeout is not None:
            self._head_timeout.cancel()
            self._head_timeout = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        if self._head_timeout is not None:
            self._head_timeout.cancel()
        super().connection_lost(exc)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, even if its client does not take what we have sent."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(FLUSH_WITHIN, self.transport.abort)

    def _wait_for_head(self) -> None:
        if self._head_timeout is None:
            self._head_timeout = self.loop.call_later(HEAD_WITHIN, self.transport.abort)
