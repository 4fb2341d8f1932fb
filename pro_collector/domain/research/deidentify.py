"""De-identifies rows of the research model for one bundle: pseudonyms, days or shifted dates, coarse traits. Pure.

Each id and each pseudonym is a keyed hash (HMAC-SHA256), so that the tables still join, repeated exports agree, and
nobody without the key gets back to the record, to Kafka or to FHIR. Shifted dates move by 1 to 52 whole weeks into the
past, the same for all dates of one participant; the day of the week stays. What is not decided yet is left out: an open
visit would tell on which day the bundle was made.
"""

import base64
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from pro_collector.domain.research.anonymity import Coarseness, age_band
from pro_collector.domain.research.sharing import ShareFile
from pro_collector.domain.research.tables import (
    TABLES,
    Column,
    ColumnKind,
    ParticipantOfStudy,
    PlannedVisit,
    ResearchRow,
    TimelineRecord,
)

WEEKS = 52
"""A date is moved by at most so many weeks."""
OTHER = "other"
"""The name of a kind of event that happened to too few participants."""
_DECIDED = frozenset({"completed", "partial", "missed", "cancelled"})
_TRAITS = frozenset({"site", "country", "sex", "language"})
_LEFT_OUT = frozenset({"consent_version", "believed", "retracted", "superseded_at"})
_DAYS: Mapping[ColumnKind, tuple[ColumnKind, str]] = {
    "date": ("integer", "day of the study; the day of enrolment is 1, and there is no day 0"),
    "instant": ("number", "days since the beginning of the day of enrolment (UTC), to 0.01"),
}
_SHIFTED = "moved by whole weeks, the same for all dates of one participant"


@dataclass(frozen=True, slots=True)
class SecretIds:
    """The keys of one project: for pseudonyms and for the shift of dates; 32 bytes each."""

    names: bytes
    dates: bytes

    def id(self, value: UUID) -> UUID:
        """The id that stands for an id."""
        return UUID(bytes=hmac.digest(self.names, b"id" + value.bytes, "sha256")[:16], version=4)

    def pseudonym(self, participant: UUID) -> str:
        """The pseudonym of a participant: 16 letters and digits, 80 bits."""
        return base64.b32encode(hmac.digest(self.names, b"person" + participant.bytes, "sha256")[:10]).decode()

    def shift(self, participant: UUID) -> timedelta:
        """How far the dates of a participant are moved."""
        drawn = int.from_bytes(hmac.digest(self.dates, participant.bytes, "sha256")[:8], "big")
        return -timedelta(weeks=1 + drawn % WEEKS)


def shared_columns(table: str, file: ShareFile) -> tuple[Column, ...]:
    """The columns of a table of a bundle."""
    return tuple(_column(each, file) for each in _kept(table, file))


def _kept(table: str, file: ShareFile) -> Iterable[Column]:
    hidden = _LEFT_OUT if file.specimens == "keep" else _LEFT_OUT | {"specimen_id", "specimen_kind", "specimen_system"}
    return (each for each in TABLES[table].columns if each.name not in hidden)


def _column(column: Column, file: ShareFile) -> Column:
    if column.name == "age_at_enrolment":
        return Column(column.name, "text", True, "band of the age at enrolment, in completed years")
    if column.name == "corrected_by":
        return replace(column, meaning="`team` if the answer was corrected after the end of the visit")
    if column.kind in _DAYS:
        kind, means = (column.kind, _SHIFTED) if file.dates == "shift" else _DAYS[column.kind]
        return replace(column, kind=kind, meaning=f"{column.meaning}; {means}")
    if column.kind == "id" or column.name == "participant_code":
        return replace(column, meaning=f"{column.meaning}; a keyed hash")
    return replace(column, optional=True) if column.name in _TRAITS else column


def is_shared(row: ResearchRow) -> bool:
    """Whether a row may be in a bundle: decided visits, and of the events what is believed."""
    if isinstance(row, PlannedVisit):
        return row.state in _DECIDED
    return not isinstance(row, TimelineRecord) or row.believed


class Deidentifier:
    """Turns rows into the cells of a bundle. `people`: those who are in it; `rare`: kinds of event of too few."""

    def __init__(
        self,
        file: ShareFile,
        level: Coarseness,
        ids: SecretIds,
        people: Iterable[ParticipantOfStudy],
        rare: Iterable[str],
    ) -> None:
        self._file, self._level, self._ids, self._rare = file, level, ids, frozenset(rare)
        self._first = {person.participant_id: person.enrolled_on for person in people}
        self._columns: dict[str, tuple[Column, ...]] = {}

    def holds(self, row: ResearchRow) -> bool:
        """Whether a row is of somebody in the bundle, and may be in it."""
        return row.participant_id in self._first and is_shared(row)

    def cells(self, table: str, row: ResearchRow) -> list[object]:
        """The cells of a row, in the order of `shared_columns`."""
        columns = self._columns.setdefault(table, tuple(_kept(table, self._file)))
        return [self._cell(each, getattr(row, each.name), row.participant_id) for each in columns]

    def _cell(self, column: Column, value: Any, person: UUID) -> object:
        if value is None:
            return None
        if change := _BY_NAME.get(column.name):
            return change(self, value, person)
        if change := _BY_KIND.get(column.kind):
            return change(self, value, person)
        return None if column.name in _TRAITS - self._level.kept else value

    def _code(self, _value: Any, person: UUID) -> object:
        return self._ids.pseudonym(person)

    def _id(self, value: Any, _person: UUID) -> object:
        return self._ids.id(value)

    def _age(self, value: Any, _person: UUID) -> object:
        return age_band(value, self._level.band)

    def _event(self, value: Any, _person: UUID) -> object:
        return OTHER if value in self._rare else value

    def _team(self, _value: Any, _person: UUID) -> object:
        return "team"

    def _date(self, value: Any, person: UUID) -> object:
        if self._file.dates == "shift":
            return value + self._ids.shift(person)
        days: int = (value - self._first[person]).days
        return days + 1 if days >= 0 else days

    def _instant(self, value: Any, person: UUID) -> object:
        if self._file.dates == "shift":
            return (value + self._ids.shift(person)).astimezone(UTC)
        return round((value - _midnight(self._first[person])) / timedelta(days=1), 2)


_Change = Callable[[Deidentifier, Any, UUID], object]
_BY_NAME: Mapping[str, _Change] = {
    "participant_code": Deidentifier._code,
    "age_at_enrolment": Deidentifier._age,
    "corrected_by": Deidentifier._team,
    "kind": Deidentifier._event,
    "anchor": Deidentifier._event,
}
_BY_KIND: Mapping[ColumnKind, _Change] = {
    "id": Deidentifier._id,
    "date": Deidentifier._date,
    "instant": Deidentifier._instant,
}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
