"""FHIR resources as records: whom they are about, which event they are, and on which day it happened."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pro_collector.domain.feed.fhir_mapping import FhirMapping
from pro_collector.domain.feed.fhir_resources import identifiers_of, patient_of, records_of
from pro_collector.domain.feed.mapping import load_mapping
from pro_collector.domain.feed.record import Specimen
from pro_collector.errors import BadInput
from tests.shared.fhir import administration, concept, patient, procedure

READ = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAPPING = """
feed: porto
study: s
fhir: {url: "https://fhir.example.org/r4", identifier: "https://study.example.org/codes", time_zone: Europe/Lisbon}
events:
  surgery: {resource: Procedure, codes: ["http://snomed.info/sct|1"]}
  discharge: {resource: Encounter, codes: ["http://terminology.hl7.org/CodeSystem/v3-ActCode|IMP"], at: end}
  visit: {resource: Appointment, codes: ["x|check"]}
  care: {resource: EpisodeOfCare, codes: ["x|onc"], statuses: [active]}
  biopsy: {resource: Specimen, codes: ["x|tumour"], specimen: "https://biobank.example.org"}
  cycle: {resource: MedicationAdministration, codes: ["http://www.nlm.nih.gov/research/umls/rxnorm|7"], gap_days: 10}
  death: {resource: Patient}
"""
SUBJECT = {"reference": "Patient/p1"}


def mapped(text: str = MAPPING) -> FhirMapping:
    mapping = load_mapping(text, "porto.yaml")
    assert isinstance(mapping, FhirMapping)
    return mapping


def told(*resources: dict[str, Any]) -> list[tuple[str, str, date | None]]:
    """What of these resources of p1 (A-1) is an event that happened, and what is gone (no date)."""
    found = records_of(resources, {"p1": "A-1"}, mapped(), READ)
    assert {each.code for each in found} <= {"A-1"}
    return [(each.kind, each.source_id, each.on) for each in found]


def resource(named: str, **fields: Any) -> dict[str, Any]:
    return {"resourceType": named, "id": "1", "subject": SUBJECT, **fields}


ENCOUNTER = resource(
    "Encounter", status="finished", period={"start": "2026-02-01T10:00:00Z", "end": "2026-02-05T23:30:00-02:00"},
    **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}},
)  # fmt: skip
VISIT = {
    "resourceType": "Appointment", "id": "1", "status": "fulfilled", "start": "2026-02-02T23:30:00+00:00",
    "appointmentType": concept("x", "check"), "end": "2026-02-03T00:30:00+00:00",
    "participant": [{"actor": {"reference": "Practitioner/p1"}}, {"actor": {"reference": "Patient/p1"}}],
}  # fmt: skip
BIOPSY = resource(
    "Specimen", status="available", type=concept("x", "tumour"),
    collection={"collectedPeriod": {"start": "2026-02-04"}},
    identifier=[{"system": "other", "value": "X"}, {"system": "https://biobank.example.org", "value": "B-77"}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "event"),
    [
        (procedure("1", "p1", "1", "2026-02-02"), ("surgery", "Procedure/1/surgery", date(2026, 2, 2))),
        (procedure("1", "p1", "1", "2026-02-02", "not-done"), ("surgery", "Procedure/1/surgery", None)),
        (procedure("1", "p1", "1", "2026-02-02", "entered-in-error"), ("surgery", "Procedure/1/surgery", None)),
        (ENCOUNTER, ("discharge", "Encounter/1/discharge", date(2026, 2, 6))),
        (VISIT, ("visit", "Appointment/1/visit", date(2026, 2, 2))),
        ({**VISIT, "status": "noshow"}, ("visit", "Appointment/1/visit", None)),
        (
            {"resourceType": "EpisodeOfCare", "id": "1", "patient": SUBJECT, "status": "active",
             "type": [concept("x", "y"), concept("x", "onc")], "period": {"start": "2026-02-07"}},
            ("care", "EpisodeOfCare/1/care", date(2026, 2, 7)),
        ),
        (BIOPSY, ("biopsy", "Specimen/1/biopsy", date(2026, 2, 4))),
        (patient("p1", "A-1", deceasedDateTime="2026-02-27"), ("death", "Patient/p1/death", date(2026, 2, 27))),
    ],
)  # fmt: skip
def test_each_type_of_resource(given: dict[str, Any], event: tuple[str, str, date | None]) -> None:
    assert told(given) == [event]


def test_what_is_no_event_of_the_study_or_of_nobody_here_is_no_record() -> None:
    assert told(procedure("1", "p1", "2", "2026-02-02"), procedure("2", "p2", "1", "2026-02-02")) == []
    assert (
        told(patient("p1", "A-1"), patient("p1", "A-1", deceasedBoolean=False), {"resourceType": "Observation"}) == []
    )
    assert list(patient_of({"resourceType": "Procedure"})) == []
    absolute = {"resourceType": "Procedure", "subject": {"reference": "https://x/r4/Patient/p1/_history/3"}}
    assert list(patient_of(absolute)) == ["p1"]


@pytest.mark.parametrize("written", ["2026", "2026-02", "", "soon", "2026-02-31"])
def test_a_date_that_is_not_exact_to_the_day_is_told(written: str) -> None:
    (found,) = records_of([procedure("1", "p1", "1", written)], {"p1": "A-1"}, mapped(), READ)
    assert (found.unreadable, found.deleted) == ("it has no date that is exact to the day", False)
    (dead,) = records_of([patient("p1", "A-1", deceasedBoolean=True)], {"p1": "A-1"}, mapped(), READ)
    assert dead.unreadable == "it has no date that is exact to the day"


def test_a_specimen_a_dose_and_the_cycles_of_several_administrations() -> None:
    (biopsy,) = records_of([BIOPSY], {"p1": "A-1"}, mapped(), READ)
    assert biopsy.specimen == Specimen("B-77", "Specimen", "https://biobank.example.org")
    days = {"1": "2026-02-15", "2": "2026-02-01", "3": "2026-02-08", "4": "2026-03-08", "5": "2026-02-19"}
    given = [administration(id, "p1", "7", on) for id, on in days.items()]
    found = records_of(given, {"p1": "A-1"}, mapped(), READ)
    begun = [(each.on, each.cycle, each.dose) for each in found if not each.deleted]
    assert begun == [(date(2026, 2, 1), 1, "80 mg"), (date(2026, 3, 8), 2, "80 mg")]
    assert len(found) == 5


@pytest.mark.parametrize(
    ("was", "became", "message"),
    [
        ('["http://snomed.info/sct|1"]', '["174776001"]', "expected a system and a code"),
        ('resource: Procedure, codes: ["http://snomed.info/sct|1"]', "resource: Procedure", "expected codes, such as"),
        ("resource: Patient", 'resource: Patient, codes: ["x|y"]', "of Patient, a death, none"),
        ("resource: Procedure", "resource: Procedur", "Procedure"),
        ("time_zone", "bearer: TOKEN, basic: LOGIN, time_zone", "expected `bearer` or `basic`, not both"),
        ("time_zone", "bearer: PRO_VAULT_KEY, time_zone", "PRO_... are secrets of this product"),
        ("https://fhir", "http://fhir", "expected https://..."),
    ],
)
def test_mistakes_in_a_mapping_file_teach(was: str, became: str, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        load_mapping(MAPPING.replace(was, became), "porto.yaml")
    assert message in str(refused.value)
    assert "porto.yaml:" in str(refused.value)


def test_a_mapping_says_what_is_to_be_asked_of_the_server() -> None:
    mapping = mapped()
    assert mapping.codes_of("Procedure") == ["http://snomed.info/sct|1"]
    assert mapping.codes_of("Patient") == mapping.codes_of("Observation") == []
    assert mapping.resources == [
        "Appointment", "Encounter", "EpisodeOfCare", "MedicationAdministration", "Procedure", "Specimen"
    ]  # fmt: skip
    assert list(mapping.rules) == ["surgery", "discharge", "visit", "care", "biopsy", "cycle", "death"]


def test_whom_a_resource_is_about_and_under_which_numbers() -> None:
    assert list(patient_of(patient("p1", "A-1"))) == ["p1"]
    assert list(patient_of({"resourceType": "Procedure", "subject": {"reference": "Group/p1"}})) == []
    numbers = [{"system": "a", "value": "1"}, {"system": "a"}, {"system": "b", "value": "2"}, "3"]
    assert list(identifiers_of({"identifier": numbers}, "a")) == ["1"]
    assert list(identifiers_of({}, "a")) == []


def test_a_coding_without_a_code_is_none() -> None:
    given = procedure("1", "p1", "1", "2026-02-02")
    given["code"] = {"coding": [{"system": "http://snomed.info/sct"}, "1"]}
    assert told(given) == []


def test_an_administration_without_a_day_begins_no_cycle_and_is_told() -> None:
    given = [administration("1", "p1", "7", "2026-02"), administration("2", "p1", "7", "2026-02-01")]
    first, second = sorted(records_of(given, {"p1": "A-1"}, mapped(), READ), key=lambda each: each.source_id)
    assert (first.unreadable, first.cycle) == ("it has no date that is exact to the day", None)
    assert (second.on, second.cycle) == (date(2026, 2, 1), 1)
