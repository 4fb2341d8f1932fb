"""`/healthz` (the process is alive) and `/readyz` (its parts can work), for service managers and monitoring."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pro_collector.health import Health


def health_routes(health: Health) -> APIRouter:
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

    routes = APIRouter(include_in_schema=False)
    routes.add_route("/healthz", healthz, methods=["GET"])
    routes.add_route("/readyz", readyz, methods=["GET"])
    return routes
