"""The tables of endpoints: what a row is, and what each of its columns means. One table for each kind of endpoint.

Each row also says who it is about, so that a mixed model, or a comparison between arms, needs no other table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pro_collector.domain.research.tables import Arm, ParticipantId, Pseudonym, ResearchTable, Site, Study

Baseline = Annotated[float | None, "score at baseline; empty: there is none"]
Number = Annotated[int | None, "number of the visit, as VISITNUM of the CDISC datasets"]
Name = Annotated[str | None, "name of the visit, as in the table `visits`"]
Day = Annotated[int | None, "days since day 0 of the endpoint file"]


@dataclass(frozen=True, slots=True)
class OfParticipant:
    """Whom a row of an endpoint is about."""

    study: Study
    endpoint: Annotated[str, "endpoint, as its file names it"]
    participant_code: Pseudonym
    participant_id: ParticipantId
    site: Site
    arm: Arm
    sex: Annotated[str | None, "sex, as it was enrolled"]
    age_at_enrolment: Annotated[int | None, "completed years on the day of enrolment"]


@dataclass(frozen=True, slots=True)
class ChangeAtVisit(OfParticipant):
    """The change from baseline of one participant at one visit; a missed visit has a row without a score."""

    visit: Annotated[str, "name of the visit, as in the table `visits`"]
    visit_number: Annotated[int, "its number, as VISITNUM of the CDISC datasets"]
    standing: Annotated[str, "complete, partial, missing, withdrew, off_study: as in the table `reasons`"]
    day: Annotated[int, "days since day 0 of the endpoint file"]
    score: Annotated[float | None, "score; empty: none"]
    is_baseline: Annotated[bool, "whether this is the baseline"]
    base: Baseline
    change: Annotated[float | None, "score minus baseline, after the baseline"]
    percent: Annotated[float | None, "change in per cent of the baseline; empty for a baseline of 0"]
    category: Annotated[str | None, "improved, stable, deteriorated: by the difference that matters"]


@dataclass(frozen=True, slots=True)
class ResponseOfParticipant(OfParticipant):
    """Whether one participant responded."""

    response: Annotated[str, "responder, non-responder or missing"]
    why: Annotated[str, "score, no-baseline, no-score or died"]
    visit: Name
    visit_number: Number
    base: Baseline
    score: Annotated[float | None, "score of that visit"]


@dataclass(frozen=True, slots=True)
class DeteriorationOfParticipant(OfParticipant):
    """The time of one participant to deterioration, to death, or to the end of what is known."""

    status: Annotated[str, "censored, deteriorated, died or excluded"]
    why: Annotated[str, "deteriorated, died, last-score, gap, no-baseline, no-follow-up or no-room"]
    event: Annotated[int | None, "0 censored, 1 event, 2 competing event; empty: excluded"]
    time: Annotated[float | None, "time, in the unit that the manifest names"]
    day: Day
    visit: Name
    visit_number: Number
    base: Baseline
    score: Annotated[float | None, "score that deteriorated, or the last one before the end"]


@dataclass(frozen=True, slots=True)
class AreaOfParticipant(OfParticipant):
    """The area under the curve of one participant."""

    area: Annotated[float | None, "area, or mean level, as the endpoint file chose"]
    why: Annotated[str, "scores, no-baseline, no-follow-up or ended-early"]
    days: Annotated[int, "days from the baseline to the end of the area"]
    scores: Annotated[int, "scores in these days"]


@dataclass(frozen=True, slots=True)
class WorstGradeOfParticipant(OfParticipant):
    """The worst grade of one participant after the baseline."""

    base: Baseline
    worst: Annotated[float | None, "highest grade after the baseline"]
    adjusted: Annotated[float | None, "the same if above the baseline, else 0"]
    present: Annotated[bool | None, "whether the adjusted grade says that the symptom was there"]
    severe: Annotated[bool | None, "whether the adjusted grade is severe"]
    present_unadjusted: Annotated[bool | None, "the same of the highest grade"]
    severe_unadjusted: Annotated[bool | None, "the same of the highest grade"]
    visit: Name
    visit_number: Number
    scores: Annotated[int, "scores after the baseline"]


AnyEndpointRow = (
    ChangeAtVisit | ResponseOfParticipant | DeteriorationOfParticipant | AreaOfParticipant | WorstGradeOfParticipant
)
BY_KIND: Mapping[str, ResearchTable] = {
    "change": ResearchTable("change", ChangeAtVisit),
    "responder": ResearchTable("responder", ResponseOfParticipant),
    "time-to-deterioration": ResearchTable("time-to-deterioration", DeteriorationOfParticipant),
    "area-under-curve": ResearchTable("area-under-curve", AreaOfParticipant),
    "worst-grade": ResearchTable("worst-grade", WorstGradeOfParticipant),
}
"""The table of each kind of endpoint."""
