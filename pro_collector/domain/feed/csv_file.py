"""Reads a CSV file of treatment events as records of a feed; every mistake is reported with its line and column."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pro_collector.domain.feed.record import Specimen, TreatmentRecord, record_id
from pro_collector.domain.near import did_you_mean
from pro_collector.errors import Problem

_PLAIN = r"^[^\s=+@\-\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
"""What neither a terminal nor a spreadsheet takes for a command."""
Plain = Annotated[str, Field(max_length=200, pattern=_PLAIN)]


def _empty(value: object) -> object:
    return None if value == "" else value


def _yes(value: object) -> bool:
    word = str(value or "").casefold()
    if word not in ("", "0", "no", "false", "1", "yes", "true", "x"):
        raise ValueError("expected yes or nothing")
    return word in ("1", "yes", "true", "x")


class CsvTreatment(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    code: str = Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    event: str = Field(min_length=1, max_length=60, pattern=r"^[a-z][a-z0-9_]*$")
    on: Annotated[date | None, BeforeValidator(_empty)] = None
    id: Annotated[Plain | None, BeforeValidator(_empty)] = None
    cycle: Annotated[Annotated[int, Field(ge=1, le=1000)] | None, BeforeValidator(_empty)] = None
    dose: Annotated[Plain | None, BeforeValidator(_empty)] = None
    specimen: Annotated[Plain | None, BeforeValidator(_empty)] = None
    specimen_kind: Annotated[Plain | None, BeforeValidator(_empty)] = None
    specimen_system: Annotated[Plain | None, BeforeValidator(_empty)] = None
    changed_at: Annotated[datetime | None, BeforeValidator(_empty)] = None
    deleted: Annotated[bool, BeforeValidator(_yes)] = False

    def source_id(self, repeating: bool) -> str:
        """The id of the record: its own, else made of what stays when its date is corrected."""
        if self.id:
            return self.id
        which = [str(self.cycle)] if self.cycle else [str(self.on)] if repeating else []
        return "/".join([self.code, self.event, *which])


COLUMNS = tuple(CsvTreatment.model_fields)
NEEDED = ("code", "event", "on")


@dataclass(slots=True)
class ReadRows:
    """The records of a file, the line of each, and every mistake of the other lines."""

    records: list[TreatmentRecord] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_treatment_csv(
    text: str, file: str, *, study: str, feed: str, repeating: Collection[str], now: datetime
) -> ReadRows:
    """The records of a CSV file. A line without `changed_at` is as new as `now`; without a zone, it is in UTC."""
    text = text.removeprefix("\ufeff")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)  # some spreadsheets write semicolons or tabs
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    read = ReadRows()
    try:
        read.problems += _header(reader.fieldnames or [], file)
        rows = [(reader.line_num, row) for row in reader if any(row.values())]
    except csv.Error as error:
        return ReadRows(problems=[Problem(file, reader.line_num + 1, "", f"not readable as CSV: {error}")])
    for line, row in [] if read.problems else rows:
        problems = [Problem(file, line, *each) for each in _mistakes(row)]
        if problems:
            read.problems += problems
            continue
        record = _record(CsvTreatment.model_validate(row), study, feed, repeating, now)
        if any((each.id, each.changed_at) == (record.id, record.changed_at) for each in read.records):
            read.problems.append(Problem(file, line, "id", f"{record.source_id} is on an earlier line too"))
        read.records.append(record)
        read.lines.append(line)
    return read


def _header(names: Sequence[str], file: str) -> list[Problem]:
    twice = [(name, "this column is here twice") for name in dict.fromkeys(names) if list(names).count(name) > 1]
    strange = [
        (name, f"this column is not known{did_you_mean(name, COLUMNS)}") for name in names if name not in COLUMNS
    ]
    missing = [(name, "this column is required and missing") for name in NEEDED if name not in names]
    return [Problem(file, 1, name, message) for name, message in strange + twice + missing]


def _mistakes(row: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """The mistakes of a line: column and message."""
    if None in row or None in row.values():
        yield "", "this row does not have as many fields as the header"
        return
    try:
        if CsvTreatment.model_validate(row).on is None and _yes(row.get("deleted")) is False:
            yield "on", "expected a date as year-month-day; a record that was deleted needs a column `deleted`: yes"
    except ValidationError as error:
        for item in error.errors():
            yield ".".join(map(str, item["loc"])), _message(item)


def _message(mistake: Mapping[str, Any]) -> str:
    kind, column = mistake["type"], mistake["loc"][:1]
    if kind.startswith("date_") or kind == "date_type":
        return f"expected a date as year-month-day: 2027-03-31, not {mistake['input']!r}"
    if kind.startswith("datetime"):
        return f"expected an instant: 2027-03-31T14:05:00Z, not {mistake['input']!r}"
    if column == ("code",) and kind.startswith("string"):
        return "expected letters, digits, `.`, `_` and `-`, at most 40, beginning with a letter or digit; never a name"
    if column == ("event",) and kind.startswith("string"):
        return f"expected an event of the study, such as surgery, not {mistake['input']!r}"
    if kind == "string_pattern_mismatch":
        return "expected plain text that does not begin with = + - or @: a spreadsheet would compute it"
    return str(mistake["msg"]).removeprefix("Value error, ")


def _record(row: CsvTreatment, study: str, feed: str, repeating: Collection[str], now: datetime) -> TreatmentRecord:
    source_id = row.source_id(row.event in repeating)
    changed = row.changed_at or now
    specimen = Specimen(row.specimen, row.specimen_kind or "", row.specimen_system or "") if row.specimen else None
    return TreatmentRecord(
        id=record_id(study, feed, source_id), source_id=source_id, code=row.code, kind=row.event, on=row.on,
        changed_at=changed if changed.tzinfo else changed.replace(tzinfo=UTC), deleted=row.deleted, cycle=row.cycle,
        dose=row.dose or "", specimen=specimen,
    )  # fmt: skip
