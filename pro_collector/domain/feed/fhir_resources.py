"""Reads FHIR R4 resources as records of a feed: only codes, states, dates and the ids of resources and specimens."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pro_collector.domain.feed.fhir_mapping import FhirEvent, FhirMapping
from pro_collector.domain.feed.record import Specimen, TreatmentRecord, record_id

Resource = Mapping[str, Any]
"""A resource as JSON."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class FhirKind:
    """Where a type of resource says whom it is about, what it is, when it was, and in which states it happened.

    `search`: the search parameter for its code; empty: there is no single one.
    """

    subject: str
    code: tuple[str, ...]
    when: tuple[str, ...]
    happened: frozenset[str]
    search: str = ""


KINDS: Mapping[str, FhirKind] = {
    "Procedure": FhirKind(
        "subject", ("code",), ("performedDateTime", "performedPeriod"), frozenset({"in-progress", "completed"}), "code"
    ),
    "MedicationAdministration": FhirKind(
        "subject", ("medicationCodeableConcept",), ("effectiveDateTime", "effectivePeriod"),
        frozenset({"in-progress", "completed"}), "code",
    ),
    "Encounter": FhirKind(
        "subject", ("class", "type"), ("period",),
        frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"}),
    ),
    "EpisodeOfCare": FhirKind(
        "patient", ("type",), ("period",), frozenset({"active", "onhold", "finished"}), "type"
    ),
    "Appointment": FhirKind(
        "participant", ("serviceType", "appointmentType"), ("start", "end"),
        frozenset({"arrived", "checked-in", "fulfilled"}),
    ),
    "Specimen": FhirKind(
        "subject", ("type",), ("collection.collectedDateTime", "collection.collectedPeriod"),
        frozenset({"available", "unavailable", "unsatisfactory"}), "type",
    ),
}  # fmt: skip


def records_of(
    resources: Iterable[Resource], codes: Mapping[str, str], mapping: FhirMapping, read_at: datetime
) -> list[TreatmentRecord]:
    """The records in all resources of some patients; each version is as new as `read_at`.

    `codes`: the participant's code of each patient, by the id of the Patient. A resource that did not happen (not done,
    cancelled, entered in error), and one that only continues a cycle, is a deletion: it matters if it was taken before.
    """
    found: dict[str, TreatmentRecord] = {}
    listed = list(resources)
    for kind, event in mapping.events.items():
        alone = [
            _record(each, code, kind, event, mapping, read_at)
            for each in listed
            if each.get("resourceType") == event.resource and (code := _code_of(each, codes)) and _is(each, event)
        ]
        for record in _cycles(alone, event.gap_days) if event.gap_days else alone:
            found[record.source_id] = record
    return list(found.values())


def patient_of(resource: Resource) -> Iterator[str]:
    """The ids of the patients whom a resource is about: one, or of an appointment those who take part."""
    if resource.get("resourceType") == "Patient":
        yield str(resource.get("id", ""))
        return
    kind = KINDS.get(str(resource.get("resourceType")))
    said = resource.get(kind.subject) if kind else None
    about = [each.get("actor") for each in said] if isinstance(said, list) else [said]
    for reference in about:
        name = str(reference.get("reference", "")) if isinstance(reference, dict) else ""
        path = name.partition("/_history/")[0].rsplit("/", 2)
        if len(path) >= 2 and path[-2] == "Patient":
            yield path[-1]


def identifiers_of(resource: Resource, system: str) -> Iterator[str]:
    """The values of the identifiers of a system."""
    for each in resource.get("identifier") or ():
        if isinstance(each, dict) and each.get("system") == system and each.get("value"):
            yield str(each["value"])


def source_id_of(resource: Resource, kind: str) -> str:
    """The id of what a resource says about a kind of event."""
    return f"{resource.get('resourceType')}/{resource.get('id')}/{kind}"


def _code_of(resource: Resource, codes: Mapping[str, str]) -> str:
    return next((codes[each] for each in patient_of(resource) if each in codes), "")


def _is(resource: Resource, event: FhirEvent) -> bool:
    """Whether a resource has one of the codes of an event; the death of a patient has none."""
    if event.resource == "Patient":
        return bool(resource.get("deceasedDateTime") or resource.get("deceasedBoolean"))
    return any(coded in event.codes for name in KINDS[event.resource].code for coded in _coded(resource.get(name)))


def _coded(said: Any) -> Iterator[str]:
    """The codes in a CodeableConcept, in several, or in a Coding: `system|code`."""
    for each in said if isinstance(said, list) else [said]:
        if isinstance(each, dict):
            for coding in each.get("coding") or [each]:
                if isinstance(coding, dict) and coding.get("code"):
                    yield f"{coding.get('system', '')}|{coding['code']}"


def _record(
    resource: Resource, code: str, kind: str, event: FhirEvent, mapping: FhirMapping, read_at: datetime
) -> TreatmentRecord:
    source_id = source_id_of(resource, kind)
    on, unreadable = _day(_moment(resource, event), mapping.fhir.time_zone)
    gone = not _happened(resource, event)
    return TreatmentRecord(
        id=record_id(mapping.study, mapping.feed, source_id), source_id=source_id, code=code, kind=kind,
        on=None if gone else on, changed_at=read_at, deleted=gone, dose=_dose(resource),
        specimen=_specimen(resource, event), unreadable="" if gone else unreadable,
    )  # fmt: skip


def _happened(resource: Resource, event: FhirEvent) -> bool:
    if event.resource == "Patient":
        return True
    return resource.get("status", "") in (event.statuses or KINDS[event.resource].happened)


def _moment(resource: Resource, event: FhirEvent) -> str:
    """The date or moment of a resource as it is written; empty if it has none."""
    if event.resource == "Patient":
        return str(resource.get("deceasedDateTime") or "")
    names = KINDS[event.resource].when
    for name in names:
        said: Any = resource
        for part in name.split("."):
            said = said.get(part) if isinstance(said, dict) else None
        if isinstance(said, dict):
            said = said.get(event.at)
        if said and (event.resource != "Appointment" or name == event.at):
            return str(said)
    return ""


def _day(written: str, zone: str | None) -> tuple[date | None, str]:
    """The day of a FHIR date or dateTime, in `zone` if there is one; else why it has none."""
    if not _DAY.match(written):
        return None, "it has no date that is exact to the day"
    try:
        if zone is None or len(written) == 10:
            return date.fromisoformat(written[:10]), ""
        return datetime.fromisoformat(written).astimezone(ZoneInfo(zone)).date(), ""
    except ValueError:
        return None, "it has no date that is exact to the day"


def _dose(resource: Resource) -> str:
    dosage = resource.get("dosage")
    dose = dosage.get("dose") if isinstance(dosage, dict) else None
    if not isinstance(dose, dict) or dose.get("value") is None:
        return ""
    text = f"{dose['value']} {dose.get('unit') or dose.get('code') or ''}".strip()
    return "".join(sign for sign in text if sign.isprintable())[:200]


def _specimen(resource: Resource, event: FhirEvent) -> Specimen | None:
    if event.specimen is None:
        return None
    id = next(identifiers_of(resource, event.specimen), "")
    return Specimen(id[:200], str(resource.get("resourceType")), event.specimen) if id else None


def _cycles(records: Sequence[TreatmentRecord], gap_days: int) -> Iterator[TreatmentRecord]:
    """Of administrations, those that begin a cycle, with its number; all others as deletions."""
    by_person: dict[str, list[TreatmentRecord]] = {}
    for record in records:
        if record.on is None or record.unreadable:
            yield record
        else:
            by_person.setdefault(record.code, []).append(record)
    for theirs in by_person.values():
        last: date | None = None
        number = 0
        for record in sorted(theirs, key=lambda each: (each.on or date.min, each.source_id)):
            begins = last is None or record.on is None or (record.on - last).days > gap_days
            last, number = record.on, number + begins
            yield replace(record, cycle=number) if begins else replace(record, on=None, deleted=True)
