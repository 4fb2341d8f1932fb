"""Enrol participants, one or a CSV file of them: addresses go to the vault, the other data to the record."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.permission import ALL_SITES, Sites
from pro_collector.domain.events import ParticipantEnrolled, derived_id
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study import quiet_hours
from pro_collector.domain.study.birth_date import by_age
from pro_collector.domain.study.caregiver_address import NOT_ASKED, both_use, why_refused
from pro_collector.domain.study.consent import newest
from pro_collector.domain.study.definition import Study
from pro_collector.errors import BadInput, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import (
    consents,
    contacts,
    data_keys,
    nicknames,
    opt_outs,
    outbox,
    participants,
    studies,
)
from pro_collector.postgres.tables.consents import ConsentRow
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.participants import ChangeRow, ParticipantRow
from pro_collector.runtime import Runtime
from pro_collector.vault import nickname_row, row_name
from scheduler.calendar import also_quiet
from scheduler.rules import Channel, Reporter
from scheduler.weekdays import DayName

ADDRESSES: Mapping[str, tuple[Reporter, Channel]] = {
    "phone": ("self", "sms"),
    "email": ("self", "email"),
    "proxy_phone": ("proxy", "sms"),
    "proxy_email": ("proxy", "email"),
    "caregiver_phone": ("caregiver", "sms"),
    "caregiver_email": ("caregiver", "email"),
}
"""The columns with addresses: the reporter and the channel of each."""
_OF_CAREGIVER = (
    "caregiver_phone", "caregiver_email", "caregiver_language", "caregiver_consented_on", "caregiver_goes_on",
)  # fmt: skip


def _phone(value: object) -> object:
    if value in (None, ""):
        return None
    try:
        number = phonenumbers.parse(str(value), None)
    except phonenumbers.NumberParseException:
        raise ValueError("expected a phone number with its country code, such as +12025550123") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError("this phone number is too long or too short for its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _empty(value: object) -> object:
    return None if value == "" else value


def _quiet(value: object) -> object:
    return quiet_hours.written(quiet_hours.parse(str(value))) if value not in (None, "") else None


Phone = Annotated[str | None, BeforeValidator(_phone)]
Email = Annotated[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None, BeforeValidator(_empty)]
Nickname = Annotated[
    Annotated[str, Field(max_length=20, pattern=r"^[^\W\d_][^\n{}<>@/]*$")] | None, BeforeValidator(_empty)
]
"""What messages call a participant where several people share an address: a name that the family chose."""
Optional = Annotated[str | None, BeforeValidator(_empty)]


class Enrolment(BaseModel):
    """One person, from a CSV row or an API call."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    code: str = Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    zone: str
    language: str
    enrolled_on: date
    birth_date: Annotated[date | None, BeforeValidator(_empty)] = None
    sex: Optional = None
    arm: Optional = None
    site: Optional = None
    phone: Phone = None
    email: Email = None
    proxy_phone: Phone = None
    proxy_email: Email = None
    caregiver_phone: Phone = None
    caregiver_email: Email = None
    caregiver_language: Optional = None
    caregiver_consented_on: Annotated[date | None, BeforeValidator(_empty)] = None
    preferred_time: Annotated[time | None, BeforeValidator(_empty)] = None
    preferred_day: Annotated[DayName | None, BeforeValidator(_empty)] = None
    quiet: Annotated[str | None, BeforeValidator(_quiet)] = None
    nickname: Nickname = None
    consent_version: Optional = None

    @model_validator(mode="after")
    def _reachable(self) -> "Enrolment":
        if not any(getattr(self, column) for column in ADDRESSES):
            raise ValueError(f"give at least one of {', '.join(ADDRESSES)}: nobody could be asked")
        return self

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """The addresses that are given, each with its column."""
        return [(column, address) for column in ADDRESSES if (address := getattr(self, column))]


def read_value(column: str, value: str) -> Any:
    """Parse one value by the rules of its CSV column. Raises BadInput."""
    try:
        return TypeAdapter(Enrolment.model_fields[column].rebuild_annotation()).validate_python(value.strip())
    except ValidationError as error:
        raise BadInput([Problem("", None, column, _message(item)) for item in error.errors()]) from error


def read_csv(
    text: str,
    file: str,
    study: Study,
    enrolled: Collection[str] = (),
    may_enrol_at: Sites = ALL_SITES,
) -> tuple[list[Enrolment], list[Problem]]:
    """The valid rows of a CSV file, and every mistake of the others with its line; empty rows are skipped.

    `may_enrol_at`: the sites at which whoever brings the file may enrol people.
    """
    text = text.removeprefix("\ufeff")
    reader = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text.partition("\n")[0]))
    try:
        problems = _header(reader.fieldnames or [], file)
        rows = [(reader.line_num, row) for row in reader if any(row.values())]
    except csv.Error as error:
        return [], [Problem(file, reader.line_num + 1, "", f"not readable as CSV: {error}")]
    if problems:
        return [], problems
    good: dict[str, Enrolment] = {}
    for line, row in rows:
        person, mistakes = read_row(row, file, line, study, enrolled, may_enrol_at)
        if person is not None and person.code in good:
            mistakes.append(Problem(file, line, "code", f"{person.code} is on an earlier line too"))
        if person is not None and not mistakes:
            good[person.code] = person
        problems += mistakes
    return list(good.values()), problems


def read_row(
    row: dict[str, Any], file: str, line: int | None, study: Study, enrolled: Collection[str] = (),
    may_enrol_at: Sites = ALL_SITES,
) -> tuple[Enrolment | None, list[Problem]]:  # fmt: skip
    """One person from the columns of a file or the fields of a form, and every mistake; None if it cannot be read."""
    mistakes = [*study_problems(row, study, file, line), *_missing(row, study, file, line)]
    try:
        person = _row(row, file, line)
    except BadInput as error:
        return None, mistakes + error.problems
    if person.code in enrolled:
        mistakes.append(Problem(file, line, "code", f"{person.code} is enrolled already"))
    if person.site not in may_enrol_at:
        mistakes.append(Problem(file, line, "site", "you may not enrol at this site"))
    both = both_use((address.casefold(), ADDRESSES[column][0]) for column, address in person.addresses)
    shared = [column for column, address in person.addresses if address.casefold() in both]
    mistakes += [Problem(file, line, column, why_refused(ADDRESSES[column][0])) for column in shared]
    return person, mistakes


def _delimiter(header: str) -> str:
    """The delimiter of a CSV header: some spreadsheets write semicolons or tabs instead of commas."""
    return max(",;\t", key=header.count)


def _header(names: Sequence[str], file: str) -> list[Problem]:
    known = list(Enrolment.model_fields)
    twice = [(name, "this column is here twice") for name in dict.fromkeys(names) if list(names).count(name) > 1]
    required = [name for name, field in Enrolment.model_fields.items() if field.is_required()]
    strange = [(name, f"this column is not known{did_you_mean(name, known)}") for name in names if name not in known]
    missing = [(name, "this column is required and missing") for name in required if name not in names]
    return [Problem(file, 1, name, message) for name, message in strange + twice + missing]


def _row(row: dict[str, Any], file: str, line: int | None) -> Enrolment:
    if None in row or None in row.values():
        raise BadInput([Problem(file, line, "", "this row does not have as many fields as the header")])
    try:
        return Enrolment.model_validate(row)
    except ValidationError as error:
        raise BadInput(
            [Problem(file, line, ".".join(map(str, item["loc"])), _message(item)) for item in error.errors()]
        ) from error


def _message(mistake: Mapping[str, Any]) -> str:
    kind = mistake["type"]
    if kind.startswith("date"):
        return f"expected a date as year-month-day: 2027-03-31, not {mistake['input']!r}"
    if kind.startswith("time"):
        return f"expected a time of day: 09:30, not {mistake['input']!r}"
    if mistake["loc"] == ("code",) and kind.startswith("string"):
        return "expected letters, digits, `.`, `_` and `-`, at most 40, beginning with a letter or digit; never a name"
    if kind == "string_pattern_mismatch":
        return "expected an address such as name@example.org"
    return str(mistake["msg"]).removeprefix("Value error, ")


def study_problems(row: Mapping[str, Any], study: Study, file: str, line: int | None) -> Iterator[Problem]:
    """The values of a row that the study does not allow, as problems."""
    choices: dict[str, Collection[str]] = {"language": study.languages, "arm": study.arms, "site": study.sites}
    choices |= {"caregiver_language": study.languages, "consent_version": study.consent}
    for column, known in choices.items():
        value = (row.get(column) or "").strip()
        if value and value not in known:
            near = did_you_mean(value, known) or "; it has none"
            yield Problem(file, line, column, f"{value!r} is not in the study{near}")
    zone = (row.get("zone") or "").strip()
    if zone not in available_timezones():
        near = did_you_mean(zone, available_timezones())
        yield Problem(file, line, "zone", f"{zone!r} is not an IANA time zone such as Europe/Madrid{near}")
    for column in () if study.of_caregivers else _OF_CAREGIVER:
        if str(row.get(column) or "").strip():
            yield Problem(file, line, column, NOT_ASKED)
    if _always_quiet(row.get("quiet"), study):
        yield Problem(file, line, "quiet", "together with the quiet hours of the study it covers the whole day")


def _missing(row: Mapping[str, Any], study: Study, file: str, line: int | None) -> Iterator[Problem]:
    """A problem for a participant without a language, a site or a birth date, where the study depends on it."""
    if "language" in row and not (row["language"] or "").strip():
        yield Problem(file, line, "language", "required: expected one of " + ", ".join(study.languages))
    if study.sites and not (row.get("site") or "").strip() and not study.emergency_anywhere:
        message = "required: the emergency number depends on it; expected one of "
        yield Problem(file, line, "site", message + ", ".join(study.sites))
    if not (row.get("birth_date") or "").strip() and (why := birth_date_needed(study, row)):
        yield Problem(file, line, "birth_date", why)


def birth_date_needed(study: Study, row: Mapping[str, Any]) -> str | None:
    """Why somebody with these values cannot do without a birth date; None if they can."""
    arm, site, language, sex = ((row.get(name) or "").strip() or None for name in ("arm", "site", "language", "sex"))
    names = by_age(study, arm=arm, site=site, language=language, sex=sex)
    titles = ", ".join(spoken(study.assessments[name].title) for name in names)
    return f"required: the age decides who answers, or whether it is asked: {titles}" if names else None


def _always_quiet(quiet: str | None, study: Study) -> bool:
    try:
        return bool(quiet) and also_quiet(study.rules().silence, quiet_hours.parse(quiet)).whole_day
    except ValueError:
        return False  # reported where the value is read


async def enrol(rt: Runtime, study_id: str, people: Sequence[Enrolment], *, file: str = "", by: str = "") -> list[UUID]:
    """Enrol people in the study version in force, all of them or none; return their ids in the same order.

    `by`: who of the team does it, for the record; empty for what is no person's work.

    Raises NotFound for an unknown study, BadInput with the codes that are enrolled already, and with the addresses that
    a caregiver would share with a patient or a proxy.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        await studies.lock(tx, study_id)
        current = await studies.current(tx, study_id)
        if current is None:
            known = [row.id for row in await studies.all_in_force(tx)]
            raise NotFound(f"no study {study_id!r} is applied here{did_you_mean(study_id, known)}")
        enrolled = await participants.enrolled(tx, study_id, [person.code for person in people])
        again = [person.code for person in people if person.code in enrolled]
        if again:
            raise BadInput([Problem(file or study_id, None, "code", f"{code} is enrolled already") for code in again])
        mistakes = await enrolment_mistakes(tx, rt, people, file or study_id)
        if mistakes:
            raise BadInput(mistakes)
        study = (await rt.studies.get(tx, study_id, current.version)).study
        rows = [participant_row(study_id, current.version, person, now, newest(study.consent)) for person in people]
        await participants.add(tx, rows)
        if by:
            await participants.add_changes(tx, [_enrolled_by(row, by, now) for row in rows])
        keys = await data_keys.of(tx, [str(row.id) for row in rows], rt.vault.new_key)
        await contacts.add(
            tx,
            [c for row, person in zip(rows, people, strict=True) for c in _contacts(rt, row.id, person, keys)],
        )
        for row, person in zip(rows, people, strict=True):
            if person.nickname:
                sealed = rt.vault.seal(person.nickname, nickname_row(row.id), keys[str(row.id)])
                await nicknames.put(tx, row.id, sealed)
        for row, person in zip(rows, people, strict=True):
            if agreed := caregiver_consent(row.id, person, by or "system", now):
                await consents.add(tx, agreed)
        await opt_outs.follow_addresses(tx, [row.id for row in rows], "system", now)
        await outbox.add(tx, [ParticipantEnrolled.of(row.id, now) for row in rows])
    return [row.id for row in rows]


def _enrolled_by(row: ParticipantRow, by: str, now: datetime) -> ChangeRow:
    return ChangeRow(derived_id("change", row.id, "enrolled", now), row.id, "enrolled", None, None, now, by, "")


def participant_row(
    study: str, version: str, person: Enrolment, now: datetime, consent: str | None = None
) -> ParticipantRow:
    """The stored row of a newly enrolled participant. `consent`: the version that people agree to now."""
    return ParticipantRow(
        # The id includes the instant: a person with the code of an erased one must not get the same id, and links.
        id=derived_id("participant", study, person.code, now),
        study=study,
        study_version=version,
        code=person.code,
        zone=person.zone,
        language=person.language,
        birth_date=person.birth_date,
        sex=person.sex,
        arm=person.arm,
        site=person.site,
        enrolled_on=person.enrolled_on,
        preferred_time=person.preferred_time,
        planned_until=None,
        quiet=person.quiet,
        consent_version=person.consent_version or consent,
        preferred_day=person.preferred_day,
        caregiver_language=person.caregiver_language,
    )


def caregiver_consent(participant: UUID, person: Enrolment, by: str, now: datetime) -> ConsentRow | None:
    """The consent of the caregiver that was given with the enrolment; None without one: then nothing is asked."""
    given = person.caregiver_consented_on
    if given is None:
        return None
    id = derived_id("consent", participant, "caregiver", "participation", now)
    return ConsentRow(id, participant, "caregiver", "participation", given, now, by, "with the enrolment")


def _consent_to_come(person: Enrolment, now: datetime, file: str) -> Iterator[Problem]:
    given = person.caregiver_consented_on
    if given is not None and given > now.astimezone(ZoneInfo(person.zone)).date():
        yield Problem(file, None, "caregiver_consented_on", f"{person.code}: {given} is a day to come")


async def enrolment_mistakes(tx: Tx, rt: Runtime, people: Sequence[Enrolment], file: str) -> list[Problem]:
    """What no row shows alone: an address that a caregiver and somebody else use, of all who are enrolled or to be.

    And a consent of a day to come.
    """
    given = [
        (person.code, column, rt.vault.lookup(address)) for person in people for column, address in person.addresses
    ]
    known = await contacts.whose(tx, [lookup for _, _, lookup in given])
    both = both_use([*known, *((lookup, ADDRESSES[column][0]) for _, column, lookup in given)])
    mistakes = [
        Problem(file, None, column, f"{code}: {why_refused(ADDRESSES[column][0])}")
        for code, column, lookup in given
        if lookup in both
    ]
    return mistakes + [mistake for person in people for mistake in _consent_to_come(person, rt.clock.now(), file)]


def _contacts(rt: Runtime, participant: UUID, person: Enrolment, keys: Mapping[str, bytes]) -> list[ContactRow]:
    key = keys[str(participant)]
    return [contact_row(rt, participant, column, address, key) for column, address in person.addresses]


def contact_row(rt: Runtime, participant: UUID, column: str, address: str, key: bytes) -> ContactRow:
    """The contact with the address of a column, sealed with the participant's `key`."""
    reporter, channel = ADDRESSES[column]
    return ContactRow(
        id=derived_id("contact", participant, reporter, channel),
        participant_id=participant,
        reporter=reporter,
        channel=channel,
        sealed=rt.vault.seal(address, row_name(participant, reporter, channel), key),
        lookup=rt.vault.lookup(address),
    )
