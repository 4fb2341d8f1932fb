"""The page of one check-in, and what the team does about it: ask now, again, later, by telephone, at the hospital."""

from collections.abc import Awaitable, Iterable
from datetime import datetime
from uuid import UUID

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.ask_by_hand import (
    InClinic,
    ask_again,
    ask_early,
    ask_in_clinic,
    ask_now,
    open_interview,
    put_off_check_in,
)
from pro_collector.commands.write_to import read_reporter
from pro_collector.domain.account.acts import Act
from pro_collector.errors import BadInput, Conflict, NotFound, Problem, ProCollectorError
from pro_collector.views.person_answers import check_in_page_of
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.person.acting import EARLIEST, LATEST, AtPerson, PersonGuard, Route, mistakes_of
from pro_collector.web.team_page import HEADERS

_PERSON = "/team/study/{study}/people/{code}"
_CHECK_IN = f"{_PERSON}/check-ins/{{occasion}}"
_DONE = {"again": "It is asked again.", "now": "It is asked now.", "later": "It is put off."}


class AskingActs:
    """Shows check-ins, and has people asked."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard = PersonGuard(guard, pages)

    def routes(self) -> Iterable[Route]:
        """The pages and what their forms send."""
        yield _CHECK_IN, "GET", self._guard.at(Act.see_people, self.check_in)
        yield f"{_CHECK_IN}/again", "POST", self._guard.at(Act.write_to_people, self.again)
        yield f"{_CHECK_IN}/now", "POST", self._guard.at(Act.write_to_people, self.early)
        yield f"{_CHECK_IN}/later", "POST", self._guard.at(Act.write_to_people, self.later)
        yield f"{_CHECK_IN}/interview", "POST", self._guard.at(Act.record_treatment, self.interview)
        yield f"{_CHECK_IN}/hospital", "POST", self._guard.at(Act.record_treatment, self.at_hospital)
        yield f"{_PERSON}/ask", "GET", self._guard.at(Act.write_to_people, self.ask)
        yield f"{_PERSON}/ask", "POST", self._guard.at(Act.write_to_people, self.ask_now)

    async def check_in(self, request: Request, at: AtPerson) -> Response:
        """Show one check-in."""
        return await self._page(request, at, _DONE.get(request.query_params.get("done", ""), ""))

    async def again(self, request: Request, at: AtPerson) -> Response:
        """Send the waiting question or link again."""
        id = _id_in(request)
        return await self._act(request, at, "again", ask_again(at.does, at.code, str(id), by=at.by, study=at.study))

    async def early(self, request: Request, at: AtPerson) -> Response:
        """Ask a planned check-in whose window has opened, before it is due."""
        id = _id_in(request)
        return await self._act(request, at, "now", ask_early(at.does, at.code, str(id), by=at.by, study=at.study))

    async def later(self, request: Request, at: AtPerson) -> Response:
        """Put the check-in off until a time where they live."""
        id, until = _id_in(request), (await fields_of(request)).get("until", "")
        try:
            moment = datetime.fromisoformat(until).replace(tzinfo=None)
            if not EARLIEST <= moment.year <= LATEST:
                raise ValueError(until)
        except ValueError:
            wrong = BadInput([Problem("", None, "until", "say when it is asked again")])
            return await self._page(request, at, error=wrong)
        work = put_off_check_in(at.does, at.code, str(id), moment, by=at.by, study=at.study)
        return await self._act(request, at, "later", work)

    async def interview(self, request: Request, at: AtPerson) -> Response:
        """Lead to the form for the answers that somebody gives on the telephone."""
        try:
            form = await open_interview(at.does, at.code, str(_id_in(request)), by=at.by, study=at.study)
        except Conflict as error:
            return await self._page(request, at, error=error)
        return RedirectResponse(form, 303, HEADERS)

    async def at_hospital(self, request: Request, at: AtPerson) -> Response:
        """Show the link of the form for a device at the hospital; whoever asks stays signed in on their own."""
        try:
            opened = await ask_in_clinic(at.does, at.code, str(_id_in(request)), by=at.by, study=at.study)
        except Conflict as error:
            return await self._page(request, at, error=error)
        return await self._page(request, at, opened=opened)

    async def ask(self, _request: Request, at: AtPerson) -> Response:
        """Show the form to ask how somebody is now."""
        return self._guard.show("ask.html", at)

    async def ask_now(self, request: Request, at: AtPerson) -> Response:
        """Ask how somebody is now."""
        fields = await fields_of(request)
        try:
            reporter = read_reporter(fields.get("reporter") or None) or "self"
            asked = await ask_now(at.does, at.code, reporter, by=at.by, study=at.study)
        except (BadInput, Conflict) as error:
            return self._guard.show("ask.html", at, status=error.http_status, mistakes=mistakes_of(error), sent=fields)
        return self._guard.guard.go(f"{at.path}/check-ins/{asked.occasion_id}?done=again")

    async def _act(self, request: Request, at: AtPerson, key: str, work: Awaitable[object]) -> Response:
        try:
            await work
        except (BadInput, Conflict) as error:
            return await self._page(request, at, error=error)
        return self._guard.guard.go(f"{at.path}/check-ins/{_id_in(request)}?done={key}")

    async def _page(
        self,
        request: Request,
        at: AtPerson,
        done: str = "",
        *,
        error: ProCollectorError | None = None,
        opened: InClinic | None = None,
    ) -> Response:
        viewer = Viewer(at.by, "web") if Act.read_words in at.acts else None
        page = await check_in_page_of(at.rt, at.study, at.code, _id_in(request), at.visit.sites, viewer)
        mistakes, status = (mistakes_of(error), error.http_status) if error else (NO_MISTAKES, 200)
        return self._guard.show(
            "check-in.html",
            at,
            status=status,
            mistakes=mistakes,
            page=page,
            done=done,
            form=opened.url if opened else "",
            picture=_picture(opened.url) if opened else "",
        )


def _picture(url: str) -> Markup:
    """The QR code of a link."""
    drawn = segno.make(url, micro=False).svg_inline(scale=4, border=4, light="#fff", svgclass="qr", omitsize=True)
    return Markup(drawn)  # noqa: S704  # drawn by us, from our own text


def _id_in(request: Request) -> UUID:
    """The id of the check-in in the path. Raises NotFound."""
    try:
        return UUID(str(request.path_params["occasion"]))
    except ValueError:
        raise NotFound("no such check-in") from None
