"""A made-up study for the tests of CDISC's forms: who answers, declines, misses a visit, dies, and has a proxy."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid5

from pro_collector.domain.exchange.cdisc_qs import StudyData
from pro_collector.domain.exchange.cdisc_terms import InstrumentTerms
from pro_collector.domain.research.tables import (
    ItemAnswer,
    ItemStatus,
    PlannedVisit,
    ScaleValue,
    ScoreStatus,
    TimelineRecord,
)
from tests.unit.domain.research.made_up import DAY_ONE, left, person, visit

ANN, CAT = person("ann", sex="female"), left("cat", "died", 10)
TERMS = {"diary": InstrumentTerms("a made-up source", None, {"pain": "DIA0101"}, {"burden": "DIA0109"})}
DONE = [visit(ANN, n, "completed", "answered") for n in (1, 2, 3)]
OTHERS = [
    visit(ANN, 4, "missed", "no_answer"), visit(ANN, 5, "planned"), visit(ANN, 6, "cancelled", "budget"),
    visit(CAT, 3, "cancelled", "died"),
]  # fmt: skip


def item(of: PlannedVisit, n: int, name: str, status: ItemStatus, value: float | None = None) -> ItemAnswer:
    """One item of the diary at a visit."""
    return ItemAnswer(
        study=of.study, participant_code=of.participant_code, participant_id=of.participant_id, site=of.site,
        arm=of.arm, visit_id=of.visit_id, visit=of.visit, response_id=uuid5(of.visit_id, "diary"), instrument="diary",
        instrument_version="1.0.0", item_n=n, item=name, status=status, value=value,
        code=None if value is None else f"{value:g}", reporter=of.reporter, mode="sms", language="en",
        answered_at=of.due_at, late=False, corrected_by=None,
    )  # fmt: skip


def score(of: PlannedVisit, value: float | None, status: ScoreStatus = "scored", **changed: str) -> ScaleValue:
    """The score of the diary at a visit."""
    made = ScaleValue(
        study=of.study, participant_code=of.participant_code, participant_id=of.participant_id, site=of.site,
        arm=of.arm, visit_id=of.visit_id, visit=of.visit, response_id=uuid5(of.visit_id, "diary"), instrument="diary",
        instrument_version="1.0.0", scale="burden", value=value, status=status, items_answered=1, items_expected=1,
        band=None, reporter=of.reporter, mode="sms", completed_at=of.due_at, on_day=of.due_on, study_day=of.due_day,
        cycle=None, cycle_day=None, assessment=of.assessment, visit_n=of.visit_n, anchor=of.anchor, anchor_n=1,
        days_since_anchor=0, scoring_version="h", scored_at=of.due_at,
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


def event(kind: str, day: int, *, believed: bool = True, **fields: str) -> TimelineRecord:
    """A treatment event of Ann on a day of the study."""
    made = TimelineRecord(
        study="s", participant_code="ann", participant_id=ANN.participant_id, site="a", arm="x",
        event_id=uuid5(ANN.participant_id, kind), record_id=uuid5(ANN.participant_id, f"{kind}{day}{believed}"),
        source="treatment", kind=kind, n=1 if believed else None, happened_on=DAY_ONE + timedelta(days=day - 1),
        ends_on=None, study_day=day, recorded_at=DONE[0].due_at, superseded_at=None, retracted=not believed,
        believed=believed,
    )  # fmt: skip
    return replace(made, **fields)  # type: ignore[arg-type]


ITEMS = [
    item(DONE[0], 1, "pain", "answered", 7), item(DONE[0], 2, "sleep", "declined"),
    item(DONE[0], 3, "vomiting", "not-asked"), item(DONE[0], 4, "worry", "unanswered"),
    item(DONE[0], 5, "remarks", "answered"), item(DONE[1], 1, "pain", "answered", 3),
]  # fmt: skip
SCORES = [score(DONE[0], 40.0), score(DONE[1], 50.0), score(DONE[2], None, "unanswered")]
EVENTS = [
    event("cycle", 3), event("cycle", 2, believed=False), event("treatment_start", 3),
    event("surgery", 20, specimen_id="T-77", specimen_kind="tumour", specimen_system="biobank"),
]  # fmt: skip
DATA = StudyData([ANN, CAT], [*DONE, *OTHERS], ITEMS, SCORES, ["baseline", "weekly"], TERMS, EVENTS)
