"""The page of one check-in, and what the team does about it: ask now, again, later, by telephone, at the hospital."""

from collections.abc import Awaitable, Iterable, Mapping
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
from pro_collector.commands.ask_unscheduled import ask_unscheduled
from pro_collector.commands.release import decline, release
from pro_collector.commands.set_apart import set_apart
from pro_collector.commands.show_task import spoken
from pro_collector.commands.write_to import read_reporter
from pro_collector.domain.account.acts import Act
from pro_collector.errors import BadInput, Conflict, NotFound, Problem, ProCollectorError
from pro_collector.views.person_answers import check_in_page_of
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.person.acting import (
    EARLIEST,
    LATEST,
    AtPerson,
    Confirming,
    Foreseen,
    PersonGuard,
    Route,
    mistakes_of,
)
from pro_collector.web.team_page import HEADERS

Fields = Mapping[str, str]
NO_FIELDS: Fields = {}
_PERSON = "/team/study/{study}/people/{code}"
_CHECK_IN = f"{_PERSON}/check-ins/{{occasion}}"
_DONE = {
    "again": "It is asked again.",
    "now": "It is asked now.",
    "later": "It is put off.",
    "opened": "It is open now. Fill it in at the hospital with the button below.",
    "released": "It is released: they are asked, outside of quiet hours.",
    "declined": "They are not asked.",
}


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
        yield f"{_CHECK_IN}/release", "POST", self._guard.at(Act.write_to_people, self.decide)
        yield f"{_CHECK_IN}/interview", "POST", self._guard.at(Act.record_treatment, self.interview)
        yield f"{_CHECK_IN}/hospital", "POST", self._guard.at(Act.record_treatment, self.at_hospital)
        yield f"{_CHECK_IN}/apart", "POST", self._guard.at(Act.record_treatment, self.apart)
        yield f"{_PERSON}/ask", "GET", self._guard.at(Act.write_to_people, self.ask)
        yield f"{_PERSON}/ask", "POST", self._guard.at(Act.write_to_people, self.ask_now)
        yield f"{_PERSON}/ask-unscheduled", "POST", self._guard.at(Act.write_to_people, self.ask_unscheduled)

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

    async def decide(self, request: Request, at: AtPerson) -> Response:
        """Release what waits for the team because participation ended, or decide that it is not asked."""
        id, fields = str(_id_in(request)), await fields_of(request)
        if fields.get("decline"):
            why = fields.get("reason", "").strip()
            work = decline(at.does, at.code, id, by=at.by, reason=why, study=at.study)
            return await self._act(request, at, "declined", work)
        return await self._act(request, at, "released", release(at.does, at.code, id, by=at.by, study=at.study))

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

    async def apart(self, request: Request, at: AtPerson) -> Response:
        """Show what it changes to set a check-in apart that was asked before its day, and do it when confirmed."""
        fields, id = await fields_of(request), str(_id_in(request))
        reason = fields.get("reason", "")

        async def work(*, dry_run: bool = False, confirmed: str | None = None) -> Foreseen:
            done = await set_apart(
                at.does, at.code, id, reason=reason, by=at.by, study=at.study, dry_run=dry_run, confirmed=confirmed
            )
            return Foreseen(done.diff)

        async def again(mistakes: Mapping[str, str], status: int) -> Response:
            return await self._page(request, at, wrong=(mistakes, status))

        what = "Keep what was answered as unscheduled, and ask it on the right day"
        return await self._guard.plan(
            request, at, Confirming(what, f"check-ins/{id}/apart", fields, "apart", work, again)
        )

    async def ask(self, _request: Request, at: AtPerson) -> Response:
        """Show the forms to ask how somebody is now, or something outside of the schedule."""
        return await self._ask(at)

    async def _ask(self, at: AtPerson, error: BadInput | Conflict | None = None, sent: Fields = NO_FIELDS) -> Response:
        async with at.rt.database.transaction() as tx:
            version = await at.rt.studies.get(tx, at.study, at.person.study_version)
        titles = {name: spoken(each.title) for name, each in version.study.assessments.items()}
        mistakes, status = (mistakes_of(error), error.http_status) if error else (NO_MISTAKES, 200)
        offered = version.study.unprompted is not None
        return self._guard.show(
            "ask.html", at, status=status, mistakes=mistakes, sent=sent, titles=titles, offered=offered
        )  # fmt: skip

    async def ask_unscheduled(self, request: Request, at: AtPerson) -> Response:
        """Ask an assessment outside of its schedule."""
        fields = await fields_of(request)
        try:
            reporter = read_reporter(fields.get("reporter") or None) or "self"
            asked = await ask_unscheduled(
                at.does, at.code, fields.get("assessment", ""), reporter, reason=fields.get("reason", ""), by=at.by,
                study=at.study, at_hospital="at_hospital" in fields, over_budget="over_budget" in fields,
            )  # fmt: skip
        except (BadInput, Conflict) as error:
            return await self._ask(at, error, fields)
        done = "opened" if asked.url else "now"
        return self._guard.guard.go(f"{at.path}/check-ins/{asked.occasion_id}?done={done}")

    async def ask_now(self, request: Request, at: AtPerson) -> Response:
        """Ask how somebody is now."""
        fields = await fields_of(request)
        try:
            reporter = read_reporter(fields.get("reporter") or None) or "self"
            asked = await ask_now(at.does, at.code, reporter, by=at.by, study=at.study)
        except (BadInput, Conflict) as error:
            return await self._ask(at, error, fields)
        return self._guard.guard.go(f"{at.path}/check-ins/{asked.occasion_id}?done=again")

    async def _act(self, request: Request, at: AtPerson, key: str, work: Awaitable[object]) -> Response:
        try:
            await work
        except (BadInput, Conflict, NotFound) as error:
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
        wrong: tuple[Mapping[str, str], int] = (NO_MISTAKES, 200),
    ) -> Response:
        viewer = Viewer(at.by, "web") if Act.read_words in at.acts else None
        page = await check_in_page_of(at.rt, at.study, at.code, _id_in(request), at.visit.sites, viewer)
        mistakes, status = (mistakes_of(error), error.http_status) if error else wrong
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
