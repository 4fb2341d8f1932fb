"""The scores of a person over time: one series for each scale and reporter, all on one axis beside the treatment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pro_collector.commands.own_trends import load_trends
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.scoring.trend import Trend, TrendPoint
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from scheduler.rules import Reporter
from scheduler.values import REPORTERS


@dataclass(frozen=True, slots=True)
class ScaleOfPerson:
    """One scale as one reporter answered it. `baseline`: the last score up to the first event of the treatment.

    `matters`: which change matters and who says so, for each published one.
    """

    title: str
    instrument: str
    reporter: Reporter
    trend: Trend
    baseline: TrendPoint | None
    matters: Sequence[str]


@dataclass(frozen=True, slots=True)
class ScoresOfPerson:
    """Every scale that has a score, each reporter apart, and the days of the axis that all share; None without any.

    Those of the caregiver, who answers about themselves, come last.
    """

    scales: Sequence[ScaleOfPerson]
    span: tuple[date, date] | None


async def scores_of(
    tx: Tx, rt: Runtime, person: ParticipantRow, rows: Sequence[OccasionRow], events: Sequence[date]
) -> ScoresOfPerson:
    """The scores of a person. `rows`: every occasion; `events`: the days of the treatment as believed now."""
    scales: list[ScaleOfPerson] = []
    for reporter in REPORTERS:
        if any(row.reporter == reporter for row in rows):
            trends, instruments = await load_trends(tx, rt, person, rows, reporter)
            scales += [_scale(instruments[each.instrument, each.version], each, reporter, events) for each in trends]
    days = [point.day for scale in scales for point in scale.trend.points]
    if not days:
        return ScoresOfPerson((), None)
    near = [day for day in events if min(days) <= day <= max(days)]
    return ScoresOfPerson(scales, (min([*days, *near]), max([*days, *near])))


def _scale(instrument: Instrument, trend: Trend, reporter: Reporter, events: Sequence[date]) -> ScaleOfPerson:
    text = instrument.texts.get("en")
    title = text.scales.get(trend.scale.id) if text else None
    matters = [f"{each.points:g}: {each.meaning} ({each.source})" for each in trend.scale.changes]
    return ScaleOfPerson(
        title or trend.scale.title, instrument.id, reporter, trend, baseline_of(trend, events), matters
    )


def baseline_of(trend: Trend, events: Sequence[date]) -> TrendPoint | None:
    """The last score up to the day of the first event, that day included; None without an event or such a score."""
    before = [point for point in trend.scored if events and point.day <= min(events)]
    return before[-1] if before else None
