"""What the team's pages show of the alerts of rules: each alert with whom it is about, its life, and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.alert.life import PRODUCT
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.alerts import OpenAlert

CLOSED_SHOWN = 50
"""How many closed alerts a list shows, the last first."""


@dataclass(frozen=True, slots=True)
class ShownAlert(OpenAlert):
    """An alert, open or closed, with whom it is about. `holds`: false if its answers were corrected meanwhile."""

    zone: str = "UTC"
    holds: bool = True
    death_reported: bool = False


@dataclass(frozen=True, slots=True)
class LifeRow:
    """One thing that happened to an alert."""

    at: datetime
    what: str
    who: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """Counts and times of the alerts of a rule, of a site or of a month; of all, if these three are None.

    `acted`: how many were closed by a person with something that was done; `closed`: by a person at all. Times run from
    raising to the first acknowledgement (or closing), and to closing.
    """

    rule: str | None
    site: str | None
    month: datetime | None
    kind: str
    alerts: int
    repeats: int
    closed: int
    acted: int
    died: int
    acknowledged_median: timedelta | None
    acknowledged_90: timedelta | None
    acknowledged_worst: timedelta | None
    closed_median: timedelta | None
    closed_90: timedelta | None
    closed_worst: timedelta | None


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """How many check-ins were answered, and how many of them raised an alert: at a site, in a month, or of all."""

    site: str | None
    month: datetime | None
    kind: str
    check_ins: int
    raising: int


_SHOWN: LiteralString = """
SELECT a.id, a.participant_id, a.study, a.study_version, a.rule, a.reporter, a.state, a.raised_at, a.last_at, a.due_at,
       a.repeats, a.step, a.came_back, a.acknowledged_by, a.acknowledged_at, a.closed_by, a.closed_at, a.done, a.note,
       p.code, p.site, p.zone,
       coalesce((SELECT l.what FROM alert_log l WHERE l.alert_id = a.id AND l.what IN ('no_longer_holds', 'holds_again')
                 ORDER BY l.id DESC LIMIT 1) <> 'no_longer_holds', true) AS holds,
       EXISTS (SELECT FROM task t WHERE t.participant_id = p.id AND t.kind = 'death' AND t.done_at IS NULL)
           AS death_reported
FROM alert a JOIN participant p ON p.id = a.participant_id
WHERE a.study = %(study)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
"""
_FIGURES: LiteralString = """
WITH shown AS (
    SELECT a.rule, p.site, date_trunc('month', a.raised_at, 'UTC') AS month, a.repeats, a.done, a.state,
           CASE WHEN a.closed_by <> %(product)s THEN a.closed_at - a.raised_at END AS closing,
           (SELECT min(l.at) FROM alert_log l WHERE l.alert_id = a.id AND l.what IN ('acknowledged', 'closed')
               AND l.who <> %(product)s) - a.raised_at AS acknowledging
    FROM alert a JOIN participant p ON p.id = a.participant_id
    WHERE a.study = %(study)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
      AND a.raised_at >= %(since)s
)
SELECT rule, site, month,
       CASE WHEN GROUPING(rule) = 0 THEN 'rule' WHEN GROUPING(site) = 0 THEN 'site'
            WHEN GROUPING(month) = 0 THEN 'month' ELSE 'all' END AS kind,
       count(*) AS alerts, coalesce(sum(repeats), 0) AS repeats,
       count(closing) AS closed, count(closing) FILTER (WHERE NOT done = ANY(%(nothing)s)) AS acted,
       count(*) FILTER (WHERE done = 'died') AS died,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY acknowledging) AS acknowledged_median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY acknowledging) AS acknowledged_90,
       max(acknowledging) AS acknowledged_worst,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY closing) AS closed_median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY closing) AS closed_90, max(closing) AS closed_worst
FROM shown GROUP BY GROUPING SETS ((), (rule), (site), (month)) ORDER BY kind, rule, site, month
"""
_ANSWERED: LiteralString = """
WITH answered AS (
    SELECT p.site, date_trunc('month', o.ended_at, 'UTC') AS month,
           EXISTS (SELECT FROM alert_occasion x WHERE x.occasion_id = o.id AND x.participant_id = p.id) AS raising
    FROM occasion o JOIN participant p ON p.id = o.participant_id
    WHERE o.study = %(study)s AND o.state IN ('completed', 'partial') AND o.ended_at >= %(since)s
      AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
)
SELECT site, month,
       CASE WHEN GROUPING(site) = 0 THEN 'site' WHEN GROUPING(month) = 0 THEN 'month' ELSE 'all' END AS kind,
       count(*) AS check_ins, count(*) FILTER (WHERE raising) AS raising
FROM answered GROUP BY GROUPING SETS ((), (site), (month)) ORDER BY kind, site, month
"""


async def open_alerts(tx: Tx, study: str, sites: Sequence[str] | None) -> list[ShownAlert]:
    """The open alerts of people at these sites (None: all), oldest first."""
    return await _shown(tx, "AND a.state <> 'closed' ORDER BY a.raised_at, a.id", study, sites)


async def closed_alerts(tx: Tx, study: str, sites: Sequence[str] | None) -> list[ShownAlert]:
    """The last CLOSED_SHOWN closed alerts of people at these sites (None: all), the last one first."""
    end: LiteralString = "AND a.state = 'closed' ORDER BY a.closed_at DESC, a.id LIMIT %(limit)s"
    return await _shown(tx, end, study, sites)


async def one_alert(tx: Tx, study: str, sites: Sequence[str] | None, id: UUID) -> ShownAlert | None:
    """The alert with this id, if it is of this study and about somebody at one of these sites (None: all)."""
    found = await _shown(tx, "AND a.id = %(id)s", study, sites, id)
    return found[0] if found else None


async def life_of(tx: Tx, alert: UUID) -> list[LifeRow]:
    """Everything that happened to an alert, in order."""
    async with tx.cursor(row_factory=class_row(LifeRow)) as cursor:
        await cursor.execute("SELECT at, what, who, detail FROM alert_log WHERE alert_id = %s ORDER BY id", (alert,))
        return await cursor.fetchall()


async def raised_by(tx: Tx, alert: UUID) -> set[UUID]:
    """The check-ins that raised an alert or repeated it."""
    rows = await tx.execute("SELECT occasion_id FROM alert_occasion WHERE alert_id = %s", (alert,))
    return {row["occasion_id"] for row in await rows.fetchall()}


async def figures(
    tx: Tx, study: str, sites: Sequence[str] | None, since: datetime, nothing_done: Sequence[str]
) -> list[FigureRow]:
    """Counts and times of the alerts raised since an instant: of all, of each rule, of each site, of each month."""
    given = {"study": study, "sites": sites, "since": since, "product": PRODUCT, "nothing": list(nothing_done)}
    async with tx.cursor(row_factory=class_row(FigureRow)) as cursor:
        await cursor.execute(_FIGURES, given)
        return await cursor.fetchall()


async def answered(tx: Tx, study: str, sites: Sequence[str] | None, since: datetime) -> list[AnsweredRow]:
    """How many check-ins were answered since an instant, and how many of them raised an alert: by site, by month."""
    async with tx.cursor(row_factory=class_row(AnsweredRow)) as cursor:
        await cursor.execute(_ANSWERED, {"study": study, "sites": sites, "since": since})
        return await cursor.fetchall()


async def _shown(
    tx: Tx, end: LiteralString, study: str, sites: Sequence[str] | None, id: UUID | None = None
) -> list[ShownAlert]:
    async with tx.cursor(row_factory=class_row(ShownAlert)) as cursor:
        given = {"study": study, "sites": sites, "limit": CLOSED_SHOWN, "id": id}
        await cursor.execute(_SHOWN + end, given)
        return await cursor.fetchall()
