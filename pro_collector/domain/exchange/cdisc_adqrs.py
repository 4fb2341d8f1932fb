"""ADQRS, an analysis dataset of scores in the Basic Data Structure of ADaM: baseline and change from it. Pure.

One record for each score with a value. Self and proxy are never mixed: each has a baseline of their own. The baseline
is the last value on or before a day that the caller gives for each participant; without such days, the first value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from pro_collector.domain.exchange.cdisc_qs import StudyData, subject, visit_number
from pro_collector.domain.exchange.cdisc_terms import LONGEST_LABEL, category, label, scale_code
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit, ResearchTable, ScaleValue


@dataclass(frozen=True, slots=True)
class AdqrsRecord:
    """One record of the dataset ADQRS."""

    STUDYID: Annotated[str, "Study Identifier"]
    USUBJID: Annotated[str, "Unique Subject Identifier"]
    SUBJID: Annotated[str, "Subject Identifier for the Study"]
    SITEID: Annotated[str | None, "Study Site Identifier"]
    TRTP: Annotated[str | None, "Planned Treatment"]
    AGE: Annotated[int | None, "Age"]
    SEX: Annotated[str | None, "Sex"]
    PARAMCD: Annotated[str, "Parameter Code"]
    PARAM: Annotated[str, "Parameter"]
    PARCAT1: Annotated[str, "Parameter Category 1"]
    PARQUAL: Annotated[str, "Parameter Qualifier"]
    AVAL: Annotated[float, "Analysis Value"]
    AVISIT: Annotated[str, "Analysis Visit"]
    AVISITN: Annotated[float | None, "Analysis Visit (N)"]
    ADT: Annotated[date, "Analysis Date"]
    ADY: Annotated[int, "Analysis Relative Day"]
    ABLFL: Annotated[str | None, "Baseline Record Flag"]
    BASE: Annotated[float | None, "Baseline Value"]
    CHG: Annotated[float | None, "Change from Baseline"]
    PCHG: Annotated[float | None, "Percent Change from Baseline"]
    SRCDOM: Annotated[str, "Source Data"]
    SRCSPID: Annotated[str, "Response in QS.QSSPID"]


ADQRS = ResearchTable("adqrs", AdqrsRecord, label="Questionnaire Scores Analysis Dataset")


def records(data: StudyData, first_day: Mapping[UUID, date] | None = None) -> Iterator[AdqrsRecord]:
    """The dataset, by subject, parameter and date. `first_day`: by participant, the day of the event of the baseline.

    With `first_day`, whoever has no such day, or no value by then, has no baseline.
    """
    people = {person.participant_id: person for person in data.people}
    visits = {visit.visit_id: visit for visit in data.visits}
    series: dict[tuple[str, str, str, str], list[ScaleValue]] = {}
    for score in data.scores:
        if score.value is not None and score.participant_id in people and score.visit_id in visits:
            key = (subject(score), score.instrument, score.scale, score.reporter)
            series.setdefault(key, []).append(score)
    for key in sorted(series):
        values = sorted(series[key], key=lambda score: (score.completed_at, score.response_id))
        person = people[values[0].participant_id]
        base = baseline(values, None if first_day is None else first_day.get(person.participant_id, date.min))
        for score in values:
            yield _record(data, person, visits[score.visit_id], score, base)


def baseline(values: Sequence[ScaleValue], by: date | None) -> ScaleValue | None:
    """The score from which the others are counted, of scores in order of time; `by` None: the first of them."""
    before: Iterable[ScaleValue] = values[:1] if by is None else [score for score in values if score.on_day <= by]
    return next(iter(reversed(list(before))), None)


def _record(
    data: StudyData, person: ParticipantOfStudy, visit: PlannedVisit, score: ScaleValue, base: ScaleValue | None
) -> AdqrsRecord:  # fmt: skip
    value = score.value or 0.0
    start = None if base is None else base.value
    after = base is not None and (score.completed_at, score.response_id) > (base.completed_at, base.response_id)
    change = value - start if after and start is not None else None
    return AdqrsRecord(
        STUDYID=person.study,
        USUBJID=subject(person),
        SUBJID=person.participant_code,
        SITEID=person.site,
        TRTP=person.arm,
        AGE=person.age_at_enrolment,
        SEX=person.sex,
        PARAMCD=scale_code(data.terms, score.instrument, score.scale),
        PARAM=label(score.instrument, score.scale),
        PARCAT1=category(data.terms, score.instrument),
        PARQUAL="PROXY" if score.reporter == "proxy" else "STUDY SUBJECT",
        AVAL=value,
        AVISIT=visit.visit.upper()[: 5 * LONGEST_LABEL],
        AVISITN=visit_number(data, visit),
        ADT=score.on_day,
        ADY=score.study_day,
        ABLFL="Y" if score is base else None,
        BASE=start,
        CHG=change,
        PCHG=100 * change / start if change is not None and start else None,
        SRCDOM="QS",
        SRCSPID=str(score.response_id),
    )
