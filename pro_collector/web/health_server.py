"""`/healthz` (the process is alive) and `/readyz` (its parts can work), for service managers and monitoring."""

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pro_collector.health import Health
from pro_collector.settings import Settings
from pro_collector.web.connections import ClientConnection


class QuietServer(uvicorn.Server):
    """uvicorn without signal handlers: the command line handles signals and stops all parts together."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def health_routes(health: Health) -> list[Route]:
    """The two routes. They show no data: names of parts and what is wrong with a server or setting."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        parts = await health.look()
        ready = not any(parts.values())
        return JSONResponse(
            {"status": "ready" if ready else "not ready", "parts": {part: list(why) for part, why in parts.items()}},
            200 if ready else 503,
        )

    return [Route("/healthz", healthz, methods=["GET"]), Route("/readyz", readyz, methods=["GET"])]


def health_server(health: Health, settings: Settings) -> uvicorn.Server:
    """Make a server for the two routes alone, on a port of its own."""
    return QuietServer(
        uvicorn.Config(
            Starlette(routes=health_routes(health)), host=settings.health_host, port=settings.health_port,
            access_log=False, log_config=None, lifespan="off", server_header=False, timeout_graceful_shutdown=1,
            http=ClientConnection, ws="none",
        )
    )  # fmt: skip
