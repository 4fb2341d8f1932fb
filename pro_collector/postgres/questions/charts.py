"""What the charts of a study need: participants with their day 0, scores, visits.

Scores are those of `research.scores`. People and visits have the values of `research.participants` and
`research.visits`, which for a whole study take seconds; a test compares them.

`sites`: those that may be seen; None is all of them, also people without a site.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from pro_collector.domain.research.tables import VisitState
from pro_collector.domain.study.definition import UNPROMPTED
from pro_collector.postgres.connection import Tx
from scheduler.anchors import UNSCHEDULED
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class ChartScope:
    """Of which study, at which sites."""

    study: str
    sites: list[str] | None


@dataclass(frozen=True, slots=True)
class PersonCharted:
    """A participant. `day0`: the day of the first anchor event; None if it has not happened."""

    code: str
    arm: str | None
    site: str | None
    enrolled_on: date
    died_on: date | None
    withdrew_on: date | None
    off_study_on: date | None
    day0: date | None


@dataclass(frozen=True, slots=True)
class ScoreCharted:
    """A score with a value."""

    code: str
    reporter: Reporter
    on_day: date
    value: float


@dataclass(frozen=True, slots=True)
class VisitCharted:
    """A planned visit that is due or over, as far as its end matters to counts."""

    code: str
    assessment: str
    visit: str
    anchor_n: int
    visit_n: int
    reporter: Reporter
    due_on: date
    state: VisitState
    reason: str | None
    instruments_received: int


async def people(tx: Tx, scope: ChartScope, anchor: str, ending: Collection[str]) -> list[PersonCharted]:
    """The participants, by code. `anchor`: a kind of treatment event, or `enrolment`; `ending`: those that end it."""
    async with tx.cursor(row_factory=class_row(PersonCharted)) as cursor:
        await cursor.execute(
            """
            WITH people AS (
                SELECT * FROM participant
                WHERE study = %(study)s AND (%(sites)s::text[] IS NULL OR site = ANY(%(sites)s))),
            ended AS (
                SELECT participant_id, min(happened_on) FILTER (WHERE kind IN ('died', 'death')) AS died_on,
                       min(happened_on) FILTER (WHERE kind = 'withdrew') AS withdrew_on,
                       min(happened_on) AS off_study_on
                FROM (SELECT participant_id, kind, starts_on AS happened_on FROM participant_state
                      WHERE kind IN ('withdrew', 'died') AND retracted_at IS NULL
                      UNION ALL
                      SELECT participant_id, kind, happened_on FROM timeline_event WHERE kind = ANY(%(ending)s)) ends
                GROUP BY participant_id),
            anchor AS (
                SELECT participant_id, min(happened_on) AS day0 FROM timeline_event WHERE kind = %(anchor)s
                GROUP BY participant_id)
            SELECT p.code, p.arm, p.site, p.enrolled_on, ended.died_on, ended.withdrew_on,
                   ended.off_study_on,
                   CASE WHEN %(anchor)s = 'enrolment' THEN p.enrolled_on ELSE anchor.day0 END AS day0
            FROM people p LEFT JOIN ended ON ended.participant_id = p.id
            LEFT JOIN anchor ON anchor.participant_id = p.id
            ORDER BY p.code COLLATE "C"
            """,
            {"study": scope.study, "sites": scope.sites, "anchor": anchor, "ending": list(ending)},
        )
        return await cursor.fetchall()


async def scores(tx: Tx, scope: ChartScope, instrument: str, scale: str) -> list[ScoreCharted]:
    """The newest score of each response to a scale, oldest response first."""
    async with tx.cursor(row_factory=class_row(ScoreCharted)) as cursor:
        await cursor.execute(
            """
            SELECT participant_code AS code, reporter, on_day, value FROM research.scores
            WHERE study = %(study)s AND instrument = %(instrument)s AND scale = %(scale)s AND value IS NOT NULL
              AND (%(sites)s::text[] IS NULL OR site = ANY(%(sites)s))
            ORDER BY completed_at, code
            """,
            {"study": scope.study, "sites": scope.sites, "instrument": instrument, "scale": scale},
        )
        return await cursor.fetchall()


async def visits(tx: Tx, scope: ChartScope, now: datetime, instrument: str | None = None) -> list[VisitCharted]:
    """The planned visits that were due by now, by assessment and visit; those that ask one `instrument`, or all."""
    async with tx.cursor(row_factory=class_row(VisitCharted)) as cursor:
        await cursor.execute(
            """
            SELECT p.code, o.assessment,
                   concat_ws(' ', o.assessment, CASE WHEN o.anchor_key <> '' THEN o.anchor_n END, o.point) AS visit,
                   o.anchor_n, o.n AS visit_n, o.reporter, o.due_local::date AS due_on, o.state,
                   research.reason_code(o.reason) AS reason,
                   CASE WHEN o.state IN ('completed', 'partial') THEN coalesce(given.n, 0) ELSE 0 END
                       AS instruments_received
            FROM participant p JOIN occasion o ON o.participant_id = p.id
            LEFT JOIN (SELECT occasion_id, count(*)::int AS n FROM response GROUP BY occasion_id) given
                ON given.occasion_id = o.id
            WHERE o.study = %(study)s AND o.assessment <> %(unprompted)s AND o.due_at <= %(now)s
              AND o.anchor <> %(unscheduled)s
              AND (%(instrument)s::text IS NULL OR %(instrument)s = ANY(o.instruments))
              AND p.study = %(study)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
            ORDER BY o.assessment COLLATE "C", o.anchor_n, o.n
            """,
            {
                "study": scope.study,
                "sites": scope.sites,
                "now": now,
                "instrument": instrument,
                "unprompted": UNPROMPTED,
                "unscheduled": UNSCHEDULED,
            },
        )
        return await cursor.fetchall()
