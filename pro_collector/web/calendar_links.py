"""`GET /calendar/SECRET.ics`: the calendar behind a private link, for calendar programs, which have no session."""

import asyncio

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts.calendar_links import PATH, open_calendar
from pro_collector.display.check_in_calendar import to_icalendar
from pro_collector.errors import NotFound
from pro_collector.views.calendar_feed import CalendarFeed, calendar_feed
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.recording import client_of

_KEPT = "private, max-age=900"


def calendar_routes(guard: TeamGuard) -> APIRouter:
    """The one route. A secret that is unknown, revoked or too old, and one whose account may not see it, look alike."""
    routes = APIRouter(include_in_schema=False)

    async def fetch(request: Request) -> Response:
        """Answer with the calendar, or that it is the one that the program has."""
        client = client_of(request)
        shown = await open_calendar(guard.rt, str(request.path_params["secret"]), client)
        if shown is None:
            return _missing()
        seeing = guard.seeing(shown.study, shown.sites, client)
        try:
            feed = await calendar_feed(seeing, shown.study, shown.sites, shown.person.id if shown.person else None)
        except NotFound:
            return _missing()
        headers = {"Cache-Control": _KEPT, "ETag": f'"{feed.tag}"'}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        code = shown.person.code if shown.person else ""
        content = await asyncio.to_thread(_as_icalendar, feed, code)  # 2,000 events take half a second
        return Response(content, 200, headers, "text/calendar")

    routes.add_route(f"{PATH}/{{secret}}.ics", fetch, methods=["GET"])
    return routes


def _as_icalendar(feed: CalendarFeed, code: str) -> bytes:
    title = f"{feed.title}: {code}" if code else feed.title
    return to_icalendar(feed.study, title, feed.titles, feed.check_ins, feed.stamp)


def _missing() -> Response:
    return Response("no such calendar", 404, media_type="text/plain")
