"""The pages to record a state of a person, such as a stay in hospital, to retract one, and to end participation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.standing import day_of
from pro_collector.commands.record_state import KINDS, record_state, retract_state
from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.acts import Act
from pro_collector.errors import BadInput
from pro_collector.postgres.tables import participants
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.person.acting import (
    AtPerson,
    Confirming,
    Foreseen,
    PersonGuard,
    PlannedAct,
    Route,
    day_of_field,
    mistakes_of,
)
from pro_collector.web.team.state_words import STATE_WORDS
from scheduler.person import ENDING

_PATH = "/team/study/{study}/people/{code}"


@dataclass(frozen=True, slots=True)
class _WantedState:
    """What the form asks for: a state from `since` until the day before `until`; or to retract it."""

    kind: str
    since: date | None
    until: date | None
    zone: str
    arm: str
    reason: str
    retract: bool
    no_further_contact: bool

    @classmethod
    def of(cls, fields: Mapping[str, str], today: date) -> "_WantedState":
        """Read the form; without a first day it is today. Raises BadInput."""
        return cls(
            fields.get("kind", ""), day_of_field(fields, "since") or today, day_of_field(fields, "until"),
            fields.get("zone", "").strip(), fields.get("arm", ""), fields.get("reason", "").strip(),
            bool(fields.get("retract")), bool(fields.get("no_further_contact")),
        )  # fmt: skip

    @property
    def words(self) -> str:
        """What is to be done, in words."""
        days = f"from {self.since}" + (f" until {self.until}" if self.until else "")
        where = f" ({self.zone or self.arm})" if self.zone or self.arm else ""
        return f"{'Retract: ' if self.retract else ''}{STATE_WORDS.get(self.kind, self.kind)}{where}, {days}"


class StateActs:
    """Records and retracts states; those that end participation have a page and a right of their own."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard = PersonGuard(guard, pages)

    def routes(self) -> Iterable[Route]:
        """The forms and what they send."""
        for act, right in (("state", Act.record_treatment), ("leave", Act.withdraw)):
            pages = _StatePages(self._guard, act)
            yield f"{_PATH}/{act}", "GET", self._guard.at(right, pages.ask)
            yield f"{_PATH}/{act}", "POST", self._guard.at(right, pages.record)


class _StatePages:
    """The form of one of the two pages, `state` or `leave`, with the states that it is for."""

    def __init__(self, guard: PersonGuard, act: str) -> None:
        self._guard, self._act = guard, act
        self._kinds = [kind for kind in KINDS if (kind in ENDING) == (act == "leave")]

    async def ask(self, request: Request, at: AtPerson) -> Response:
        """Show the form; the query may fill it in."""
        return await self._form(at, dict(request.query_params))

    async def record(self, request: Request, at: AtPerson) -> Response:
        """Show what the state changes, and record or retract it when that is confirmed."""
        fields = await fields_of(request)
        if fields.get("kind") not in self._kinds:
            return await self._form(at, fields, {"kind": "Choose one of these."}, 422)
        try:
            wanted = _WantedState.of(fields, day_of(at.rt.clock.now(), at.person.zone))
        except BadInput as error:
            return await self._form(at, fields, mistakes_of(error), 422)

        async def again(mistakes: Mapping[str, str], status: int) -> Response:
            return await self._form(at, fields, mistakes, status)

        sent = {**fields, "since": str(wanted.since)}  # so that midnight changes nothing
        asked = Confirming(wanted.words, self._act, sent, self._act, self._work(at, wanted), again)
        return await self._guard.plan(request, at, asked)

    def _work(self, at: AtPerson, wanted: _WantedState) -> PlannedAct:
        async def work(*, dry_run: bool = False, confirmed: str | None = None) -> Foreseen:
            if wanted.retract:
                diff = await retract_state(
                    at.does, at.code, wanted.kind, wanted.since, by=at.by, reason=wanted.reason, study=at.study,
                    dry_run=dry_run, confirmed=confirmed,
                )  # fmt: skip
                return Foreseen(diff)
            diff = await record_state(
                at.does, at.code, wanted.kind, wanted.since, wanted.until, by=at.by, zone=wanted.zone,
                arm=wanted.arm, reason=wanted.reason, study=at.study, dry_run=dry_run, confirmed=confirmed,
                no_further_contact=wanted.no_further_contact,
            )  # fmt: skip
            return Foreseen(diff, wanted.kind in ENDING)

        return work

    async def _form(
        self, at: AtPerson, sent: Mapping[str, str], mistakes: Mapping[str, str] = NO_MISTAKES, status: int = 200
    ) -> Response:
        async with at.rt.database.transaction() as tx:
            states = (await participants.states(tx, [at.person.id]))[at.person.id]
            study = (await at.rt.studies.get(tx, at.study, at.person.study_version)).study
        arms = {name: spoken(arm.label) for name, arm in study.arms.items()}
        offered = [kind for kind in self._kinds if arms or kind != "crossed_over"]
        kinds = {kind: STATE_WORDS.get(kind, kind) for kind in offered}
        return self._guard.show(
            "state.html", at, status=status, mistakes=mistakes, act=self._act, kinds=kinds, arms=arms, sent=sent,
            today=day_of(at.rt.clock.now(), at.person.zone),
            states=[row for row in states if row.kind in self._kinds],
        )  # fmt: skip
