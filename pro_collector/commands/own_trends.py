"""Show a person their own scores over time, as far as their study allows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.desk.case import Case
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.scoring.trend import Trend, TrendPoint, one_a_day
from pro_collector.domain.study.own_page import marked_events, trends_from
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import occasions, scores
from pro_collector.postgres.tables.answers import ScoreRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.postgres.tables.scores import ResponseOfStudy
from pro_collector.runtime import Runtime
from scheduler.rules import Reporter

WITHOUT_SCORES = ("missed", "partial")
"""The ends of an occasion after which an instrument without a response is a gap."""


@dataclass(frozen=True, slots=True)
class OwnTrends:
    """The trends of one person. `hidden_until`: the day from which the study shows them; None if it does already.

    `instruments`: by (id, version). `events`: the marked treatment events (kind, day), oldest first.
    """

    trends: Sequence[Trend]
    instruments: Mapping[tuple[str, str], Instrument]
    events: Sequence[tuple[str, date]]
    hidden_until: date | None = None


async def own_trends(rt: Runtime, case: Case, reporter: Reporter) -> OwnTrends | None:
    """The scores from the answers of one reporter, by scale. None if the study shows people no scores."""
    study = case.current_version.study
    begins = trends_from(study.page, case.person.enrolled_on)
    if begins is None or case.today < begins:
        return None if begins is None else OwnTrends([], {}, [], begins)
    async with rt.database.transaction() as tx:
        rows = (await occasions.of_participants(tx, [case.person.id]))[case.person.id]
        trends, instruments = await load_trends(tx, rt, case.person, rows, reporter)
    return OwnTrends(trends, instruments, events_shown(case, reporter))


def events_shown(case: Case, reporter: Reporter) -> list[tuple[str, date]]:
    """The treatment events (kind, day) that an own page marks, oldest first; none for a caregiver: they had none."""
    study = case.current_version.study
    kinds = marked_events(study.page, study.assessments, study.ending) if reporter != "caregiver" else frozenset()
    return sorted((each for each in case.treatment_dates if each[0] in kinds), key=lambda each: each[1])


async def load_trends(
    tx: Tx, rt: Runtime, person: ParticipantRow, rows: Sequence[OccasionRow], reporter: Reporter
) -> tuple[list[Trend], dict[tuple[str, str], Instrument]]:
    """Every scale that has a score of this reporter, with the days on which it was asked in vain as gaps.

    `rows`: all occasions of the participant. Also the instruments by (id, version).
    """
    own = [row for row in rows if row.reporter == reporter]
    responses = [each for each in await scores.responses_of(tx, person.id) if each.reporter == reporter]
    scored = await scores.of_responses(tx, [each.id for each in responses])
    instruments = await _instruments(tx, rt, person, own)
    gaps = _gaps(own, responses, person.zone, instruments)
    by_version = _by_version(instruments)
    trends = [
        trend
        for key, instrument in by_version.items()
        for trend in _trends(instrument, _scores(key, responses, scored), gaps.get(key, []), person.zone)
    ]
    return trends, by_version


async def _instruments(
    tx: Tx, rt: Runtime, person: ParticipantRow, rows: Sequence[OccasionRow]
) -> dict[str, Mapping[str, Instrument]]:
    """The instruments of each study version of these occasions."""
    versions = {row.study_version for row in rows}
    return {v: (await rt.studies.get(tx, person.study, v)).instruments for v in sorted(versions)}


def _by_version(instruments: Mapping[str, Mapping[str, Instrument]]) -> dict[tuple[str, str], Instrument]:
    return {(one.id, one.version): one for version in instruments.values() for one in version.values()}


def _scores(
    key: tuple[str, str], responses: Sequence[ResponseOfStudy], scored: Mapping[UUID, Sequence[ScoreRow]]
) -> list[tuple[datetime, ScoreRow]]:
    own = [each for each in responses if (each.instrument, each.instrument_version) == key]
    return [(response.completed_at, row) for response in own for row in scored.get(response.id, [])]


def _gaps(
    rows: Sequence[OccasionRow],
    responses: Sequence[ResponseOfStudy],
    zone: str,
    instruments: Mapping[str, Mapping[str, Instrument]],
) -> dict[tuple[str, str], list[TrendPoint]]:
    """The days on which each instrument was asked and got no response."""
    answered = {(each.occasion_id, each.instrument) for each in responses}
    gaps: dict[tuple[str, str], list[TrendPoint]] = {}
    for row in rows:
        for name in row.instruments if row.state in WITHOUT_SCORES else ():
            if (row.id, name) not in answered:
                key = (name, instruments[row.study_version][name].version)
                gaps.setdefault(key, []).append(TrendPoint(_day(row.due_at, zone), None))
    return gaps


def _trends(
    instrument: Instrument, given: Sequence[tuple[datetime, ScoreRow]], gaps: Sequence[TrendPoint], zone: str
) -> list[Trend]:
    found = []
    for scale in instrument.scales:
        points = [TrendPoint(_day(at, zone), row.value) for at, row in given if row.scale == scale.id]
        trend = Trend(instrument.id, instrument.version, scale, one_a_day([*gaps, *points]))
        found += [trend] if trend.scored else []
    return found


def _day(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()
