"""The people of a study at some sites, page by page: states, silence, completion, what comes next, open work.

A page is found by code first, and what a line shows is counted for the people of the page only.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from scheduler.person import Condition


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people are listed. `sites`: those that may be seen; None is all of them, also people without a site.

    `text`: a part of the code. `state`: one that they are in today; `left` is any that ended their participation,
    `in` is none of these. `silent`: they answered none of the last two check-ins that were expected of them.
    """

    study: str
    sites: list[str] | None
    text: str = ""
    site: str = ""
    arm: str = ""
    state: str = ""
    silent: bool = False
    ending: list[str] = field(default_factory=list)
    """The kinds of treatment event that end participation."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person in the list, by pseudonym.

    `received` of `expected` check-ins: expected is what was asked and has ended. `unanswered` is how many in a row were
    missed since the last answer, `silent_since` when the first of them was due. `left`: how participation ended.
    `addresses`: how many there are, also of who answers for them; `stopped` is how many of these stopped messages, and
    `broken` how many others do not work.
    """

    id: UUID
    code: str
    site: str | None
    arm: str | None
    zone: str
    language: str
    enrolled_on: date
    states: Sequence[Condition]
    left: str | None
    expected: int
    received: int
    last_answer_at: datetime | None
    unanswered: int
    silent_since: datetime | None
    next_due_at: datetime | None
    next_assessment: str | None
    addresses: int
    stopped: int
    broken: int
    tasks: int
    alerts: int


_LEFT: LiteralString = """(
    SELECT s.kind, s.starts_on FROM participant_state s
    WHERE s.participant_id = p.id AND s.retracted_at IS NULL AND s.kind IN ('withdrew', 'died')
      AND s.starts_on <= day.on
    UNION ALL
    SELECT t.kind, t.happened_on FROM treatment_event t
    WHERE t.participant_id = p.id AND t.superseded_at IS NULL AND NOT t.retracted AND t.kind = ANY(%(ending)s)
      AND t.happened_on <= day.on
)"""
_IN_STATE: LiteralString = """(
    SELECT FROM participant_state s
    WHERE s.participant_id = p.id AND s.retracted_at IS NULL AND s.kind = %(state)s AND s.starts_on <= day.on
      AND (s.ends_on IS NULL OR day.on < s.ends_on)
)"""
_EXPECTED: LiteralString = """(
    SELECT o.state, o.due_at, o.ended_at FROM occasion o
    WHERE o.participant_id = p.id AND o.opened_at IS NOT NULL AND o.state IN ('completed', 'partial', 'missed')
      AND o.reporter <> 'caregiver'  -- whoever answers about themselves says nothing of the participant
)"""
_WHO: LiteralString = f"""
    SELECT p.*, day.on FROM participant p, LATERAL (SELECT (%(now)s::timestamptz AT TIME ZONE p.zone)::date AS on) day
    WHERE p.study = %(study)s AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
      AND (%(site)s::text = '' OR p.site = %(site)s) AND (%(arm)s::text = '' OR p.arm = %(arm)s)
      AND (%(text)s::text = '' OR strpos(lower(p.code), lower(%(text)s)) > 0)
      AND CASE %(state)s::text WHEN '' THEN true WHEN 'left' THEN EXISTS {_LEFT} WHEN 'in' THEN NOT EXISTS {_LEFT}
               ELSE EXISTS {_IN_STATE} END
      AND (NOT %(silent)s::boolean OR (NOT EXISTS {_LEFT} AND (
          SELECT count(*) = 2 AND bool_and(last.state = 'missed')
          FROM ({_EXPECTED} ORDER BY due_at DESC LIMIT 2) last)))
"""  # noqa: S608  # no value in it
_LINE: LiteralString = f"""(
SELECT p.id, p.code, p.site, p.arm, p.zone, p.language, p.enrolled_on, now_in.states, gone.kind AS left,
       asked.expected, asked.received, asked.last_answer_at, silence.unanswered, silence.silent_since,
       coming.due_at AS next_due_at, coming.assessment AS next_assessment, reach.addresses, reach.stopped, reach.broken,
       work.tasks, work.alerts
FROM who p
CROSS JOIN LATERAL (SELECT p.on) day
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(s.kind ORDER BY s.starts_on, s.kind), '{{}}') AS states FROM participant_state s
    WHERE s.participant_id = p.id AND s.retracted_at IS NULL AND s.kind <> 'moved' AND s.starts_on <= day.on
      AND (s.ends_on IS NULL OR day.on < s.ends_on)) now_in
LEFT JOIN LATERAL ({_LEFT} ORDER BY 2, 1 LIMIT 1) gone ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS expected, count(*) FILTER (WHERE e.state <> 'missed') AS received,
           max(e.ended_at) FILTER (WHERE e.state <> 'missed') AS last_answer_at,
           max(e.due_at) FILTER (WHERE e.state <> 'missed') AS answered_until
    FROM {_EXPECTED} e) asked
CROSS JOIN LATERAL (
    SELECT count(*) AS unanswered, min(e.due_at) AS silent_since FROM {_EXPECTED} e
    WHERE e.due_at > coalesce(asked.answered_until, '-infinity')) silence
LEFT JOIN LATERAL (
    SELECT o.due_at, o.assessment FROM occasion o
    WHERE o.participant_id = p.id AND o.state = 'planned' AND o.reporter <> 'caregiver'
    ORDER BY o.due_at LIMIT 1) coming ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS addresses, count(c.opted_out_at) AS stopped,
           count(c.broken_at) FILTER (WHERE c.opted_out_at IS NULL) AS broken
    FROM vault.contact c WHERE c.participant_id = p.id AND c.reporter <> 'caregiver') reach
CROSS JOIN LATERAL (
    SELECT (SELECT count(*) FROM task t WHERE t.participant_id = p.id AND t.done_at IS NULL) AS tasks,
           (SELECT count(*) FROM alert a WHERE a.participant_id = p.id AND a.state <> 'closed') AS alerts) work
ORDER BY p.code)
"""  # noqa: S608  # no value in it
_AFTER: LiteralString = f"WITH who AS ({_WHO} AND p.code > %(from)s ORDER BY p.code LIMIT %(limit)s) {_LINE}"
_BEFORE: LiteralString = f"WITH who AS ({_WHO} AND p.code < %(from)s ORDER BY p.code DESC LIMIT %(limit)s) {_LINE}"
_COUNT: LiteralString = f"SELECT count(*) AS n FROM ({_WHO}) who"  # noqa: S608  # no value in it


async def after(tx: Tx, wanted: PeopleFilter, code: str, limit: int, now: datetime) -> list[PersonLine]:
    """Up to `limit` people whose code comes after this one, in the order of their codes; "" is before all."""
    return await _lines(tx, _AFTER, wanted, code, limit, now)


async def before(tx: Tx, wanted: PeopleFilter, code: str, limit: int, now: datetime) -> list[PersonLine]:
    """The last `limit` people whose code comes before this one, in the order of their codes."""
    return await _lines(tx, _BEFORE, wanted, code, limit, now)


async def count(tx: Tx, wanted: PeopleFilter, now: datetime) -> int:
    """How many people the filter leaves."""
    rows = await tx.execute(_COUNT, {**asdict(wanted), "now": now})
    row = await rows.fetchone()
    return int(row["n"]) if row else 0


async def _lines(
    tx: Tx, query: LiteralString, wanted: PeopleFilter, code: str, limit: int, now: datetime
) -> list[PersonLine]:
    async with tx.cursor(row_factory=class_row(PersonLine)) as cursor:
        await cursor.execute(query, {**asdict(wanted), "now": now, "from": code, "limit": limit})
        return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class PersonFound:
    """A participant who was looked for by an address."""

    id: UUID
    code: str


async def at_address(tx: Tx, study: str, sites: list[str] | None, lookup: bytes) -> list[PersonFound]:
    """The people of a study at these sites who are reached at an address, or for whom somebody is; by code."""
    async with tx.cursor(row_factory=class_row(PersonFound)) as cursor:
        await cursor.execute(
            """
            SELECT DISTINCT p.id, p.code FROM vault.contact c JOIN participant p ON p.id = c.participant_id
            WHERE c.lookup = %(lookup)s AND p.study = %(study)s
              AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s)) ORDER BY p.code
            """,
            {"lookup": lookup, "study": study, "sites": sites},
        )
        return await cursor.fetchall()
