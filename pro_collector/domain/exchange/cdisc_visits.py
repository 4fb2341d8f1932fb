"""SDTM SV and SE: the visits of each participant, and the stretches of time that their treatment events begin. Pure.

Sources: SDTM Implementation Guide 3.4, domains SV and SE. A visit that did not take place has a record with SVOCCUR N
and the reason. SE: a study file plans events, not elements; so an element here begins with each treatment event and
lasts until the next one; so does an element after a crossover. Its codes are our own, and there is no trial design
(TA, TE) beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from pro_collector.domain.exchange.cdisc_qs import StudyData, reason_text, subject, visit_number
from pro_collector.domain.exchange.cdisc_terms import LONGEST_CODE, LONGEST_LABEL, own_code
from pro_collector.domain.research.missingness import LEFT, RECEIVED, VisitStanding, standing
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit, ResearchTable, TimelineRecord


@dataclass(frozen=True, slots=True)
class SvRecord:
    """One record of the domain SV."""

    STUDYID: Annotated[str, "Study Identifier"]
    DOMAIN: Annotated[str, "Domain Abbreviation"]
    USUBJID: Annotated[str, "Unique Subject Identifier"]
    VISITNUM: Annotated[float, "Visit Number"]
    VISIT: Annotated[str, "Visit Name"]
    SVPRESP: Annotated[str, "Pre-specified"]
    SVOCCUR: Annotated[str, "Occurrence"]
    SVREASOC: Annotated[str | None, "Reason for Occur Value"]
    VISITDY: Annotated[int, "Planned Study Day of Visit"]
    SVSTDTC: Annotated[str | None, "Start Date/Time of Observation"]
    SVENDTC: Annotated[str | None, "End Date/Time of Observation"]
    SVSTDY: Annotated[int | None, "Study Day of Start of Observation"]
    SVENDY: Annotated[int | None, "Study Day of End of Observation"]


@dataclass(frozen=True, slots=True)
class SeRecord:
    """One record of the domain SE."""

    STUDYID: Annotated[str, "Study Identifier"]
    DOMAIN: Annotated[str, "Domain Abbreviation"]
    USUBJID: Annotated[str, "Unique Subject Identifier"]
    SESEQ: Annotated[int, "Sequence Number"]
    ETCD: Annotated[str, "Element Code"]
    ELEMENT: Annotated[str, "Description of Element"]
    SESTDTC: Annotated[str, "Start Date/Time of Element"]
    SEENDTC: Annotated[str | None, "End Date/Time of Element"]
    SESTDY: Annotated[int, "Study Day of Start of Element"]
    SEENDY: Annotated[int | None, "Study Day of End of Element"]


SV = ResearchTable("sv", SvRecord, label="Subject Visits")
SE = ResearchTable("se", SeRecord, label="Subject Elements")


def visit_records(data: StudyData) -> Iterator[SvRecord]:
    """The domain SV: a visit of one number, whoever reported at it; visits that are still to come are left out."""
    visits: dict[UUID, list[PlannedVisit]] = {}
    for visit in data.subject_visits:
        visits.setdefault(visit.participant_id, []).append(visit)
    for person in data.people:
        own: dict[float, list[PlannedVisit]] = {}
        for visit in visits.get(person.participant_id, []):
            number = visit_number(data, visit)
            if number is not None and _is_decided(person, visit):
                own.setdefault(number, []).append(visit)
        yield from (_visit(person, number, own[number]) for number in sorted(own))


def element_records(data: StudyData) -> Iterator[SeRecord]:
    """The domain SE: from enrolment, each treatment event and each crossover, to the next of them or to the end."""
    events: dict[UUID, list[TimelineRecord]] = {}
    for event in data.events:
        events.setdefault(event.participant_id, []).append(event)
    for person in data.people:
        starts = sorted(
            (event.happened_on, _element_name(event))
            for event in events.get(person.participant_id, [])
            if event.believed and (event.source == "treatment" or event.to_arm is not None)
            and (event.happened_on, event.kind) != (person.off_study_on, person.off_study_reason)
        )  # fmt: skip
        begun = sorted([(person.enrolled_on, "enrolled"), *starts], key=lambda start: start[0])
        ends = [*(on for on, _ in begun[1:]), person.off_study_on]
        for n, ((on, kind), end) in enumerate(zip(begun, ends, strict=True), 1):
            yield _element(person, n, kind, on, end)


def element_code(study: str, kind: str) -> str:
    """ETCD: the name of the event if it is short enough, else a code of our own."""
    name = kind.replace("_", "").upper()
    return name if len(name) <= LONGEST_CODE else own_code(study, "element", kind)


def _element_name(event: TimelineRecord) -> str:
    """What begins with an event: after a crossover, the time in another arm."""
    return event.kind if event.to_arm is None else f"crossed over to {event.to_arm}"


def day_number(person: ParticipantOfStudy, on: date) -> int:
    """The day of the study; there is no day 0."""
    days = (on - person.enrolled_on).days
    return days + 1 if days >= 0 else days


def _is_decided(person: ParticipantOfStudy, visit: PlannedVisit) -> bool:
    return standing(person, visit) in RECEIVED | LEFT | {VisitStanding.MISSING}


def _visit(person: ParticipantOfStudy, number: float, visits: Sequence[PlannedVisit]) -> SvRecord:
    days = sorted(
        visit.answered_on for visit in visits if standing(person, visit) in RECEIVED and visit.answered_on is not None
    )
    first = visits[0]
    return SvRecord(
        STUDYID=person.study, DOMAIN="SV", USUBJID=subject(person), VISITNUM=number, VISIT=first.visit.upper(),
        SVPRESP="Y", SVOCCUR="Y" if days else "N", SVREASOC=None if days else reason_text(first.reason),
        VISITDY=first.due_day, SVSTDTC=days[0].isoformat() if days else None,
        SVENDTC=days[-1].isoformat() if days else None, SVSTDY=day_number(person, days[0]) if days else None,
        SVENDY=day_number(person, days[-1]) if days else None,
    )  # fmt: skip


def _element(person: ParticipantOfStudy, n: int, kind: str, on: date, end: date | None) -> SeRecord:
    return SeRecord(
        STUDYID=person.study, DOMAIN="SE", USUBJID=subject(person), SESEQ=n, ETCD=element_code(person.study, kind),
        ELEMENT=kind.replace("_", " ").upper()[:LONGEST_LABEL], SESTDTC=on.isoformat(),
        SEENDTC=None if end is None else end.isoformat(), SESTDY=day_number(person, on),
        SEENDY=None if end is None else day_number(person, end),
    )  # fmt: skip
