"""Private links to calendars, made on the page of a person or of the calendar; the page of the account lists them."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts.calendar_links import make_link
from pro_collector.domain.account.acts import Act
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team.person.acting import AtPerson, PersonGuard


class CalendarLinkPages:
    """Makes links for whoever works with the people, and has an account; others see the calendar while signed in."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages, self._person = guard, pages, PersonGuard(guard, pages)

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """One act for everybody, and one for one person."""
        of_study, at = self._guard.of_study, self._person.at
        yield "/team/study/{study}/calendar/link", "POST", of_study(Act.work_tasks, self.of_everybody, fresh=True)
        yield "/team/study/{study}/people/{code}/calendar-link", "POST", at(Act.work_tasks, self.of_one, fresh=True)

    async def of_everybody(self, request: Request, visit: StudyVisit) -> Response:
        """Make a link to the check-ins at all sites where whoever asks works."""
        return await self._make(request, visit, None, "calendar")

    async def of_one(self, request: Request, at: AtPerson) -> Response:
        """Make a link to the check-ins of one person."""
        return await self._make(request, at.visit, at.person, "people")

    async def _make(self, request: Request, visit: StudyVisit, person: ParticipantRow | None, entry: str) -> Response:
        """Make a link and show it, once. A program has no account, and fetches check-ins by the API."""
        who = visit.who
        if who.account is None:
            return self._guard.missing(request)
        address = await make_link(visit.acts, who.account, visit.study, person, self._guard.actor(request, who))
        code = person.code if person else ""
        return self._pages.of_study("calendar_link.html", visit, entry, address=address, code=code)
