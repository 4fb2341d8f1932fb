"""What the pages about one person share: finding the person, and showing what an act would change before it is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.display.plan_change import rows
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import acts_at
from pro_collector.errors import BadInput, Conflict, NotFound, Outdated, Problem, ProCollectorError
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from pro_collector.views.person_at import find_person
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import CSRF, Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.person.moments import Moments
from scheduler.fingerprint import fingerprint
from scheduler.occasion import Occasion
from scheduler.replan import Diff

CONFIRMED, WORD = "confirmed", "word"
"""The fields of a confirmation: the fingerprint of what was shown, and the code of the person, typed by hand."""
EARLIEST, LATEST = 1900, 2200
"""The years of a day in anybody's life or plan."""
FORM = "form"
"""The id of the form, for a mistake of no field."""


@dataclass(frozen=True, slots=True)
class AtPerson:
    """A request about one person of a study. `acts`: what whoever asks may do at their site."""

    visit: StudyVisit
    person: ParticipantRow
    acts: frozenset[Act]

    @property
    def code(self) -> str:
        """The code of the person."""
        return self.person.code

    @property
    def by(self) -> str:
        """Who acts, for the record."""
        return self.visit.who.name

    @property
    def study(self) -> str:
        """The id of the study."""
        return self.visit.study

    @property
    def rt(self) -> Runtime:
        """With it the page reads."""
        return self.visit.rt

    @property
    def does(self) -> Runtime:
        """With it something is done, with the rights of the command line."""
        return self.visit.acts

    @property
    def path(self) -> str:
        """The path of the person's page, below the prefix of the public URL."""
        return f"/team/study/{self.study}/people/{self.code}"


Route = tuple[str, str, Endpoint]
"""A path, a method, and the guarded page."""
PersonEndpoint = Callable[[Request, AtPerson], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an act would change. `ends`: it ends participation; `doubt`: why somebody should look twice.

    `displaced`: what was asked for a day that is corrected.
    """

    diff: Diff
    ends: bool = False
    doubt: str = ""
    displaced: Sequence[Occasion] = ()


class PlannedAct(Protocol):
    """Does something that changes a plan, or shows only what it would change."""

    async def __call__(self, *, dry_run: bool = False, confirmed: str | None = None) -> Foreseen: ...


@dataclass(frozen=True, slots=True)
class Confirming:
    """What is confirmed. `what`: in words; `sent`: the fields of the form that asks for it; `done`: key of the result.

    `again`: shows the form once more, with mistakes.
    """

    what: str
    act: str
    sent: Mapping[str, str]
    done: str
    work: PlannedAct
    again: Callable[[Mapping[str, str], int], Awaitable[Response]]


class PersonGuard:
    """Lets requests in that are about a person whom somebody may see, and renders the answers."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self.guard, self.pages = guard, pages

    def at(self, act: Act, page: PersonEndpoint, *, fresh: bool = False) -> Endpoint:
        """Wrap a page whose path has `{study}` and `{code}`; a person at another site looks as if there were none.

        `fresh`: as for `TeamGuard.of_study`.
        """

        async def answer(request: Request, visit: StudyVisit) -> Response:
            async with visit.rt.database.transaction() as tx:
                person = await find_person(tx, visit.study, str(request.path_params["code"]), visit.sites)
            acts = acts_at(visit.who.grants, visit.study, person.site)
            return await page(request, AtPerson(visit, person, acts))

        return self.guard.of_study(act, answer, fresh=fresh)

    def show(
        self, template: str, at: AtPerson, *, status: int = 200, mistakes: Mapping[str, str] = NO_MISTAKES,
        **content: object,
    ) -> Response:  # fmt: skip
        """Render a page about a person. `here` is the address of their page, `may` the names of the acts allowed."""
        times = Moments(ZoneInfo(at.person.zone), at.rt.clock.now())
        shown = {"code": at.code, "here": self.guard.prefix + at.path, "may": {act.name for act in at.acts}}
        return self.pages.of_study(
            f"person/{template}", at.visit, "people", status=status, mistakes=mistakes, person=at.person, times=times,
            **{"sent": {}, **shown, **content},
        )  # fmt: skip

    def done(self, at: AtPerson, key: str) -> Response:
        """Lead back to the person's page, which says what was done."""
        return self.guard.go(f"{at.path}?done={key}")

    async def plan(self, request: Request, at: AtPerson, asked: Confirming) -> Response:
        """Show what an act would change, and do it when exactly that is confirmed."""
        fields = await fields_of(request)
        confirmed = fields.get(CONFIRMED, "")
        try:
            foreseen = await asked.work(dry_run=True)
            if not confirmed:
                return self._foreseen(at, asked, foreseen)
            if foreseen.ends and fields.get(WORD, "").strip() != at.code:
                return self._foreseen(at, asked, foreseen, {WORD: f"Type {at.code} to confirm this."}, 422)
            await asked.work(confirmed=confirmed)
        except Outdated as error:
            return self._foreseen(at, asked, await asked.work(dry_run=True), {FORM: sentence(error)}, 409)
        except (BadInput, Conflict, NotFound) as error:
            return await asked.again(mistakes_of(error), error.http_status)
        return self.done(at, asked.done)

    def _foreseen(
        self, at: AtPerson, asked: Confirming, foreseen: Foreseen, mistakes: Mapping[str, str] = NO_MISTAKES,
        status: int = 200,
    ) -> Response:  # fmt: skip
        changes = sorted(rows(foreseen.diff, kept=False), key=lambda row: row.due_at)
        now = at.rt.clock.now()
        return self.show(
            "confirm.html", at, status=status, mistakes=mistakes, what=asked.what, act=asked.act, changes=changes,
            totals=foreseen.diff.totals, foreseen=foreseen, confirmed=fingerprint(foreseen.diff, now),
            hidden={name: value for name, value in asked.sent.items() if name not in (CSRF, CONFIRMED, WORD)},
        )  # fmt: skip


def mistakes_of(error: ProCollectorError) -> dict[str, str]:
    """What was wrong, by field of a form; a mistake of no known field belongs to the form."""
    if not isinstance(error, BadInput):
        return {FORM: sentence(error)}
    return {_field(problem): _capital(problem.message) for problem in reversed(error.problems)}


def day_of_field(fields: Mapping[str, str], name: str) -> date | None:
    """The day in a field of a form; None if it is empty. Raises BadInput."""
    text = fields.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput([Problem("", None, name, "expected a date as YYYY-MM-DD")]) from None
    if not EARLIEST <= day.year <= LATEST:
        raise BadInput([Problem("", None, name, f"expected a year from {EARLIEST} to {LATEST}")])
    return day


def sentence(error: ProCollectorError) -> str:
    """An error as a sentence for a page."""
    return f"{_capital(str(error))}."


def _field(problem: Problem) -> str:
    for place in (problem.where, problem.file):
        name = place.removeprefix("--").replace("-", "_")
        if name:
            return name
    return FORM


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
