"""Writes and reads responses as FHIR QuestionnaireResponse, and writes scores as Observation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pro_collector.domain.exchange import fhir_terms as fhir
from pro_collector.domain.exchange.fhir_export import groups_around
from pro_collector.domain.exchange.fhir_terms import Json
from pro_collector.domain.instrument.answer_check import allows, as_json
from pro_collector.domain.instrument.answers import Absent, Answer, Answers
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item, Option
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.scoring.scale_score import ScaleScore
from pro_collector.domain.scoring.score import NO_IMPUTATION
from pro_collector.errors import BadInput, Problem
from scheduler.values import Reporter

_CAREGIVER = "caregiver"
"""The id of the caregiver inside a resource that is about them."""
_VALUE_KEYS = {"integer": "valueInteger", "decimal": "valueDecimal", "date": "valueDate", "text": "valueString"}


@dataclass(frozen=True, slots=True)
class ResponseMeta:
    """The id of a response, of its patient, when it was given and by whom; never names. `authored` has a UTC offset."""

    response: str
    subject: str
    authored: datetime
    reporter: Reporter = "self"
    amended: bool = False
    """Whether somebody corrected an answer after the end of the survey."""


def questionnaire_response(instrument: Instrument, answers: Answers, meta: ResponseMeta, complete: bool = True) -> Json:
    """A QuestionnaireResponse (R4 and R5 alike) in the order of the instrument.

    A choice has its value in a score and, if the wording may be passed on, its label. A response that ended without all
    answers is `stopped`. A missing answer is left out. A declined, inapplicable or
    skipped answer is an item without an answer, with the extension data-absent-reason.
    """
    items = [
        _in_groups(instrument, item, _item(instrument, item, answer))
        for item in instrument.items
        if (answer := answers.get(item.id)) is not None
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": meta.response,
        "questionnaire": f"{instrument.canonical}|{instrument.version}",
        "status": ("amended" if meta.amended else "completed") if complete else "stopped",
        "subject": _reporter(meta) if meta.reporter == "caregiver" else _patient(meta),
        "authored": meta.authored.isoformat(),
        "source": _reporter(meta),
        "item": items,
        **_contained(meta),
    }


def _in_groups(instrument: Instrument, item: Item, data: Json) -> Json:
    """An item of a response in the groups that the Questionnaire has around it."""
    for name in reversed(groups_around(instrument, item)):
        data = {"linkId": name, "item": [data]}
    return data


def _patient(meta: ResponseMeta) -> Json:
    return {"reference": f"Patient/{meta.subject}"}


def _reporter(meta: ResponseMeta) -> Json:
    """The reporter. A proxy has no resource to refer to, so the reference has only a display text.

    A caregiver reports about themselves, so the resource contains them, with the patient to whom they are related.
    """
    if meta.reporter == "caregiver":
        return {"reference": f"#{_CAREGIVER}"}
    return {"type": "RelatedPerson", "display": "proxy"} if meta.reporter == "proxy" else _patient(meta)


def _contained(meta: ResponseMeta) -> Json:
    """What a resource contains: the caregiver whom it is about; else nothing."""
    if meta.reporter != "caregiver":
        return {}
    related = {"resourceType": "RelatedPerson", "id": _CAREGIVER, "patient": _patient(meta)}
    return {"contained": [{**related, "relationship": [{"text": "caregiver"}]}]}


def _item(instrument: Instrument, item: Item, answer: Answer) -> Json:
    if isinstance(answer, Absent):
        return {"linkId": item.id, "extension": [{"url": fhir.ABSENT, "valueCode": answer.value}]}
    if item.kind == "yesno":
        value: Json = {"valueBoolean": answer == 1}
    elif item.kind == "choice":
        option = item.option(answer)
        value = {"valueCoding": {} if option is None else _chosen(instrument, item, option)}
    else:
        value = {_VALUE_KEYS[item.kind]: answer}
    return {"linkId": item.id, "answer": [value]}


def _chosen(instrument: Instrument, item: Item, option: Option) -> Json:
    """A choice with its value in a score and, if the wording may be passed on, its label: English if there is one."""
    known, extension = fhir.option_coding(option), fhir.weights(option)
    free = sorted((lang != "en", lang) for lang, text in instrument.texts.items() if text.licence.redistributable)
    labels = (instrument.texts[language].label(item, option.code) for _, language in free)
    display = known.get("display") or next((label for label in labels if label), None)
    return {**({"extension": extension} if extension else {}), **known, **({"display": display} if display else {})}


def answers_of(instrument: Instrument, data: Any, file: str) -> dict[str, Answer]:
    """The answers in a QuestionnaireResponse to `instrument`. Raises BadInput if the instrument does not allow them."""
    if not isinstance(data, Mapping) or data.get("resourceType") != "QuestionnaireResponse":
        raise BadInput([Problem(file, None, "resourceType", "expected a FHIR QuestionnaireResponse")])
    answers: dict[str, Answer] = {}
    problems: list[Problem] = []
    for raw in _flat(data):
        item = instrument.item(str(raw.get("linkId")))
        if item is None:
            if raw.get("answer"):
                problems.append(Problem(file, None, str(raw.get("linkId")), f"{instrument.id} has no such item"))
            continue
        answer = _answer(item, raw)
        if not allows(item, answer):
            problems.append(Problem(file, None, item.id, f"{as_json(answer)} is not allowed; it takes {item.allowed}"))
        elif answer is not None:
            answers[item.id] = answer
    if problems:
        raise BadInput(problems)
    return answers


def _flat(element: Mapping[str, Any]) -> list[Json]:
    items: list[Json] = []
    for raw in element.get("item") or []:
        items += [raw, *_flat(raw)]
        for answer in raw.get("answer") or []:
            items += _flat(answer)
    return items


def _answer(item: Item, raw: Json) -> Answer:
    reason = fhir.first_value(raw, fhir.ABSENT)
    if reason is not None:
        return Absent(reason) if reason in set(Absent) else str(reason)
    given = (raw.get("answer") or [{}])[0]
    value = next((value for key, value in given.items() if key.startswith("value")), None)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict):
        option = fhir.option_of(item, value)
        return option.code if option is not None else str(value.get("code"))
    return value if isinstance(value, int | float | str) else None


def observation(
    instrument: Instrument, scale: Scale, score: ScaleScore, meta: ResponseMeta, imputation: str = NO_IMPUTATION
) -> Json:
    """One score as an Observation, derived from its response; without a value, dataAbsentReason says why.

    Its codes are the published ones, if any, and that of the instrument: the id of the scale, with the canonical URL of
    the instrument as the system. The range of the scale is given as text, because numbers in a referenceRange mean
    normal values.
    """
    policy = "" if imputation == NO_IMPUTATION else f", skipped items by the policy {imputation}"
    own = {"system": instrument.canonical, "code": scale.id}
    text = f"{instrument.title}: {scale.title}"
    code: Json = {"text": text, "coding": [*(fhir.coding(known) for known in scale.codes), own]}
    resource: Json = {
        "resourceType": "Observation",
        "id": f"{meta.response}-{scale.id.lower().replace('_', '-')}",
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"},
                ]
            }
        ],
        "code": code,
        "subject": _patient(meta),
        "effectiveDateTime": meta.authored.isoformat(),
        "performer": [_reporter(meta)],
        "method": {"text": f"{instrument.id} {instrument.version} ({instrument.hash[:12]}), scale {scale.id}{policy}"},
        "derivedFrom": [{"reference": f"QuestionnaireResponse/{meta.response}"}],
    }
    if meta.reporter == "caregiver":  # an Observation has a patient, and says of whom else it is
        resource |= {"focus": [_reporter(meta)], **_contained(meta)}
    if score.value is None:
        system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
        resource["dataAbsentReason"] = {"coding": [{"system": system, "code": "unknown"}], "text": score.reason}
    else:
        unit = {"unit": "{score}", "system": "http://unitsofmeasure.org", "code": "{score}"}
        resource["valueQuantity"] = {"value": score.value, **unit}
    if scale.range is not None:
        low, high = scale.range
        resource["referenceRange"] = [{"text": f"possible scores: {low} to {high}"}]
    if score.band is not None:
        resource["interpretation"] = [{"text": score.band}]
    return resource


def observations(
    instrument: Instrument, scores: Mapping[str, ScaleScore], meta: ResponseMeta, imputation: str = NO_IMPUTATION
) -> list[Json]:
    """Every score of a response, in the order of the scales."""
    return [
        observation(instrument, scale, scores[scale.id], meta, imputation)
        for scale in instrument.scales
        if scale.id in scores
    ]
