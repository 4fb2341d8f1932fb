"""The web process: all routes in one application, served by uvicorn without an access log (paths have tokens)."""

from collections.abc import Sequence

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from pro_collector import __version__
from pro_collector.errors import ProCollectorError
from pro_collector.health import Health
from pro_collector.postgres.tables import studies
from pro_collector.runtime import Runtime
from pro_collector.settings import Settings
from pro_collector.web.api.routes import add_api
from pro_collector.web.calendar_links import calendar_routes
from pro_collector.web.connections import ClientConnection
from pro_collector.web.failures import handle_failures
from pro_collector.web.form.pages import Pages
from pro_collector.web.form.postgres_store import PostgresFormStore
from pro_collector.web.form.routes import form_routes
from pro_collector.web.form.store import TeamContact
from pro_collector.web.gate import Gate, GateLimits
from pro_collector.web.health_server import QuietServer, health_routes
from pro_collector.web.metrics import metrics_routes
from pro_collector.web.mine.routes import own_page_routes
from pro_collector.web.problems import is_for_program, refusal
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.routes import team_routes
from pro_collector.web.traces import telemetry
from pro_collector.web.webhooks import webhook_routes


async def general_contact(rt: Runtime) -> TeamContact:
    """The contact for pages without a known study (unknown link): the study's if there is only one, else our name."""
    async with rt.database.transaction() as tx:
        versions = [await rt.studies.get(tx, row.id, row.version) for row in await studies.all_in_force(tx)]
    languages = {language for version in versions for language in version.study.languages}
    if len(versions) != 1:
        return TeamContact(sender=rt.mail_sender.name, languages=languages)
    study = versions[0].study
    return TeamContact(study.sender, study.contact.phone, study.contact.email, study.emergency_anywhere, languages)


def application(
    rt: Runtime, contact: TeamContact, more: Sequence[APIRouter] = (), urgent: Runtime | None = None
) -> FastAPI:
    """The application with all routes. `contact` is shown when no study is known; `more` are the routes of the demo.

    `urgent`: the runtime of the webhooks, with database connections that no page can take.
    """
    app = FastAPI(
        title="pro-collector",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry=telemetry(),
    )
    handle_failures(app)
    form = form_routes(PostgresFormStore(rt), rt.settings.public_url, contact, rt)
    guard = TeamGuard(rt)
    own = (webhook_routes(urgent or rt), form, own_page_routes(rt, contact))
    of_team = (team_routes(guard), calendar_routes(guard), metrics_routes(guard))
    for routes in (*own, *more, *of_team):
        app.include_router(routes)  # if two routes match, the first one is used
    app.router.routes += health_routes(_of_web(urgent or rt))
    add_api(app, rt)

    pages = Pages(rt.settings.public_url, contact)

    @app.exception_handler(404)
    async def not_found(request: Request, _error: Exception) -> Response:
        """Answer an unknown URL: a page for a person (who may have lost part of a link), JSON for a program."""
        if is_for_program(request) or "text/html" not in request.headers.get("accept", ""):
            return refusal(request.url.path, 404, "no such page")
        words = pages.preferred(request.headers.get("accept-language", ""))
        return pages.show("message.html", words, 404, about="unknown")

    @app.exception_handler(405)
    async def not_allowed(request: Request, error: Exception) -> Response:
        headers = error.headers if isinstance(error, HTTPException) else None
        return refusal(request.url.path, 405, "this path does not take this method", headers)

    @app.exception_handler(ProCollectorError)
    async def known_error(_request: Request, error: Exception) -> Response:
        status = error.http_status if isinstance(error, ProCollectorError) else 500
        return JSONResponse({"error": str(error)}, status_code=status)

    return app


def _of_web(rt: Runtime) -> Health:
    """The health of the web part alone: patients and the carrier reach it, even while other parts cannot work.

    `rt`: the runtime of the webhooks, whose sessions are replaced after a time in which nothing could be written.
    """
    health = Health(rt, ["web"])
    health.started("web")
    return health


def server(app: ASGIApp, settings: Settings, limits: GateLimits | None = None) -> uvicorn.Server:
    """Make a server for `app`, behind the gate; `await serve()` runs it until `should_exit` is set."""
    return QuietServer(
        uvicorn.Config(
            Gate(app, settings, limits), host=settings.web_host, port=settings.web_port, access_log=False,
            log_config=None, lifespan="off", server_header=False, timeout_graceful_shutdown=2, http=ClientConnection,
            ws="none", forwarded_allow_ips=settings.web_proxies,
        )
    )  # fmt: skip
