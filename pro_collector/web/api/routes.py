"""All routes of the API, and the OpenAPI document that is made from them."""

import asyncio
from functools import cache, lru_cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pro_collector import __version__
from pro_collector.accounts.sessions import Present
from pro_collector.runtime import Runtime
from pro_collector.web.api.alerts import add_alerts
from pro_collector.web.api.audit import add_audit
from pro_collector.web.api.charts import add_charts
from pro_collector.web.api.check_ins import add_check_ins
from pro_collector.web.api.consents import add_consents
from pro_collector.web.api.exports import add_exports
from pro_collector.web.api.feeds import add_feeds
from pro_collector.web.api.guard import ApiGuard
from pro_collector.web.api.people import add_people
from pro_collector.web.api.research import add_research
from pro_collector.web.api.route import V1, ApiRoutes
from pro_collector.web.api.study import add_study
from pro_collector.web.api.treatment import add_treatment
from pro_collector.web.api.webhooks import add_webhooks
from pro_collector.web.api.worklist import add_worklist
from pro_collector.web.problems import ProblemDetails

DOCUMENT = f"{V1}/openapi.json"
SESSION = f"{V1}/session"
_ABOUT = """What the pages of the team show and do, with the same roles, sites and audit trail.

Send a token of `pro-collector token make` as `Authorization: Bearer TOKEN`. `x-act` of an operation is the act that a
role must allow.
"""
_WAYS = {
    "token": {"type": "http", "scheme": "bearer", "description": "a token of `pro-collector token make`"},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-pro_session", "description": "somebody signed in"},
}


def add_api(app: FastAPI, rt: Runtime) -> None:
    """Add the routes below `/api/v1` to an application."""
    app.state.api_guard = guard = ApiGuard(rt)
    app.router.routes.extend(routes_of_studies().routes)  # to include the router would make each route a second time

    async def document(_request: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(_written, rt.settings.public_url))  # made once, in about a second

    async def session(_request: Request, who: Present) -> Response:
        return JSONResponse({"name": who.name, "csrf": guard.csrf_of(who.session)})

    app.add_route(DOCUMENT, document, methods=["GET"], include_in_schema=False)
    app.add_route(SESSION, guard.of_account(session), methods=["GET"], include_in_schema=False)


@cache
def routes_of_studies() -> APIRouter:
    """The routes of a study, for every application of this process."""
    routes = ApiRoutes()
    for add in (
        add_people, add_consents, add_treatment, add_check_ins, add_worklist, add_alerts, add_research, add_study,
        add_charts, add_exports, add_feeds, add_webhooks, add_audit,
    ):  # fmt: skip
        add(routes)
    return routes.router


@lru_cache(maxsize=1)
def _written(public_url: str) -> dict[str, Any]:
    return openapi(routes_of_studies(), public_url)


def openapi(router: APIRouter, public_url: str) -> dict[str, Any]:
    """The OpenAPI document of these routes; it has nothing of any study."""
    document = get_openapi(
        title="pro-collector", version=__version__, description=_ABOUT, routes=router.routes,
        servers=[{"url": public_url}],
    )  # fmt: skip
    parts = document.setdefault("components", {})
    schema = TypeAdapter(ProblemDetails).json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    parts["schemas"] |= {**schema.pop("$defs"), "ProblemDetails": schema}
    parts["securitySchemes"] = _WAYS
    document["security"] = [{name: []} for name in _WAYS]
    return document
