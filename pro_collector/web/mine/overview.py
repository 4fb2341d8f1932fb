"""The first pages behind the door: whose page, and what was answered and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.desk.case import Case
from pro_collector.casework.own_page import SignedIn
from pro_collector.domain.conversation.survey import BEGUN
from pro_collector.postgres.tables import occasions
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.web.mine.dates import local_day
from pro_collector.web.mine.guard import OwnPageGuard, PageVisit
from pro_collector.words import day_as_said
from scheduler.bundles import speaks_for

ANSWERS = "/answers"
"""The path of the answers of a check-in, before its id."""
COMING = 5
"""How many of the next check-ins are listed."""


@dataclass(frozen=True, slots=True)
class ListedCheckIn:
    """A check-in in a list. `day`: when it is asked, or until when it can be answered, or when it was answered."""

    title: str
    day: str
    how: str = "link"
    partial: bool = False
    url: str = ""


class OverviewPages:
    """The list of people of a session, and the overview of one of them."""

    def __init__(self, guard: OwnPageGuard) -> None:
        self.guard, self.rt = guard, guard.rt

    async def people(self, request: Request, people: SignedIn) -> Response:
        """List the people whose pages are open; with one alone, go to that page."""
        owners = [self.guard.visit(request, owner, several=True) for owner in people.owners]
        if len(owners) == 1 and not people.closed:
            return self.guard.pages.go(owners[0].base)
        somebody = (people.owners or [owner for owner, _ in people.closed])[0]
        return self.guard.page(
            request,
            somebody.case,
            "people.html",
            open=[(visit.owner.name, visit.base) for visit in owners],
            closed=[(owner.name, why) for owner, why in people.closed],
            sign_out=f"{self.guard.home}out",
        )

    async def overview(self, request: Request, visit: PageVisit) -> Response:
        """Show what is open, what comes next, and what was answered."""
        async with self.rt.database.transaction() as tx:
            rows = (await occasions.of_participants(tx, [visit.case.person.id]))[visit.case.person.id]
            for version in {row.study_version for row in rows} - visit.case.versions.keys():
                visit.case.versions[version] = await self.rt.studies.get(tx, visit.case.person.study, version)
        own = [row for row in rows if row.reporter == visit.reporter]
        now = visit.case.now
        waiting = [row for row in own if row.state in BEGUN and row.closes_at > now]
        waiting = [row for row in waiting if not row.bundle or row == speaks_for(_together(waiting, row))]
        coming = [row for row in own if row.state == "planned" and row.due_at > now]
        answered = [row for row in own if row.state in ("completed", "partial")]
        return self.guard.show(
            request,
            visit,
            "overview.html",
            waiting=[self._listed(visit, row, row.closes_at) for row in waiting],
            coming=[self._listed(visit, row, row.due_at) for row in coming[:COMING]],
            answered=[self._listed(visit, row, row.ended_at or row.due_at) for row in reversed(answered)],
        )

    @staticmethod
    def _listed(visit: PageVisit, row: OccasionRow, at: datetime) -> ListedCheckIn:
        case = visit.case
        day = day_as_said(visit.words, local_day(at, case.person.zone), case.today)
        how = "conversation" if case.is_conversation(row) else "link"
        url = visit.at(f"{ANSWERS}/{row.id}")
        return ListedCheckIn(title_of(case, row, visit.language), day, how, row.state == "partial", url)


def _together(rows: Sequence[OccasionRow], row: OccasionRow) -> list[OccasionRow]:
    return [each for each in rows if each.bundle == row.bundle]


def title_of(case: Case, row: OccasionRow, language: str) -> str:
    """The title of a check-in in the language of the page, else in the first language of the study."""
    titles, languages = (
        case.version_of(row).study.assessment(row.assessment).title,
        case.version_of(row).study.languages,
    )
    return next((titles[each] for each in (language, *languages) if each in titles), row.assessment)
