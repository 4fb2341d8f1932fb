"""What surrounds responses and scores in FHIR R4: study, subjects, pseudonymous patients, treatment, and placements."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pro_collector.domain.event import derived_id
from pro_collector.domain.exchange.fhir_terms import Json
from pro_collector.domain.placement import Placement
from pro_collector.domain.research.tables import ParticipantOfStudy, ScoreStatus, TimelineRecord
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.event_kind import FhirOfEvent

PLACEMENT = "urn:pro-collector:fhir:placement"
"""The extension of an Observation that says where the score is in the study and in the treatment."""
_ABSENT_REASONS: Mapping[ScoreStatus, str] = {
    "unanswered": "unknown", "declined": "asked-declined", "masked": "masked", "not-applicable": "not-applicable",
    "not-asked": "not-asked", "no-value": "unsupported",
}  # fmt: skip
_GENDERS = {"female": "female", "f": "female", "male": "male", "m": "male"}


def patient(person: ParticipantOfStudy) -> Json:
    """A participant by pseudonym: no name, no address, no date of birth."""
    gender = {"gender": _GENDERS.get(person.sex.lower(), "other")} if person.sex else {}
    died = {"deceasedDateTime": person.died_on.isoformat()} if person.died_on else {}
    return {
        "resourceType": "Patient",
        "id": str(person.participant_id),
        "identifier": [_pseudonym(person)],
        **gender,
        **died,
    }


def research_study(study: Study, name: str) -> Json:
    """The study with its arms."""
    arms = [{"name": arm, "description": _label(each.label)} for arm, each in study.arms.items()]
    return {
        "resourceType": "ResearchStudy",
        "id": study_id(name),
        "identifier": [{"system": "urn:pro-collector:study", "value": name}],
        "title": _label(study.title),
        "status": "active",
        **({"arm": arms} if arms else {}),
    }


def research_subject(person: ParticipantOfStudy) -> Json:
    """What a participant is in the study, since when and until when."""
    status = "withdrawn" if person.withdrew_on else "off-study" if person.off_study_on else "on-study"
    end = {"end": person.off_study_on.isoformat()} if person.off_study_on else {}
    return {
        "resourceType": "ResearchSubject",
        "id": str(derived_id("fhir", "ResearchSubject", person.participant_id)),
        "identifier": [_pseudonym(person)],
        "status": status,
        "period": {"start": person.enrolled_on.isoformat(), **end},
        "study": {"reference": f"ResearchStudy/{study_id(person.study)}"},
        "individual": {"reference": f"Patient/{person.participant_id}"},
        **({"assignedArm": person.arm} if person.arm else {}),
    }


def treatment(event: TimelineRecord, said: FhirOfEvent, label: str) -> Json:
    """A treatment event: as it is believed, or `entered-in-error` if it was retracted."""
    own = {"system": f"urn:pro-collector:event:{event.study}", "code": event.kind}
    code = {"text": label, "coding": [*(each.model_dump(exclude_none=True) for each in said.codes), own]}
    shared = {
        "resourceType": said.resource,
        "id": str(event.event_id),
        "meta": {"lastUpdated": event.recorded_at.isoformat()},
        "status": "entered-in-error" if event.retracted else "completed",
        "subject": {"reference": f"Patient/{event.participant_id}"},
    }
    day = event.happened_on.isoformat()
    if said.resource == "Procedure":
        return {**shared, "code": code, "performedDateTime": day}
    return {**shared, "medicationCodeableConcept": code, "effectiveDateTime": day}


def placed(observation: Json, place: Placement, status: ScoreStatus, scored_at: datetime) -> Json:
    """An Observation with its place in the treatment, and the true reason if it has no value."""
    parts: list[Json] = [
        {"url": name.replace("_", "-"), "valueInteger": value}
        for name in ("study_day", "cycle", "cycle_day", "days_since_anchor")
        if (value := getattr(place, name)) is not None
    ]
    parts += [
        {"url": name.replace("_", "-"), "valueString": value}
        for name in ("visit", "anchor", "site", "arm")
        if (value := getattr(place, name)) is not None
    ]
    parts += [
        {"url": "days-since", "extension": [{"url": "event", "valueCode": kind}, {"url": "days", "valueInteger": days}]}
        for kind, days in sorted(place.days_since.items())
    ]
    made = {**observation, "meta": {"lastUpdated": scored_at.isoformat()}}
    made["extension"] = [{"url": PLACEMENT, "extension": parts}]
    if status != "scored":
        absent = made["dataAbsentReason"]
        system = absent["coding"][0]["system"]
        made["dataAbsentReason"] = {**absent, "coding": [{"system": system, "code": _ABSENT_REASONS[status]}]}
    return made


def study_id(study: str) -> str:
    """The id of a study's ResearchStudy."""
    return str(derived_id("fhir", "ResearchStudy", study))


def participant_of(resource: Json) -> UUID:
    """Whose response or score a resource is."""
    return UUID(resource["subject"]["reference"].removeprefix("Patient/"))


def _pseudonym(person: ParticipantOfStudy) -> Json:
    return {"system": f"urn:pro-collector:participant:{person.study}", "value": person.participant_code}


def _label(texts: Mapping[str, str]) -> str:
    return texts.get("en") or texts[min(texts)]
