"""Handles expected failures of a route: one line in the log, the right HTTP status, and no stack trace.

The log line has neither the URL, which may be a personal link, nor the request body.
"""

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pro_collector.postgres.connection import TRANSIENT
from pro_collector.web.bounded_lines import BoundedLines
from pro_collector.web.problems import refusal

log = structlog.get_logger(__name__)

RETRY_AFTER = {"Retry-After": "60"}
_NUL = ("\0", "%00")


def handle_failures(app: FastAPI) -> None:
    """Make `app` handle a database that does not answer, and a NUL in the URL."""
    lines = BoundedLines()

    async def database_unavailable(request: Request, error: Exception) -> Response:
        """The database does not answer in time: a carrier sends the request again."""
        lines.write(log.error, "no database for a request", method=request.method, error=type(error).__name__)
        return refusal(request.url.path, 503, "the database does not answer; try again", RETRY_AFTER)

    app.add_middleware(RejectNul)
    for kind in TRANSIENT:
        app.add_exception_handler(kind, database_unavailable)


class RejectNul:
    """Rejects a URL with a NUL character: PostgreSQL cannot store it, and none of our URLs has one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lines = BoundedLines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        url_parts = (scope.get("path", ""), scope.get("query_string", b"").decode("latin-1"))
        if scope["type"] != "http" or not any(nul in part for nul in _NUL for part in url_parts):
            await self._app(scope, receive, send)
            return
        self._lines.write(log.info, "a URL with a NUL was rejected", method=scope["method"])
        await refusal(scope["path"], 404, "no such page")(scope, receive, send)
