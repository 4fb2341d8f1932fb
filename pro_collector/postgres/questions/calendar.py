"""What comes at some sites in the next days: check-ins that open and close, and calls to make."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Literal, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx

Coming = Literal["opens", "closes", "call", "event"]
"""A check-in is asked, or its window closes; a call to make; a treatment event that is expected."""


@dataclass(frozen=True, slots=True)
class CalendarScope:
    """Which days (`last` included) at which sites (None: all). `site`, `what`: only this one, if it is given."""

    study: str
    sites: list[str] | None
    first: date
    last: date
    site: str = ""
    what: str = ""

    @property
    def around(self) -> tuple[date, date]:
        """The days between which the instants of these days are, in whatever time zone."""
        return self.first - timedelta(days=1), self.last + timedelta(days=2)


@dataclass(frozen=True, slots=True)
class CalendarCount:
    """How many of one kind come on one day at one site. `about`: an assessment, or the kind of an event."""

    on: date
    site: str | None
    what: Coming
    about: str
    n: int


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One thing that comes, of one person. `at`: None for what has a day and no hour."""

    on: date
    site: str | None
    what: Coming
    about: str
    code: str
    at: datetime | None
    zone: str

    @property
    def local(self) -> datetime | None:
        """The moment on the patient's clock."""
        return self.at.astimezone(ZoneInfo(self.zone)) if self.at else None


@dataclass(frozen=True, slots=True)
class ComingCheckIn:
    """A check-in of somebody that is to come, or that is open; its instants are UTC."""

    id: UUID
    code: str
    assessment: str
    state: str
    due_at: datetime
    closes_at: datetime


_ENTRIES: LiteralString = """
coming AS (
    SELECT 'opens' AS what, o.participant_id, o.assessment AS about, o.due_at AS at, o.due_local::date AS on, o.zone
    FROM occasion o
    WHERE o.study = %(study)s AND o.state = 'planned' AND o.due_at BETWEEN %(from)s AND %(to)s
    UNION ALL
    SELECT 'closes', o.participant_id, o.assessment, o.closes_at, (o.closes_at AT TIME ZONE o.zone)::date, o.zone
    FROM occasion o
    WHERE o.study = %(study)s AND o.state IN ('open', 'invited', 'started') AND o.closes_at BETWEEN %(from)s AND %(to)s
    UNION ALL
    SELECT 'call', o.participant_id, o.assessment, NULL, %(first)s::date, o.zone
    FROM task t JOIN occasion o ON o.id = t.occasion_id
    WHERE o.study = %(study)s AND t.kind = 'call' AND t.done_at IS NULL
), entries AS (
    SELECT c.on, p.site, c.what, c.about, p.code, c.at, c.zone
    FROM coming c JOIN participant p ON p.id = c.participant_id
    WHERE c.on BETWEEN %(first)s AND %(last)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
      AND (%(site)s::text = '' OR p.site = %(site)s) AND (%(what)s::text = '' OR c.what = %(what)s)
)
"""
_COUNTS: LiteralString = f"""WITH {_ENTRIES}
SELECT e.on, e.site, e.what, e.about, count(*) AS n FROM entries e GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""  # noqa: S608  # no value in it
_LIST: LiteralString = f"""WITH {_ENTRIES}
SELECT * FROM entries e ORDER BY e.on, e.site, e.at NULLS FIRST, e.code, e.what LIMIT %(limit)s
"""  # noqa: S608  # no value in it
_CHECK_INS: LiteralString = """
WITH chosen AS (
    SELECT id, code FROM participant
    WHERE study = %(study)s AND (%(sites)s::text[] IS NULL OR site = ANY(%(sites)s))
      AND (%(person)s::uuid IS NULL OR id = %(person)s)
)
SELECT o.id, c.code, o.assessment, o.state, o.due_at, o.closes_at
FROM occasion o JOIN chosen c ON c.id = o.participant_id
WHERE o.study = %(study)s AND o.state = 'planned' AND o.due_at <= %(until)s
UNION ALL
SELECT o.id, c.code, o.assessment, o.state, o.due_at, o.closes_at
FROM occasion o JOIN chosen c ON c.id = o.participant_id
WHERE o.study = %(study)s AND o.state IN ('open', 'invited', 'started')
ORDER BY 5, 2, 1 LIMIT %(limit)s
"""
_LAST_EVENTS: LiteralString = """
SELECT p.id FROM participant p, LATERAL (
    SELECT max(t.happened_on) AS on FROM treatment_event t
    WHERE t.participant_id = p.id AND t.kind = %(kind)s AND t.superseded_at IS NULL AND NOT t.retracted) last
WHERE p.study = %(study)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
  AND (%(site)s::text = '' OR p.site = %(site)s) AND last.on BETWEEN %(from)s AND %(to)s
"""


async def counts(tx: Tx, scope: CalendarScope) -> list[CalendarCount]:
    """How many come, by day, site, kind, and what it is about."""
    async with tx.cursor(row_factory=class_row(CalendarCount)) as cursor:
        await cursor.execute(_COUNTS, {**asdict(scope), "from": scope.around[0], "to": scope.around[1]})
        return await cursor.fetchall()


async def entries(tx: Tx, scope: CalendarScope, limit: int) -> list[CalendarEntry]:
    """The first `limit` of them, by day, site and hour."""
    async with tx.cursor(row_factory=class_row(CalendarEntry)) as cursor:
        values = {**asdict(scope), "from": scope.around[0], "to": scope.around[1], "limit": limit}
        await cursor.execute(_LIST, values)
        return await cursor.fetchall()


async def check_ins(
    tx: Tx, study: str, sites: list[str] | None, person: UUID | None, until: datetime, limit: int
) -> list[ComingCheckIn]:
    """The first `limit` check-ins, by their time, that are open or planned until then.

    `sites`: those that may be seen; None is all. `person`: of this participant alone.
    """
    async with tx.cursor(row_factory=class_row(ComingCheckIn)) as cursor:
        values = {"study": study, "sites": sites, "person": person, "until": until, "limit": limit}
        await cursor.execute(_CHECK_INS, values)
        return await cursor.fetchall()


async def with_last_event(tx: Tx, scope: CalendarScope, kind: str, earliest: date, latest: date) -> list[UUID]:
    """The people of the scope whose last event of this kind was between these days."""
    rows = await tx.execute(_LAST_EVENTS, {**asdict(scope), "kind": kind, "from": earliest, "to": latest})
    return [row["id"] for row in await rows.fetchall()]
