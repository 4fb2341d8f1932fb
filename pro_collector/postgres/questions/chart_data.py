"""Data for the charts: scores by day of treatment, the starts of cycles, and the outcomes of occasions.

`sites`: those that whoever looks may see; of the whole study by default.
"""

from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from pro_collector.domain.account.permission import ALL_SITES, Sites
from pro_collector.domain.conversation.survey import State
from pro_collector.domain.study.definition import UNPROMPTED
from pro_collector.postgres.connection import Tx
from scheduler.anchors import UNSCHEDULED
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """A score of one scale; `day`: days since the first anchor event; `cycle`: the treatment cycle on that day."""

    person: str
    reporter: Reporter
    day: int
    value: float
    cycle: int | None
    cycle_day: int | None
    on_day: date


@dataclass(frozen=True, slots=True)
class CycleStart:
    """Treatment cycle `n`, and the median of the days on which it began."""

    n: int
    day: int


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many occasions of an assessment are in a state."""

    assessment: str
    state: State
    n: int


async def trajectories(
    tx: Tx, study: str, instrument: str, scale: str, anchor: str, sites: Sites = ALL_SITES
) -> list[ScorePoint]:
    """The scores of one scale by days since the first `anchor` event, oldest first; the last one of each day."""
    async with tx.cursor(row_factory=class_row(ScorePoint)) as cursor:
        await cursor.execute(
            """
            WITH day0 AS (SELECT participant_id, min(happened_on) AS on_day FROM timeline_event WHERE kind = %(anchor)s
                          GROUP BY participant_id
                          UNION ALL SELECT id, enrolled_on FROM participant WHERE %(anchor)s = 'enrolment')
            SELECT DISTINCT ON (s.on_day, s.participant_code, s.reporter)
                   s.participant_code AS person, s.reporter, s.on_day - day0.on_day AS day, s.value, s.cycle,
                   s.cycle_day, s.on_day
            FROM score_on_treatment s JOIN day0 USING (participant_id)
            WHERE s.study = %(study)s AND s.instrument = %(instrument)s AND s.scale = %(scale)s AND s.value IS NOT NULL
              AND (%(sites)s::text[] IS NULL OR s.site = ANY(%(sites)s))
            ORDER BY s.on_day, s.participant_code, s.reporter, s.completed_at DESC
            """,
            {"study": study, "instrument": instrument, "scale": scale, "anchor": anchor, "sites": sites.listed},
        )
        return await cursor.fetchall()


async def cycles(tx: Tx, study: str, anchor: str, sites: Sites = ALL_SITES) -> list[CycleStart]:
    """The start of each treatment cycle, in days since `anchor`."""
    async with tx.cursor(row_factory=class_row(CycleStart)) as cursor:
        await cursor.execute(
            """
            WITH day0 AS (SELECT participant_id, min(happened_on) AS on_day FROM timeline_event WHERE kind = %(anchor)s
                          GROUP BY participant_id
                          UNION ALL SELECT id, enrolled_on FROM participant WHERE %(anchor)s = 'enrolment')
            SELECT t.n, percentile_disc(0.5) WITHIN GROUP (ORDER BY t.happened_on - day0.on_day) AS day
            FROM timeline_event t JOIN day0 USING (participant_id) JOIN participant p ON p.id = t.participant_id
            JOIN study ON study.id = p.study AND study.version = p.study_version AND study.cycle_kind = t.kind
            WHERE p.study = %(study)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
            GROUP BY t.n ORDER BY t.n
            """,
            {"study": study, "anchor": anchor, "sites": sites.listed},
        )
        return await cursor.fetchall()


async def outcomes(tx: Tx, study: str, now: datetime, sites: Sites = ALL_SITES) -> list[OutcomeCount]:
    """How many occasions that are due are in each state, by assessment.

    Without those before an enrolment, and those that no schedule planned.
    """
    async with tx.cursor(row_factory=class_row(OutcomeCount)) as cursor:
        await cursor.execute(
            """
            SELECT o.assessment, o.state, count(*) AS n FROM occasion o JOIN participant p ON p.id = o.participant_id
            WHERE o.study = %(study)s AND o.due_at <= %(now)s AND o.reason IS DISTINCT FROM 'before_enrolment'
              AND o.assessment <> %(unprompted)s AND o.anchor <> %(unscheduled)s
              AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
            GROUP BY o.assessment, o.state ORDER BY o.assessment, o.state
            """,
            {"study": study, "now": now, "unprompted": UNPROMPTED, "unscheduled": UNSCHEDULED, "sites": sites.listed},
        )
        return await cursor.fetchall()
