"""What the page of a person makes of stored rows: treatment, the record, the baseline."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.scoring.trend import Trend, TrendPoint
from pro_collector.domain.study.definition import Study, load_study
from pro_collector.postgres.tables.opt_outs import OptOut
from pro_collector.postgres.tables.participants import ChangeRow, StateRow
from pro_collector.postgres.tables.timelines import TreatmentRow
from pro_collector.resources import SCHEMAS
from pro_collector.views.person_record import record_of, treatment_of
from pro_collector.views.person_scores import baseline_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHO = uuid4()
DAY = date(2026, 3, 3)


def study() -> Study:
    """The demo study."""
    return load_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml")


def said(
    kind: str, on: date, minute: int, root: UUID | None = None, *, retracted: bool = False, why: str = ""
) -> TreatmentRow:
    """A statement about treatment, in this minute."""
    id = uuid4()
    return TreatmentRow(
        id, WHO, root or id, kind, on, NOW + timedelta(minutes=minute), "nurse", why, retracted, None
    )  # fmt: skip


def test_treatment_is_what_is_believed_with_everything_that_was_said() -> None:
    start = said("treatment_start", DAY, 0)
    later = said("treatment_start", DAY + timedelta(days=2), 1, start.root_id, why="read it wrongly")
    cycle = said("cycle", DAY + timedelta(days=9), 2)
    gone = said("surgery", DAY, 3)
    never = said("surgery", DAY, 4, gone.root_id, retracted=True)
    told = treatment_of(study(), [start, later, cycle, gone, never])
    assert [(each.label, each.happened_on, each.number, each.days_after_first) for each in told] == [
        ("Start of treatment", date(2026, 3, 5), 1, 0),
        ("Treatment cycle", date(2026, 3, 12), 2, 7),
        ("Surgery", DAY, None, None),
    ]
    assert [(each.stands, each.corrected, len(each.statements)) for each in told] == [
        (True, True, 2), (True, False, 1), (False, False, 2),
    ]  # fmt: skip
    assert treatment_of(study(), []) == []


def test_the_record_has_everything_the_newest_first() -> None:
    start = said("treatment_start", DAY, 0)
    later = said("treatment_start", DAY + timedelta(days=2), 1, start.root_id, why="read it wrongly")
    hospital = StateRow(uuid4(), WHO, "hospital", DAY, DAY + timedelta(days=4), NOW + timedelta(minutes=2), "nurse", "")
    back = StateRow(
        uuid4(), WHO, "paused", DAY, None, NOW + timedelta(minutes=3), "nurse", "", None, NOW + timedelta(minutes=9),
        "boss", "a slip",
    )  # fmt: skip
    changes = [
        ChangeRow(uuid4(), WHO, "phone", None, None, NOW + timedelta(minutes=4), "nurse", "new phone"),
        ChangeRow(uuid4(), WHO, "arm", "treated", None, NOW + timedelta(minutes=5), "nurse", ""),
        ChangeRow(uuid4(), WHO, "state", "paused from 2026-03-03", None, NOW + timedelta(minutes=9), "boss", "a slip"),
    ]
    stops = [
        OptOut(
            "self", "sms", NOW + timedelta(minutes=6), "keyword", "participant", None, None, NOW + timedelta(minutes=7),
            "keyword", "participant", None,
        )
    ]  # fmt: skip
    lines = record_of(treatment_of(study(), [start, later]), [hospital, back], changes, stops)
    assert [(line.what, line.by, line.why) for line in lines] == [
        ("state paused from 2026-03-03: retracted", "boss", "a slip"),
        ("messages to phone on again (keyword)", "participant", ""),
        ("messages to phone stopped (keyword)", "participant", ""),
        ("arm: treated → nothing", "nurse", ""),
        ("phone changed", "nurse", "new phone"),
        ("state paused from 2026-03-03", "nurse", ""),
        ("state hospital from 2026-03-03 until 2026-03-07", "nurse", ""),
        ("Start of treatment: 2026-03-05, it was 2026-03-03", "nurse", "read it wrongly"),
        ("Start of treatment: 2026-03-03", "nurse", ""),
    ]


def test_the_baseline_is_the_last_score_up_to_the_first_event() -> None:
    scale = Scale(id="pain", title="Pain", items=("pain",), method="mean", range=(0, 10))
    points = [TrendPoint(DAY + timedelta(days=n), value) for n, value in enumerate([1.0, 2.0, None, 4.0])]
    trend = Trend("diary", "1", scale, points)
    assert baseline_of(trend, []) is None
    assert baseline_of(trend, [DAY - timedelta(days=1)]) is None
    assert baseline_of(trend, [DAY + timedelta(days=9), DAY + timedelta(days=2)]) == points[1]
    assert baseline_of(trend, [DAY + timedelta(days=3)]) == points[3]
