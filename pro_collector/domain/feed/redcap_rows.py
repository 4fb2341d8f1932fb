"""Reads the rows of a REDCap export, as its API documents them, as records of a feed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from urllib.parse import quote

from pro_collector.domain.feed.record import Specimen, TreatmentRecord, record_id
from pro_collector.domain.feed.redcap_mapping import RedcapEvent, RedcapMapping

Row = Mapping[str, str]
_DELETED = re.compile(r"^deleted? record(?: \([^)]*\))?\s+(?P<record>.+)$", re.IGNORECASE)


def records_of(rows: Sequence[Row], id_field: str, mapping: RedcapMapping, read_at: datetime) -> list[TreatmentRecord]:
    """The records in the rows of an export. REDCap gives no time of change: each version is as new as `read_at`.

    A record has one row for each event and each instance; in the other rows a field is blank, which says nothing. In
    its own row a blank date says that the event is not recorded (any more): a deletion.
    """
    codes = _codes(rows, id_field, mapping)
    found: dict[str, TreatmentRecord] = {}
    for row in rows:
        for kind, event in mapping.events.items():
            if event.in_event in (None, row.get("redcap_event_name", "")):
                record = _record(row, row[id_field], kind, event, mapping, codes, read_at)
                found[record.source_id] = record
    return list(found.values())


def _codes(rows: Iterable[Row], id_field: str, mapping: RedcapMapping) -> dict[str, str]:
    """The participant's code of each REDCap record; it stands in one of its rows."""
    field = mapping.redcap.code or id_field
    return {row[id_field]: row[field].strip() for row in rows if row.get(field, "").strip()}


def _record(
    row: Row, record: str, kind: str, event: RedcapEvent, mapping: RedcapMapping, codes: Mapping[str, str],
    read_at: datetime,
) -> TreatmentRecord:  # fmt: skip
    """What a row says about one kind of event."""
    source_id = source_id_of(record, row, event.date, kind)
    written, code = row.get(event.date, "").strip(), codes.get(record, "")
    on, unreadable = _date(written, event.date)
    number, not_number = _number(row, event)
    return TreatmentRecord(
        id=record_id(mapping.study, mapping.feed, source_id), source_id=source_id, code=code, kind=kind, on=on,
        changed_at=read_at, deleted=not written, cycle=number, dose=_plain(row, event.dose),
        specimen=_specimen(row, event),
        unreadable=unreadable or (not_number if written else "") or ("" if code or not written else "it has no code"),
    )  # fmt: skip


def source_id_of(record: str, row: Row, field: str, kind: str) -> str:
    """The id of what a field of a row says: REDCap's record, event, instrument, instance and field, and the kind."""
    columns = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
    return "/".join([quote(record, safe=""), *(row.get(column, "") for column in columns), field, kind])


def of_record(source_id: str, record: str) -> bool:
    """Whether an id is that of a field of this REDCap record."""
    return source_id.startswith(quote(record, safe="") + "/")


def _date(written: str, field: str) -> tuple[date | None, str]:
    """The date of a field: 2027-03-31, with or without a time; else why it cannot be read, without its value."""
    if not written:
        return None, ""
    try:
        return date.fromisoformat(written[:10]), ""
    except ValueError:
        return None, f"the field {field} has no date such as 2027-03-31, but perhaps a code for missing data"


def _number(row: Row, event: RedcapEvent) -> tuple[int | None, str]:
    field = "redcap_repeat_instance" if event.number == "instance" else event.number
    written = row.get(field, "").strip() if field else ""
    if not written:
        return None, ""
    return (int(written), "") if re.fullmatch(r"\d{1,4}", written) else (None, f"the field {field} has no number")


def _plain(row: Row, field: str | None) -> str:
    """A short text without control characters."""
    text = row.get(field, "").strip() if field else ""
    return "".join(sign for sign in text if sign.isprintable())[:200]


def _specimen(row: Row, event: RedcapEvent) -> Specimen | None:
    id = _plain(row, event.specimen.id) if event.specimen else ""
    return Specimen(id, event.specimen.kind, event.specimen.system) if event.specimen and id else None


def deleted_records(log: Iterable[Row]) -> Iterator[str]:
    """The REDCap records that a log says were deleted. Some versions name the record only in the text of the action."""
    for entry in log:
        named = _DELETED.match(entry.get("action", "").strip())
        record = entry.get("record", "").strip() or (named["record"].strip() if named else "")
        if record:
            yield record
