"""Responses as QuestionnaireResponse and scores as Observation."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.exchange import fhir_terms as fhir
from pro_collector.domain.exchange.fhir_results import (
    ResponseMeta,
    answers_of,
    observation,
    observations,
    questionnaire_response,
)
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Coding, Item, Option
from pro_collector.domain.instrument.text import TextLicence
from pro_collector.domain.scoring.score import score
from pro_collector.errors import BadInput
from tests.shared.instruments import shipped as instrument
from tests.shared.properties import examples
from tests.unit.domain.exchange.test_instrument_fhir import EITHER, conditioned
from tests.unit.domain.scoring.made_up import MADE, responses

HL7 = "http://terminology.hl7.org/CodeSystem"
GIVEN = ResponseMeta("r1", "p1", datetime(2026, 3, 1, 9, 30, tzinfo=UTC))


def coded(value: float, system: str, code: str, **more: str) -> dict[str, Any]:
    """A Coding with its value in a score."""
    extension = [{"url": url, "valueDecimal": value} for url in (fhir.WEIGHT, fhir.ORDINAL)]
    return {"extension": extension, "system": system, "code": code, **more}


def test_an_answer_is_in_the_groups_that_the_questionnaire_has_around_its_question() -> None:
    known = conditioned(f"[{EITHER}, {EITHER}, {{item: a, operator: exists, answer: true}}]")
    data = questionnaire_response(known, {"a": 1, "y": "because"}, GIVEN)
    asked = {"linkId": "y", "answer": [{"valueString": "because"}]}
    inner = {"linkId": "_when_y_2", "item": [asked]}
    assert data["item"][1:] == [{"linkId": "_when_y_1", "item": [inner]}]
    assert answers_of(known, data, "r.json") == {"a": 1, "y": "because"}


def test_a_choice_has_its_value_and_a_label_that_may_be_passed_on() -> None:
    def chosen(known: Instrument, item: str, code: int | str) -> Any:
        return questionnaire_response(known, {item: code}, GIVEN)["item"][0]["answer"][0]["valueCoding"]

    assert chosen(instrument("phq-9"), "q1", 3) == coded(3, "http://loinc.org", "LA6571-9"), "its wording is not ours"
    diary = instrument("symptom-diary")
    text = diary.texts["es"]
    assert chosen(diary, "nausea", 0)["display"] == "not at all"
    assert chosen(diary.model_copy(update={"texts": {"es": text}}), "nausea", 0)["display"] == "nada"
    changes: tuple[dict[str, Any], ...] = (
        {"licence": TextLicence(holder="somebody", terms="ask")},
        {"items": {}, "option_sets": {}},
    )
    for change in changes:
        other = diary.model_copy(update={"texts": {"es": text.model_copy(update=change)}})
        assert chosen(other, "nausea", 0) == coded(0, fhir.OPTIONS, "0")
    named = Option(code="a", codes=(Coding(system="urn:s", code="A", display="Alpha"),))
    item = Item(id="letter", kind="choice", options=(named, Option(code="b", weight=0.5)))
    letters = diary.model_copy(update={"texts": {}, "items": (item,)})
    assert chosen(letters, "letter", "a") == {"system": "urn:s", "code": "A", "display": "Alpha"}
    assert chosen(letters, "letter", "b") == coded(0.5, fhir.OPTIONS, "b")


def test_a_response_in_full() -> None:
    diary = instrument("symptom-diary")
    answers: dict[str, Answer] = {
        "pain": 4, "nausea": 0, "vomiting": Absent.NOT_ASKED, "sleep": Absent.ASKED_DECLINED, "worry": None
    }  # fmt: skip
    found = questionnaire_response(diary, answers, GIVEN)
    assert found["questionnaire"] == "urn:pro-collector:instrument:symptom-diary|2.0.0"
    assert (found["status"], found["authored"]) == ("completed", "2026-03-01T09:30:00+00:00")
    assert found["subject"] == found["source"] == {"reference": "Patient/p1"}
    assert found["item"] == [
        {"linkId": "pain", "answer": [{"valueInteger": 4}]},
        {"linkId": "nausea", "answer": [{"valueCoding": coded(0, fhir.OPTIONS, "0", display="not at all")}]},
        {"linkId": "vomiting", "extension": [{"url": fhir.ABSENT, "valueCode": "not-asked"}]},
        {"linkId": "sleep", "extension": [{"url": fhir.ABSENT, "valueCode": "asked-declined"}]},
    ]
    by_proxy = questionnaire_response(
        diary, answers, ResponseMeta("r", "p", GIVEN.authored, reporter="proxy"), complete=False
    )
    assert (by_proxy["status"], by_proxy["source"]) == ("stopped", {"type": "RelatedPerson", "display": "proxy"})


@pytest.mark.parametrize("chosen", [MADE, instrument("phq-9"), instrument("pro-ctcae"), instrument("eq-5d-5l")])
@given(st.data())
@examples(10)
def test_answers_come_back_whole(chosen: Any, data: st.DataObject) -> None:
    (drawn, *_) = data.draw(responses(chosen))
    # An opt-out that the item does not offer is never stored.
    answers = {
        name: answer
        for name, answer in drawn.items()
        if answer is not None and (not isinstance(answer, Absent) or answer == Absent.NOT_ASKED)
    }
    sent = json.loads(json.dumps(questionnaire_response(chosen, answers, GIVEN)))
    assert answers_of(chosen, sent, "r.json") == answers


def test_dates_and_texts_come_back() -> None:
    chosen = conditioned("[{item: b, operator: exists, answer: true}]")
    answers: dict[str, Answer] = {"c": 1, "d": "2026-01-31", "w": "so so", "x": 1.5}
    assert answers_of(chosen, questionnaire_response(chosen, answers, GIVEN), "r.json") == answers


def test_responses_of_others_may_nest_and_name_published_codes() -> None:
    inner = {"linkId": "q2", "answer": [{"valueCoding": {"system": "http://loinc.org", "code": "LA6571-9"}}]}
    nested = {"linkId": "q1", "answer": [{"valueCoding": {"code": "1"}, "item": [inner]}]}
    data = {"resourceType": "QuestionnaireResponse", "item": [{"linkId": "group", "item": [nested]}]}
    assert answers_of(instrument("phq-2"), data, "r.json") == {"q1": 1, "q2": 3}
    assert answers_of(instrument("phq-2"), {**data, "item": [{"linkId": "q1"}]}, "r.json") == {}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"resourceType": "Patient"}, "expected a FHIR QuestionnaireResponse"),
        ([], "expected a FHIR QuestionnaireResponse"),
        ({"item": [{"linkId": "q9", "answer": [{"valueInteger": 1}]}]}, "q9: phq-2 has no such item"),
        (
            {"item": [{"linkId": "q1", "answer": [{"valueInteger": 9}]}]},
            "q1: 9 is not allowed; it takes one of 0, 1, 2",
        ),
        ({"item": [{"linkId": "q1", "answer": [{"valueCoding": {"code": "LA0"}}]}]}, 'q1: "LA0" is not allowed'),
        ({"item": [{"linkId": "q1", "extension": [{"url": fhir.ABSENT, "valueCode": "masked"}]}]}, '"masked" is not'),
    ],
)
def test_a_response_that_does_not_match_is_refused(data: Any, message: str) -> None:
    if isinstance(data, dict):
        data.setdefault("resourceType", "QuestionnaireResponse")
    with pytest.raises(BadInput) as caught:
        answers_of(instrument("phq-2"), data, "r.json")
    assert message in str(caught.value)


def test_a_score_as_observation() -> None:
    phq = instrument("phq-9")
    found = observations(phq, score(phq, {f"q{n}": 2 for n in range(1, 10)}), GIVEN)
    (total,) = found
    assert total["valueQuantity"]["value"] == 18
    assert total["code"]["coding"] == [
        {"system": "http://loinc.org", "code": "44261-6"},
        {"system": "urn:pro-collector:instrument:phq-9", "code": "total"},
    ]
    assert total["referenceRange"] == [{"text": "possible scores: 0 to 27"}], "no low and high: not what is normal"
    assert total["performer"] == [{"reference": "Patient/p1"}]
    proxy = ResponseMeta("r", "p", GIVEN.authored, reporter="proxy")
    (by_proxy,) = observations(phq, score(phq, {}), proxy)
    assert by_proxy["performer"] == [{"type": "RelatedPerson", "display": "proxy"}], "never taken for a self-report"
    assert total["interpretation"] == [{"text": "moderately-severe"}]
    assert total["derivedFrom"] == [{"reference": "QuestionnaireResponse/r1"}]
    assert total["method"]["text"] == f"phq-9 1.0.0 ({phq.hash[:12]}), scale total"
    (imputed,) = observations(phq, score(phq, {}), GIVEN, "zero")
    assert imputed["method"]["text"].endswith("scale total, skipped items by the policy zero")
    assert total["subject"] == {"reference": "Patient/p1"}


def test_what_a_caregiver_says_is_about_the_caregiver_and_never_about_the_patient() -> None:
    phq = instrument("phq-9")
    caring = ResponseMeta("r", "p", GIVEN.authored, reporter="caregiver")
    given = questionnaire_response(phq, {"q1": 2}, caring)
    assert given["subject"] == given["source"] == {"reference": "#caregiver"}
    (score_of_theirs,) = observations(phq, score(phq, {}), caring)
    assert score_of_theirs["subject"] == {"reference": "Patient/p"}, "FHIR knows no other subject of an Observation"
    assert score_of_theirs["focus"] == score_of_theirs["performer"] == [{"reference": "#caregiver"}]
    for resource in (given, score_of_theirs):
        (person,) = resource["contained"]
        assert (person["resourceType"], person["id"]) == ("RelatedPerson", "caregiver")
        assert person["patient"] == {"reference": "Patient/p"}
    assert not {"contained", "focus"} & {*questionnaire_response(phq, {}, GIVEN), *observations(phq, {}, GIVEN)}


def test_a_score_in_full() -> None:
    eq5d = instrument("eq-5d-5l")
    scale = eq5d.scale("index")
    assert scale is not None
    found = observation(eq5d, scale, score(eq5d, {})["index"], GIVEN)
    assert found == {
        "resourceType": "Observation",
        "id": "r1-index",
        "status": "final",
        "category": [{"coding": [{"system": f"{HL7}/observation-category", "code": "survey"}]}],
        "code": {
            "text": f"{eq5d.title}: {scale.title}",
            "coding": [{"system": eq5d.canonical, "code": "index"}],
        },
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-01T09:30:00+00:00",
        "performer": [{"reference": "Patient/p1"}],
        "method": {"text": f"eq-5d-5l {eq5d.version} ({eq5d.hash[:12]}), scale index"},
        "derivedFrom": [{"reference": "QuestionnaireResponse/r1"}],
        "dataAbsentReason": {
            "coding": [{"system": f"{HL7}/data-absent-reason", "code": "unknown"}],
            "text": "index: 0 of 5 answered, at least 5 needed",
        },
    }
    phq = instrument("phq-9")
    (total,) = observations(phq, score(phq, {f"q{n}": 2 for n in range(1, 10)}), GIVEN)
    unit = {"unit": "{score}", "system": "http://unitsofmeasure.org", "code": "{score}"}
    assert total["valueQuantity"] == {"value": 18, **unit}
    assert observations(phq, {}, GIVEN) == [], "only scores that there are"


def test_no_score_says_why() -> None:
    eq5d = instrument("eq-5d-5l")
    index = eq5d.scale("index")
    assert index is not None
    found = observation(eq5d, index, score(eq5d, {})["index"], GIVEN)
    assert "valueQuantity" not in found
    assert found["dataAbsentReason"]["text"] == "index: 0 of 5 answered, at least 5 needed"
    assert not {"interpretation", "referenceRange"} & set(found)
    assert found["id"] == "r1-index"
