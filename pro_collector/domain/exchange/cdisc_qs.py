"""SDTM QS: one record for each item, answered or not, each score, and each questionnaire that did not come. Pure.

Sources: SDTM Implementation Guide 3.4, domain QS, for names, order and use of the variables; the supplements for
questionnaires for NOT DONE and QSALL. The reference date (RFSTDTC) is the day of enrolment. QSEVAL is the variable of
the general class Findings. Free text has no record, because its words are not exported.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

from pro_collector.domain.exchange.cdisc_terms import Terms, category, item_code, item_label, scale_code, scale_label
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.research.missingness import LEFT, VisitStanding, standing
from pro_collector.domain.research.numbering import number_of_visit
from pro_collector.domain.research.tables import (
    ItemAnswer,
    ParticipantOfStudy,
    PlannedVisit,
    ResearchTable,
    ScaleValue,
    TimelineRecord,
)

Source = ItemAnswer | ScaleValue | None
"""What a record was made from."""
Given = TypeVar("Given", ItemAnswer, ScaleValue)
REASONS: Mapping[str, str] = {
    "declined": "SUBJECT REFUSED",
    "unanswered": "NOT ANSWERED",
    "not-asked": "NOT ASKED (SKIP LOGIC)",
    "not-applicable": "NOT APPLICABLE",
    "masked": "ERASED",
    "no-value": "NO VALUE BY THE SCORING RULE",
}
"""QSREASND by the status of an item or score; only `SUBJECT REFUSED` is a term that CDISC's examples use."""


@dataclass(frozen=True, slots=True)
class QsRecord:
    """One record of the domain QS."""

    STUDYID: Annotated[str, "Study Identifier"]
    DOMAIN: Annotated[str, "Domain Abbreviation"]
    USUBJID: Annotated[str, "Unique Subject Identifier"]
    QSSEQ: Annotated[int, "Sequence Number"]
    QSSPID: Annotated[str | None, "Sponsor-Defined Identifier"]
    QSTESTCD: Annotated[str, "Question Short Name"]
    QSTEST: Annotated[str, "Question Name"]
    QSCAT: Annotated[str, "Category of Question"]
    QSORRES: Annotated[str | None, "Finding in Original Units"]
    QSSTRESC: Annotated[str | None, "Character Result/Finding in Std Format"]
    QSSTRESN: Annotated[float | None, "Numeric Finding in Standard Units"]
    QSSTAT: Annotated[str | None, "Completion Status"]
    QSREASND: Annotated[str | None, "Reason Not Performed"]
    QSMETHOD: Annotated[str | None, "Method of Test or Examination"]
    QSDRVFL: Annotated[str | None, "Derived Flag"]
    QSEVAL: Annotated[str, "Evaluator"]
    VISITNUM: Annotated[float | None, "Visit Number"]
    VISIT: Annotated[str, "Visit Name"]
    VISITDY: Annotated[int | None, "Planned Study Day of Visit"]
    QSDTC: Annotated[str, "Date/Time of Finding"]
    QSDY: Annotated[int, "Study Day of Finding"]


QS = ResearchTable("qs", QsRecord, label="Questionnaires")


@dataclass(frozen=True, slots=True)
class StudyData:
    """The rows of one study from which its CDISC datasets are made; `assessments` in the order of the study file."""

    people: Sequence[ParticipantOfStudy]
    visits: Sequence[PlannedVisit]
    items: Sequence[ItemAnswer]
    scores: Sequence[ScaleValue]
    assessments: Sequence[str]
    terms: Terms
    events: Sequence[TimelineRecord] = ()
    instruments: Sequence[Instrument] = ()

    @property
    def subject_visits(self) -> list[PlannedVisit]:
        """The visits about the subjects. A caregiver's are about another person, who has no place in these domains."""
        return [visit for visit in self.visits if visit.reporter != "caregiver"]


def records(data: StudyData) -> Iterator[QsRecord]:
    """The domain, by subject, visit, questionnaire and item; QSSEQ counts from 1 in each subject."""
    return (record for record, _ in numbered(data))


def numbered(data: StudyData) -> Iterator[tuple[QsRecord, Source]]:
    """The records of the domain, each with the row that it was made from; None for one of a whole questionnaire."""
    visits: dict[UUID, list[PlannedVisit]] = {}
    for visit in sorted(data.subject_visits, key=lambda each: (each.due_at, each.visit_id)):
        visits.setdefault(visit.participant_id, []).append(visit)
    items = _by_visit(data.items, lambda each: (each.instrument, each.item_n))
    scores = _by_visit(data.scores, lambda each: (each.instrument, each.scale))
    for person in data.people:
        number = 0
        for visit in visits.get(person.participant_id, []):
            given, scored = items.get(visit.visit_id, []), scores.get(visit.visit_id, [])
            for record, source in _of_visit(data, person, visit, given, scored):
                number += 1
                yield replace(record, QSSEQ=number), source


def subject(person_or_row: ParticipantOfStudy | ScaleValue) -> str:
    """USUBJID: unique over all studies, because codes are unique in a study."""
    return f"{person_or_row.study}-{person_or_row.participant_code}"


def visit_number(data: StudyData, visit: PlannedVisit) -> float | None:
    """VISITNUM: the number of a visit; None for a report that nobody asked for."""
    number = number_of_visit(data.assessments, visit)
    return None if number is None else float(number)


def reason_text(reason: str | None) -> str | None:
    """The coded reason of a visit as CDISC writes reasons."""
    return (reason or "").replace("_", " ").upper() or None


def number_text(value: float) -> str:
    """A number as text, without a needless `.0`."""
    return f"{value:.12g}"


def _of_visit(
    data: StudyData, person: ParticipantOfStudy, visit: PlannedVisit, items: Sequence[ItemAnswer],
    scores: Sequence[ScaleValue],
) -> Iterator[tuple[QsRecord, Source]]:  # fmt: skip
    blank = _blank(data, person, visit)
    if items or scores:
        yield from ((_item(data.terms, blank, each), each) for each in items if not _is_free_text(each))
        yield from ((_score(data.terms, blank, each), each) for each in scores)
        missing = (
            set(visit.instruments.split())
            - {item.instrument for item in items}
            - {score.instrument for score in scores}
        )
    elif standing(person, visit) in LEFT | {VisitStanding.MISSING}:
        missing = set(visit.instruments.split())
    else:
        return
    for instrument in sorted(missing):
        reason = reason_text(visit.reason)
        whole = replace(
            blank,
            QSTESTCD="QSALL",
            QSTEST="Questionnaires",
            QSCAT=category(data.terms, instrument),
            QSSTAT="NOT DONE",
            QSREASND=reason,
        )
        yield whole, None


def _blank(data: StudyData, person: ParticipantOfStudy, visit: PlannedVisit) -> QsRecord:
    """What all records of one visit have in common."""
    on: date = visit.answered_on or visit.due_on
    day = visit.answered_day if visit.answered_day is not None else visit.due_day
    return QsRecord(
        STUDYID=person.study, DOMAIN="QS", USUBJID=subject(person), QSSEQ=0, QSSPID=None, QSTESTCD="", QSTEST="",
        QSCAT="", QSORRES=None, QSSTRESC=None, QSSTRESN=None, QSSTAT=None, QSREASND=None,
        QSMETHOD=None, QSDRVFL=None,
        QSEVAL="PROXY" if visit.reporter == "proxy" else "STUDY SUBJECT", VISITNUM=visit_number(data, visit),
        VISIT=visit.visit.upper(), VISITDY=visit.due_day if visit.planned else None, QSDTC=on.isoformat(), QSDY=day,
    )  # fmt: skip


def _item(terms: Terms, blank: QsRecord, item: ItemAnswer) -> QsRecord:
    named = replace(
        blank, QSSPID=str(item.response_id), QSTESTCD=item_code(terms, item.instrument, item.item),
        QSTEST=item_label(item.instrument, item.item), QSCAT=category(terms, item.instrument),
        QSMETHOD=_method(item.mode),
    )  # fmt: skip
    if item.status != "answered":
        return replace(named, QSSTAT="NOT DONE", QSREASND=REASONS[item.status])
    return replace(named, QSORRES=item.code, QSSTRESC=item.code, QSSTRESN=item.value)


def _score(terms: Terms, blank: QsRecord, score: ScaleValue) -> QsRecord:
    named = replace(
        blank, QSSPID=str(score.response_id), QSTESTCD=scale_code(terms, score.instrument, score.scale),
        QSTEST=scale_label(score.instrument, score.scale), QSCAT=category(terms, score.instrument), QSDRVFL="Y",
        QSMETHOD=_method(score.mode), QSDTC=score.on_day.isoformat(), QSDY=score.study_day,
    )  # fmt: skip
    if score.value is None:
        return replace(named, QSDRVFL=None, QSSTAT="NOT DONE", QSREASND=REASONS[score.status])
    return replace(named, QSSTRESC=number_text(score.value), QSSTRESN=score.value)


def _method(mode: str | None) -> str | None:
    """QSMETHOD; the last answer of a visit may have come in another way than this one, as a correction does."""
    return mode.upper() if mode else None


def _is_free_text(item: ItemAnswer) -> bool:
    return item.status == "answered" and item.code is None


def _by_visit(rows: Iterable[Given], order: Callable[[Given], tuple[str, int | str]]) -> dict[UUID, list[Given]]:
    found: dict[UUID, list[Given]] = {}
    for row in sorted(rows, key=order):
        found.setdefault(row.visit_id, []).append(row)
    return found
