"""What surrounds responses and scores in FHIR: who the patient is, their treatment, and where a score stands."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from pro_collector.domain.exchange import fhir_study
from pro_collector.domain.exchange.fhir_results import ResponseMeta, observations
from pro_collector.domain.placement import Placement
from pro_collector.domain.research.tables import ScoreStatus, TimelineRecord
from pro_collector.domain.scoring.score import score
from pro_collector.domain.study.definition import Arm
from pro_collector.domain.study.event_kind import FhirOfEvent, PublishedCode
from tests.shared.instruments import shipped
from tests.shared.studies import study
from tests.unit.domain.research.made_up import left, person

RECORDED = datetime(2026, 3, 9, 8, tzinfo=UTC)
SCORED = datetime(2026, 3, 9, 10, tzinfo=UTC)


def event(**fields: Any) -> TimelineRecord:
    """An infusion of Ann on the eighth day, as it is believed."""
    said: dict[str, Any] = {
        "study": "s", "participant_code": "ann", "participant_id": person("ann").participant_id, "site": "a",
        "arm": "x", "event_id": uuid5(NAMESPACE_OID, "infusion"), "record_id": uuid5(NAMESPACE_OID, "statement"),
        "source": "treatment", "kind": "infusion", "n": 1, "happened_on": date(2026, 3, 9), "ends_on": None,
        "study_day": 8, "recorded_at": RECORDED, "superseded_at": None, "retracted": False, "believed": True,
    }  # fmt: skip
    return TimelineRecord(**said | fields)


def test_a_patient_is_a_pseudonym_and_nothing_more() -> None:
    ann = person("ann")
    assert fhir_study.patient(ann) == {
        "resourceType": "Patient",
        "id": str(ann.participant_id),
        "identifier": [{"system": "urn:pro-collector:participant:s", "value": "ann"}],
    }


@pytest.mark.parametrize(
    ("sex", "gender"),
    [("female", "female"), ("F", "female"), ("Male", "male"), ("m", "male"), ("intersex", "other")],
)
def test_the_sex_is_one_of_the_genders_of_fhir(sex: str, gender: str) -> None:
    assert fhir_study.patient(person("ann", sex=sex))["gender"] == gender


def test_a_death_is_dated() -> None:
    assert fhir_study.patient(left("cat", "died", 10))["deceasedDateTime"] == "2026-03-11"
    assert "deceasedDateTime" not in fhir_study.patient(left("dan", "withdrew", 10))


def test_a_study_with_its_arms() -> None:
    arms = {"x": Arm(label={"fr": "Bras X", "es": "Brazo X"})}
    made = study().model_copy(update={"title": {"de": "Sarkom", "en": "Sarcoma"}, "arms": arms})
    found = fhir_study.research_study(made, "s")
    assert (found["id"], found["title"]) == (fhir_study.study_id("s"), "Sarcoma")
    assert found["identifier"] == [{"system": "urn:pro-collector:study", "value": "s"}]
    assert found["arm"] == [{"name": "x", "description": "Brazo X"}], "without English, the first language by its code"
    assert "arm" not in fhir_study.research_study(made.model_copy(update={"arms": {}}), "s"), "FHIR has no empty lists"
    assert fhir_study.study_id("s") != fhir_study.study_id("t")


def test_a_subject_is_on_study_until_the_day_on_which_nothing_is_asked_any_more() -> None:
    ann = person("ann")
    found = fhir_study.research_subject(ann)
    assert (found["status"], found["period"], found["assignedArm"]) == ("on-study", {"start": "2026-03-02"}, "x")
    assert found["study"] == {"reference": f"ResearchStudy/{fhir_study.study_id('s')}"}
    assert found["individual"] == {"reference": f"Patient/{ann.participant_id}"}
    assert found["id"] != str(ann.participant_id), "the subject is not the patient"
    assert "assignedArm" not in fhir_study.research_subject(person("ann", arm=None))


@pytest.mark.parametrize(
    ("why", "status"), [("withdrew", "withdrawn"), ("died", "off-study"), ("relapse", "off-study")]
)
def test_who_left_is_no_subject_any_more(why: str, status: str) -> None:
    found = fhir_study.research_subject(left("dan", why, 9))
    assert (found["status"], found["period"]) == (status, {"start": "2026-03-02", "end": "2026-03-10"})


def test_a_procedure_with_a_published_code() -> None:
    surgery = PublishedCode(system="http://snomed.info/sct", code="387713003", display="Surgical procedure")
    said = FhirOfEvent(resource="Procedure", codes=[surgery, PublishedCode(system="urn:local", code="7")])
    found = fhir_study.treatment(event(kind="surgery"), said, "Surgery")
    assert found["code"] == {
        "text": "Surgery",
        "coding": [
            {"system": "http://snomed.info/sct", "code": "387713003", "display": "Surgical procedure"},
            {"system": "urn:local", "code": "7"},
            {"system": "urn:pro-collector:event:s", "code": "surgery"},
        ],
    }
    assert (found["resourceType"], found["status"]) == ("Procedure", "completed")
    assert found["performedDateTime"] == "2026-03-09"
    assert found["meta"] == {"lastUpdated": RECORDED.isoformat()}
    assert found["subject"] == {"reference": f"Patient/{person('ann').participant_id}"}


def test_a_drug_that_was_not_given_after_all() -> None:
    given = fhir_study.treatment(event(retracted=True), FhirOfEvent(resource="MedicationAdministration"), "Infusion")
    assert given["status"] == "entered-in-error"
    assert given["effectiveDateTime"] == "2026-03-09"
    own = {"system": "urn:pro-collector:event:s", "code": "infusion"}
    assert given["medicationCodeableConcept"] == {"text": "Infusion", "coding": [own]}
    assert not {"code", "performedDateTime"} & given.keys(), "these are of a Procedure"


def _observation(*, answered: bool) -> dict[str, Any]:
    phq = shipped("phq-9")
    meta = ResponseMeta("r1", str(person("ann").participant_id), SCORED)
    (found,) = observations(phq, score(phq, {f"q{n}": 1 for n in range(1, 10)} if answered else {}), meta)
    return found


def test_a_score_stands_where_it_is_in_the_treatment() -> None:
    place = Placement(
        site="a", visit="weekly 7d", anchor="surgery", study_day=8, cycle=0, days_since_anchor=-2,
        days_since={"surgery": 3, "infusion": 0},
    )  # fmt: skip
    before = _observation(answered=True)
    found = fhir_study.placed(before, place, "scored", SCORED)
    (extension,) = found.pop("extension")
    assert extension["url"] == "urn:pro-collector:fhir:placement"
    assert extension["extension"] == [
        {"url": "study-day", "valueInteger": 8},
        {"url": "cycle", "valueInteger": 0},
        {"url": "days-since-anchor", "valueInteger": -2},
        {"url": "visit", "valueString": "weekly 7d"},
        {"url": "anchor", "valueString": "surgery"},
        {"url": "site", "valueString": "a"},
        {
            "url": "days-since",
            "extension": [{"url": "event", "valueCode": "infusion"}, {"url": "days", "valueInteger": 0}],
        },
        {
            "url": "days-since",
            "extension": [{"url": "event", "valueCode": "surgery"}, {"url": "days", "valueInteger": 3}],
        },
    ]
    assert found.pop("meta") == {"lastUpdated": SCORED.isoformat()}
    assert found == before, "nothing else of the Observation changes"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("unanswered", "unknown"),
        ("declined", "asked-declined"),
        ("masked", "masked"),
        ("not-applicable", "not-applicable"),
        ("not-asked", "not-asked"),
        ("no-value", "unsupported"),
    ],
)
def test_a_score_without_a_value_has_the_true_reason(status: ScoreStatus, code: str) -> None:
    before = _observation(answered=False)
    system, text = before["dataAbsentReason"]["coding"][0]["system"], before["dataAbsentReason"]["text"]
    found = fhir_study.placed(before, Placement(), status, SCORED)
    assert found["dataAbsentReason"] == {"coding": [{"system": system, "code": code}], "text": text}
    assert before["dataAbsentReason"]["coding"][0]["code"] == "unknown", "what was given is not changed"


def test_whose_a_resource_is() -> None:
    assert fhir_study.participant_of(_observation(answered=True)) == person("ann").participant_id
    id = UUID(int=7)
    assert fhir_study.participant_of({"subject": {"reference": f"Patient/{id}"}}) == id
