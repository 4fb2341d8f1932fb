"""The page to record an event of a treatment, and to correct or retract one; it shows first what that changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework import planning
from pro_collector.commands.record_treatment import correct, record_event
from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.acts import Act
from pro_collector.domain.study.timeline import believed
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.postgres.tables import timelines
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
from scheduler.anchors import ENROLMENT


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the form asks for: an event `kind` on the day `on`, `at` a local time of day if it is known.

    `was`: the day that is corrected, or retracted.
    """

    kind: str
    was: date | None
    on: date | None
    at: time | None
    retract: bool
    reason: str

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "_Wanted":
        """Read the form. Raises BadInput."""
        wanted = cls(
            fields.get("kind", ""), day_of_field(fields, "was"), day_of_field(fields, "on"),
            _time_in(fields), bool(fields.get("retract")), fields.get("reason", "").strip(),
        )  # fmt: skip
        missing = [] if wanted.retract or wanted.on else [Problem("", None, "on", "say on which day")]
        if wanted.was and not wanted.reason:
            missing.append(Problem("", None, "reason", "say why: the record keeps the earlier day and the reason"))
        if missing:
            raise BadInput(missing)
        return wanted

    @property
    def words(self) -> str:
        """What is to be done, in words."""
        at = f" at {self.at:%H:%M}" if self.at else ""
        if self.was is None:
            return f"Record {self.kind} on {self.on}{at}"
        right = f"Correct {self.kind}: {self.was} → {self.on}{at}"
        return f"Retract {self.kind} of {self.was}" if self.retract else right


class TreatmentActs:
    """Records, corrects and retracts events of a treatment."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard = PersonGuard(guard, pages)

    def routes(self) -> Iterable[Route]:
        """The form and what it sends."""
        path = "/team/study/{study}/people/{code}/treatment"
        yield path, "GET", self._guard.at(Act.record_treatment, self.ask)
        yield path, "POST", self._guard.at(Act.record_treatment, self.record)

    async def ask(self, request: Request, at: AtPerson) -> Response:
        """Show the form; with `kind` and `was` in the query, for that event."""
        return await self._form(at, dict(request.query_params), NO_MISTAKES)

    async def record(self, request: Request, at: AtPerson) -> Response:
        """Show what the event changes, and record it when that is confirmed."""
        fields = await fields_of(request)
        try:
            wanted = _Wanted.of(fields)
        except BadInput as error:
            return await self._form(at, fields, mistakes_of(error), 422)

        async def again(mistakes: Mapping[str, str], status: int) -> Response:
            return await self._form(at, fields, mistakes, status)

        asked = Confirming(wanted.words, "treatment", fields, "treatment", self._work(at, wanted), again)
        return await self._guard.plan(request, at, asked)

    def _work(self, at: AtPerson, wanted: _Wanted) -> PlannedAct:
        async def work(*, dry_run: bool = False, confirmed: str | None = None) -> Foreseen:
            if wanted.was is not None:
                done = await correct(
                    at.does, at.code, wanted.kind, wanted.was, None if wanted.retract else wanted.on, by=at.by,
                    at=wanted.at, reason=wanted.reason, study=at.study, dry_run=dry_run, confirmed=confirmed,
                )  # fmt: skip
            else:
                done = await record_event(
                    at.does, at.code, wanted.kind, wanted.on or date.min, by=at.by, study=at.study,
                    at=wanted.at, reason=wanted.reason, dry_run=dry_run, confirmed=confirmed,
                )  # fmt: skip
            return Foreseen(done.diff, done.ends, done.doubt or "", done.displaced)

        return work

    async def _form(
        self, at: AtPerson, sent: Mapping[str, str], mistakes: Mapping[str, str], status: int = 200
    ) -> Response:
        async with at.rt.database.transaction() as tx:
            version = await at.rt.studies.get(tx, at.study, at.person.study_version)
            history = (await timelines.history(tx, [at.person.id]))[at.person.id]
        kinds = {name: spoken(kind.label) for name, kind in version.study.timeline.items() if name != ENROLMENT}
        standing = believed([planning.to_fact(row) for row in history])
        kind, was = sent.get("kind", ""), sent.get("was", "")
        if was and kind not in kinds:
            raise NotFound("no such event")
        return self._guard.show(
            "treatment.html", at, status=status, mistakes=mistakes, kinds=kinds, sent=sent, was=was, kind=kind,
            standing=[event for event in standing if event.kind != ENROLMENT],
        )  # fmt: skip


def _time_in(fields: Mapping[str, str]) -> time | None:
    """The time of day in the form; None if it is empty. Raises BadInput."""
    text = fields.get("at", "").strip()
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        raise BadInput([Problem("", None, "at", "expected a time of day as HH:MM")]) from None
