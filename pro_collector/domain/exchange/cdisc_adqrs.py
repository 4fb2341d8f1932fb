"""ADQRS, an analysis dataset of scores in the Basic Data Structure of ADaM: baseline and change from it. Pure.

One record for each score with a value. CRIT1 and CRIT2 say whether it is worse, or better, than the baseline by the
difference that the questionnaire's definition names, if it names exactly one. The analysis window is that of the visit,
in days of the study. TRTP is the arm at enrolment, TRTA that on the day of the visit, after a crossover. Self and proxy
are never mixed: each has a baseline of their own. The baseline is the last value on or before a day that the caller
gives for each participant; without such days, the first value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from pro_collector.domain.endpoints.difference import reaches
from pro_collector.domain.exchange.cdisc_qs import StudyData, subject, visit_number
from pro_collector.domain.exchange.cdisc_terms import LONGEST_LABEL, category, scale_code, scale_label
from pro_collector.domain.research.tables import ParticipantOfStudy, PlannedVisit, ResearchTable, ScaleValue


@dataclass(frozen=True, slots=True)
class AdqrsRecord:
    """One record of the dataset ADQRS."""

    STUDYID: Annotated[str, "Study Identifier"]
    USUBJID: Annotated[str, "Unique Subject Identifier"]
    SUBJID: Annotated[str, "Subject Identifier for the Study"]
    SITEID: Annotated[str | None, "Study Site Identifier"]
    TRTP: Annotated[str | None, "Planned Treatment"]
    TRTA: Annotated[str | None, "Actual Treatment"]
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
    CRIT1: Annotated[str | None, "Analysis Criterion 1"]
    CRIT1FL: Annotated[str | None, "Criterion 1 Evaluation Result Flag"]
    CRIT2: Annotated[str | None, "Analysis Criterion 2"]
    CRIT2FL: Annotated[str | None, "Criterion 2 Evaluation Result Flag"]
    AWTARGET: Annotated[int, "Analysis Window Target"]
    AWTDIFF: Annotated[int, "Analysis Window Diff from Target"]
    AWLO: Annotated[int, "Analysis Window Beginning Timepoint"]
    AWHI: Annotated[int, "Analysis Window Ending Timepoint"]
    AWU: Annotated[str, "Analysis Window Unit"]
    SRCDOM: Annotated[str, "Source Data"]
    SRCSPID: Annotated[str, "Response in QS.QSSPID"]


ADQRS = ResearchTable("adqrs", AdqrsRecord, label="Questionnaire Scores Analysis Dataset")


def records(data: StudyData, first_day: Mapping[UUID, date] | None = None) -> Iterator[AdqrsRecord]:
    """The dataset, by subject, parameter and date. `first_day`: by participant, the day of the event of the baseline.

    With `first_day`, whoever has no such day, or no value by then, has no baseline.
    """
    people = {person.participant_id: person for person in data.people}
    visits = {visit.visit_id: visit for visit in data.subject_visits}
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


class Criterion(NamedTuple):
    """A change of at least `points` in one direction: `sign` is 1 if a higher score meets it, else -1."""

    text: str
    sign: int
    points: float

    def flag(self, change: float | None) -> str | None:
        """Whether a change meets it; None without a change."""
        return None if change is None else "Y" if reaches(self.sign * change, self.points, True) else "N"


def _criteria(data: StudyData, score: ScaleValue) -> tuple[Criterion | None, Criterion | None]:
    """When a score is worse, and when it is better; None if no single difference or no direction is published."""
    known = next((one for one in reversed(data.instruments) if one.id == score.instrument), None)
    scale = None if known is None else known.scale(score.scale)
    if scale is None or len(scale.changes) != 1 or scale.direction == "none":
        return None, None
    points, sign = float(scale.changes[0].points), 1 if scale.direction == "higher-is-worse" else -1
    return Criterion(f"Worse by >= {points:g}", sign, points), Criterion(f"Better by >= {points:g}", -sign, points)


def _later(day: int, days: int) -> int:
    """A day of the study so many days later; there is no day 0."""
    moved = (day - 1 if day > 0 else day) + days
    return moved + 1 if moved >= 0 else moved


def _record(
    data: StudyData, person: ParticipantOfStudy, visit: PlannedVisit, score: ScaleValue, base: ScaleValue | None
) -> AdqrsRecord:  # fmt: skip
    value = score.value or 0.0
    start = None if base is None else base.value
    after = base is not None and (score.completed_at, score.response_id) > (base.completed_at, base.response_id)
    change = value - start if after and start is not None else None
    worse, better = _criteria(data, score)
    diff = abs((score.on_day - visit.due_on).days)
    return AdqrsRecord(
        STUDYID=person.study,
        USUBJID=subject(person),
        SUBJID=person.participant_code,
        SITEID=person.site,
        TRTP=person.arm,
        TRTA=score.arm,
        AGE=person.age_at_enrolment,
        SEX=person.sex,
        PARAMCD=scale_code(data.terms, score.instrument, score.scale),
        PARAM=scale_label(score.instrument, score.scale),
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
        CRIT1=worse.text if worse else None,
        CRIT1FL=worse.flag(change) if worse else None,
        CRIT2=better.text if better else None,
        CRIT2FL=better.flag(change) if better else None,
        AWTARGET=visit.due_day,
        AWTDIFF=diff,
        AWLO=_later(visit.due_day, (visit.opens_at - visit.due_at).days),
        AWHI=_later(visit.due_day, (visit.closes_at - visit.due_at).days),
        AWU="DAYS",
        SRCDOM="QS",
        SRCSPID=str(score.response_id),
    )
