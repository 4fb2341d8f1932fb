"""The page of what each reporter agreed to: to record a consent, or its withdrawal."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.standing import day_of
from pro_collector.commands.record_consent import give_consent, read_covers, withdraw_consent
from pro_collector.commands.write_to import read_reporter
from pro_collector.domain.account.acts import Act
from pro_collector.errors import BadInput
from pro_collector.postgres.tables import consents
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

_PATH = "/team/study/{study}/people/{code}/consents"
REPORTERS: Mapping[str, str] = {
    "self": "The patient", "proxy": "The proxy", "caregiver": "The caregiver, about themselves",
}  # fmt: skip
"""Who agrees to be asked, as the pages of a person name them."""
COVERS = {
    "participation": "Questions while the patient takes part",
    "exit": "Questions after leaving the study",
    "bereavement": "Questions after the patient’s death",
}


class ConsentActs:
    """Shows and records consents; what that changes in the plan is shown first."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard = PersonGuard(guard, pages)

    def routes(self) -> Iterable[Route]:
        """The page, and what its form sends."""
        yield _PATH, "GET", self._guard.at(Act.change_people, self.ask)
        yield _PATH, "POST", self._guard.at(Act.change_people, self.record)

    async def ask(self, request: Request, at: AtPerson) -> Response:
        """Show what is recorded, and the form; the query may fill it in."""
        return await self._form(at, dict(request.query_params))

    async def record(self, request: Request, at: AtPerson) -> Response:
        """Show what a consent or its withdrawal changes, and record it when that is confirmed."""
        fields = await fields_of(request)
        try:
            work = self._work(at, fields)
        except BadInput as error:
            return await self._form(at, fields, mistakes_of(error), 422)

        async def again(mistakes: Mapping[str, str], status: int) -> Response:
            return await self._form(at, fields, mistakes, status)

        what = "Consent withdrawn" if fields.get("withdraw") else "Consent given"
        told = f"{what}: {REPORTERS[fields['reporter']]}, {COVERS[fields['covers']]}"
        return await self._guard.plan(request, at, Confirming(told, "consents", fields, "consent", work, again))

    def _work(self, at: AtPerson, fields: Mapping[str, str]) -> PlannedAct:
        """Read the form. Raises BadInput."""
        reporter, covers = read_reporter(fields.get("reporter", "")) or "self", read_covers(fields.get("covers", ""))
        on, reason = day_of_field(fields, "on"), fields.get("reason", "").strip()

        async def work(*, dry_run: bool = False, confirmed: str | None = None) -> Foreseen:
            if not fields.get("withdraw"):
                diff = await give_consent(
                    at.does, at.code, reporter, covers, on, by=at.by, reason=reason, study=at.study, dry_run=dry_run,
                    confirmed=confirmed,
                )  # fmt: skip
                return Foreseen(diff)
            diff = await withdraw_consent(
                at.does, at.code, reporter, covers, on, by=at.by, reason=reason, study=at.study, dry_run=dry_run,
                exclude_data=bool(fields.get("exclude_data")), confirmed=confirmed,
            )  # fmt: skip
            return Foreseen(diff)

        return work

    async def _form(
        self, at: AtPerson, sent: Mapping[str, str], mistakes: Mapping[str, str] = NO_MISTAKES, status: int = 200
    ) -> Response:
        async with at.rt.database.transaction() as tx:
            rows = (await consents.of_participants(tx, [at.person.id]))[at.person.id]
        return self._guard.show(
            "consents.html", at, status=status, mistakes=mistakes, sent=sent, rows=rows, reporters=REPORTERS,
            covers=COVERS, today=day_of(at.rt.clock.now(), at.person.zone),
        )  # fmt: skip
