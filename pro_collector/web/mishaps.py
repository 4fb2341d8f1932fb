"""What goes wrong with a request and is nobody's mistake here: one line in the log, the right status, and no trace.

A line names neither the address, which may be a link of somebody, nor what was sent.
"""

import structlog
from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pro_collector.postgres.connection import TRANSIENT

log = structlog.get_logger(__name__)

RETRY_AFTER = {"Retry-After": "60"}
_NUL = ("\0", "%00")


def answer_mishaps(app: FastAPI) -> None:
    """Have `app` answer whoever hung up, whoever the database has no time for, and addresses that cannot be."""
    app.add_middleware(NoNul)
    app.add_exception_handler(ClientDisconnect, hung_up)
    for kind in TRANSIENT:
        app.add_exception_handler(kind, busy)


async def hung_up(request: Request, _error: Exception) -> Response:
    """Whoever sent this left in the middle of it; nobody reads the answer."""
    log.info("a client hung up", method=request.method)
    return Response(status_code=400)


async def busy(request: Request, error: Exception) -> Response:
    """The database does not answer, or not in time: a carrier sends it again."""
    log.error("no database for a request", method=request.method, error=type(error).__name__)
    return JSONResponse({"error": "the database does not answer; try again"}, status_code=503, headers=RETRY_AFTER)


class NoNul:
    """Refuses an address with a NUL, which no column of PostgreSQL can hold: nothing of ours has one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = (scope.get("path", ""), scope.get("query_string", b"").decode("latin-1"))
        if scope["type"] != "http" or not any(nul in part for nul in _NUL for part in asked):
            await self._app(scope, receive, send)
            return
        log.info("an address with a NUL was refused", method=scope["method"])
        await JSONResponse({"error": "no such page"}, status_code=404)(scope, receive, send)
