"""Reads what a hospital's own bus reports, as records of a feed."""

from pro_collector.domain.events import TreatmentReported
from pro_collector.domain.feed.record import Specimen, TreatmentRecord, record_id


def record_of(event: TreatmentReported) -> TreatmentRecord:
    """The version of a record that an event reports."""
    specimen = Specimen(event.specimen_id, event.specimen_kind, event.specimen_system) if event.specimen_id else None
    return TreatmentRecord(
        id=record_id(event.study, event.feed, event.record), source_id=event.record, code=event.code, kind=event.kind,
        on=event.on, changed_at=event.occurred_at, deleted=event.deleted, cycle=event.cycle, dose=event.dose,
        specimen=specimen,
    )  # fmt: skip
