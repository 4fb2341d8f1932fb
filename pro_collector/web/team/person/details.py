"""The page to correct what is stored of a person besides addresses: language, hours, arm, site and the like."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.change_person import FIELDS, NICKNAME, change, change_nickname
from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.acts import Act
from pro_collector.domain.study.definition import Study
from pro_collector.errors import BadInput
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.web.request import fields_of
from pro_collector.web.team.days import DAYS
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

_TITLES = {
    "language": "Language",
    "birth_date": "Date of birth",
    "sex": "Sex",
    "arm": "Arm",
    "site": "Site",
    "enrolled_on": "Day of enrolment",
    "preferred_time": "Preferred time of day",
    "preferred_day": "Preferred day of the week",
    "quiet": "Own quiet hours",
    "consent_version": "Version of the consent",
    "caregiver_language": "Language of the caregiver",
    "caregiver_goes_on": "The caregiver goes on",
    NICKNAME: "Nickname in messages",
}
_HINTS = {
    "quiet": "Hours without messages besides those of the study: 21:00-08:00, several with commas between.",
    NICKNAME: "What messages call them where several people share an address. It is never shown here.",
    "preferred_time": "Empty: the time of the study.",
    "preferred_day": "For the assessments that the study asks on a day of their own.",
    "consent_version": "Of the text that they agreed to.",
    "caregiver_goes_on": "After a withdrawal: the day from which the caregiver is still asked about themselves.",
}
_TYPES: Mapping[str, Literal["date", "time"]] = {
    "birth_date": "date", "enrolled_on": "date", "caregiver_goes_on": "date", "preferred_time": "time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detail:
    """Something stored of a person. `choices`: (value, title) of the values that the study knows; empty: any text."""

    name: str
    title: str
    value: str
    hint: str
    type: Literal["text", "date", "time"]
    choices: Sequence[tuple[str, str]]


class DetailActs:
    """Corrects one detail at a time."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard = PersonGuard(guard, pages)

    def routes(self) -> Iterable[Route]:
        """The form and what it sends."""
        path = "/team/study/{study}/people/{code}/details"
        yield path, "GET", self._guard.at(Act.change_people, self.ask)
        yield path, "POST", self._guard.at(Act.change_people, self.change)

    async def ask(self, request: Request, at: AtPerson) -> Response:
        """Show every detail, or the form of the one that the query names."""
        return await self._form(at, dict(request.query_params))

    async def change(self, request: Request, at: AtPerson) -> Response:
        """Show what a new value changes in the plan, and store it when that is confirmed."""
        fields = await fields_of(request)
        field, value, reason = (
            fields.get("field", ""),
            fields.get("value", "").strip(),
            fields.get("reason", "").strip(),
        )
        if field not in _TITLES:
            return await self._form(at, {}, {"form": "Choose what to change."}, 422)
        if field == "site" and (value or None) not in at.visit.sites:
            return await self._form(at, fields, {"value": "Choose a site at which you may change people."}, 422)
        try:
            day_of_field(fields, "value" if _TYPES.get(field) == "date" else "")
        except BadInput as error:
            return await self._form(at, fields, mistakes_of(error), 422)
        if field == NICKNAME:
            return await self._rename(at, fields, value, reason)

        async def again(mistakes: Mapping[str, str], status: int) -> Response:
            return await self._form(at, fields, {"value" if k == field else k: v for k, v in mistakes.items()}, status)

        what = f"{_TITLES[field]}: {_stored(at.person, field) or 'nothing'} → {value or 'nothing'}"
        asked = Confirming(what, "details", fields, "details", self._work(at, field, value, reason), again)
        return await self._guard.plan(request, at, asked)

    async def _rename(self, at: AtPerson, fields: Mapping[str, str], nickname: str, reason: str) -> Response:
        try:
            await change_nickname(at.does, at.code, nickname, by=at.by, reason=reason, study=at.study)
        except BadInput as error:
            return await self._form(at, {**fields, "value": ""}, {"value": mistakes_of(error).popitem()[1]}, 422)
        return self._guard.done(at, "details")

    def _work(self, at: AtPerson, field: str, value: str, reason: str) -> PlannedAct:
        async def work(*, dry_run: bool = False, confirmed: str | None = None) -> Foreseen:
            return Foreseen(
                await change(
                    at.does, at.code, field, value, by=at.by, reason=reason, study=at.study, dry_run=dry_run,
                    confirmed=confirmed,
                )
            )  # fmt: skip

        return work

    async def _form(
        self, at: AtPerson, sent: Mapping[str, str], mistakes: Mapping[str, str] = NO_MISTAKES, status: int = 200
    ) -> Response:
        async with at.rt.database.transaction() as tx:
            study = (await at.rt.studies.get(tx, at.study, at.person.study_version)).study
        offered = [field for field in FIELDS if study.of_caregivers or not field.startswith("caregiver_")]
        details = [_detail(study, at, field) for field in (*offered, NICKNAME)]
        chosen = next((each for each in details if each.name == sent.get("field")), None)
        return self._guard.show(
            "details.html", at, status=status, mistakes=mistakes, sent=sent, details=details, chosen=chosen
        )


def _detail(study: Study, at: AtPerson, field: str) -> Detail:
    return Detail(
        field, _TITLES[field], _stored(at.person, field), _HINTS.get(field, ""), _TYPES.get(field, "text"),
        _choices(study, at, field),
    )  # fmt: skip


def _stored(person: ParticipantRow, field: str) -> str:
    if field == NICKNAME:
        return ""
    value = getattr(person, field)
    return "" if value is None else f"{value:%H:%M}" if field == "preferred_time" else str(value)


def _choices(study: Study, at: AtPerson, field: str) -> list[tuple[str, str]]:
    match field:
        case "language":
            return [(each, each) for each in study.languages]
        case "caregiver_language":
            return [("", "the patient’s"), *((each, each) for each in study.languages)]
        case "arm":
            return [("", "none"), *((name, spoken(arm.label)) for name, arm in study.arms.items())]
        case "site":
            none = [("", "none")] if None in at.visit.sites else []
            return [*none, *((name, spoken(s.label)) for name, s in study.sites.items() if name in at.visit.sites)]
        case "preferred_day":
            return [("", "none"), *DAYS.items()]
        case "consent_version":
            return [("", "none"), *((version, version) for version in study.consent)]
        case _:
            return []
