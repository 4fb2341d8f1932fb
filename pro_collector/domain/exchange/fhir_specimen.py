"""Writes a specimen that was taken at a treatment event as the FHIR resource Specimen (R4 and R5 alike). Pure."""

from pro_collector.domain.exchange.fhir_terms import Json
from pro_collector.domain.research.tables import TimelineRecord


def specimen(taken: TimelineRecord) -> Json:
    """The specimen of a statement that has one. Its id is the event's; a system that is no URI is the assigner."""
    identifier: Json = {"value": taken.specimen_id}
    if taken.specimen_system:
        is_uri = ":" in taken.specimen_system
        identifier |= {"system": taken.specimen_system} if is_uri else {"assigner": {"display": taken.specimen_system}}
    return {
        "resourceType": "Specimen",
        "id": str(taken.event_id),
        "identifier": [identifier],
        **({"type": {"text": taken.specimen_kind}} if taken.specimen_kind else {}),
        "subject": {"reference": f"Patient/{taken.participant_id}"},
        "collection": {"collectedDateTime": taken.happened_on.isoformat()},
    }
