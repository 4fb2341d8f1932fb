"""SDTM BE (biospecimen events): one record for each specimen that was taken at a treatment event. Pure.

Source: SDTM Implementation Guide 3.4, domain BE, for names, order and use of the variables. The kind of the specimen is
the subcategory; the system that keeps it has no variable here, and stands in the table `events`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pro_collector.domain.exchange.cdisc_qs import StudyData, subject
from pro_collector.domain.research.tables import ParticipantOfStudy, ResearchTable, TimelineRecord


@dataclass(frozen=True, slots=True)
class BeRecord:
    """One record of the domain BE."""

    STUDYID: Annotated[str, "Study Identifier"]
    DOMAIN: Annotated[str, "Domain Abbreviation"]
    USUBJID: Annotated[str, "Unique Subject Identifier"]
    BESEQ: Annotated[int, "Sequence Number"]
    BEREFID: Annotated[str, "Reference ID"]
    BETERM: Annotated[str, "Reported Term for the Biospecimen Event"]
    BECAT: Annotated[str, "Category for Biospecimen Event"]
    BESCAT: Annotated[str | None, "Subcategory for Biospecimen Event"]
    BESTDTC: Annotated[str, "Start Date/Time of Biospecimen Event"]
    BESTDY: Annotated[int, "Study Day of Start of Biospecimen Event"]


BE = ResearchTable("be", BeRecord, label="Biospecimen Events")


def records(data: StudyData) -> Iterator[BeRecord]:
    """The domain, by participant and day; what is not believed any more is left out."""
    taken: dict[UUID, list[TimelineRecord]] = {}
    for event in data.events:
        if event.believed and event.specimen_id is not None:
            taken.setdefault(event.participant_id, []).append(event)
    for person in data.people:
        own = sorted(taken.get(person.participant_id, []), key=lambda event: (event.happened_on, str(event.event_id)))
        yield from (_record(person, n, event) for n, event in enumerate(own, 1))


def _record(person: ParticipantOfStudy, n: int, event: TimelineRecord) -> BeRecord:
    return BeRecord(
        STUDYID=person.study, DOMAIN="BE", USUBJID=subject(person), BESEQ=n, BEREFID=event.specimen_id or "",
        BETERM=event.kind.replace("_", " ").upper(), BECAT="COLLECTION",
        BESCAT=event.specimen_kind.upper() if event.specimen_kind else None, BESTDTC=event.happened_on.isoformat(),
        BESTDY=event.study_day,
    )  # fmt: skip
