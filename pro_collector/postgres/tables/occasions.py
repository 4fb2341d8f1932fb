"""Rows of `occasion` and `occasion_log`: every planned measurement, and its history."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, tuple_row
from psycopg.types.json import Jsonb

from pro_collector.domain.conversation.survey import State
from pro_collector.domain.study.definition import UNPROMPTED
from pro_collector.postgres.connection import Tx
from scheduler.occasion import Occasion
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class OccasionRow:
    """An occasion: its plan and its progress."""

    id: UUID
    participant_id: UUID
    study: str
    study_version: str
    assessment: str
    anchor: str
    anchor_n: int
    anchor_on: date
    anchor_key: str
    n: int
    point: str
    reporter: Reporter
    instruments: list[str]
    due_at: datetime
    due_local: datetime
    wanted_local: datetime
    moved_by: str | None
    zone: str
    opens_at: datetime
    closes_at: datetime
    late_until: datetime
    priority: int
    reminders: list[datetime]
    state: State
    reason: str | None
    detail: str | None
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    language: str | None = None
    rung: int = 0
    asked: str | None = None
    asked_at: datetime | None = None
    clarified: int = 0
    explained: str | None = None
    put_off: int = 0
    released_at: datetime | None = None
    released_by: str | None = None
    bundle: UUID | None = None


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line in the history of an occasion."""

    occasion_id: UUID
    participant_id: UUID
    at: datetime
    what: str
    detail: dict[str, Any] = field(default_factory=dict)


PLANNED_COLUMNS = (
    "id", "participant_id", "study", "study_version", "assessment", "anchor", "anchor_n", "anchor_on", "anchor_key",
    "n", "point", "reporter", "instruments", "due_at", "due_local", "wanted_local", "moved_by", "zone", "opens_at",
    "closes_at", "late_until", "priority", "reminders", "state", "reason", "detail", "ended_at",
)  # fmt: skip
PROGRESS_COLUMNS = (
    "state", "reason", "opened_at", "ended_at", "language", "rung", "asked", "asked_at", "clarified",
    "explained", "put_off", "bundle",
)  # fmt: skip

_AS_PLANNED = tuple(each.name for each in fields(Occasion))
_LISTS = tuple(1 + _AS_PLANNED.index(name) for name in ("instruments", "reminders"))

_PLAN = f"""
INSERT INTO occasion ({", ".join(PLANNED_COLUMNS)}) VALUES ({", ".join(["%s"] * len(PLANNED_COLUMNS))})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in PLANNED_COLUMNS if c != "id")}
"""  # noqa: S608  # column names only
_PROGRESS = f"""
UPDATE occasion SET {", ".join(f"{c} = %({c})s" for c in PROGRESS_COLUMNS if c != "state")},
       state = CASE WHEN state = 'invited' AND %(state)s = 'open' THEN state ELSE %(state)s END WHERE id = %(id)s
"""  # noqa: S608  # column names only


async def plan(tx: Tx, rows: Sequence[OccasionRow]) -> None:
    """Insert planned occasions, or replace the plan of those with the same id."""
    async with tx.cursor() as cursor:
        await cursor.executemany(_PLAN, [tuple(getattr(row, column) for column in PLANNED_COLUMNS) for row in rows])


async def save(tx: Tx, rows: Sequence[OccasionRow]) -> None:
    """Write the progress of occasions.

    The sender marks an occasion as invited without a lock on its participant; such a mark is not overwritten by `open`.
    """
    async with tx.cursor() as cursor:
        await cursor.executemany(
            _PROGRESS, [{column: getattr(row, column) for column in ("id", *PROGRESS_COLUMNS)} for row in rows]
        )


async def release(tx: Tx, id: UUID, by: str, now: datetime) -> None:
    """Record that somebody of the team released what is asked after the end of participation."""
    await tx.execute("UPDATE occasion SET released_at = %s, released_by = %s WHERE id = %s", (now, by, id))


async def mark_invited(tx: Tx, ids: Sequence[UUID]) -> None:
    """Mark open occasions as invited: a provider has accepted a message about them."""
    await tx.execute("UPDATE occasion SET state = 'invited' WHERE id = ANY(%s) AND state = 'open'", (list(ids),))


async def load(tx: Tx, ids: Sequence[UUID]) -> list[OccasionRow]:
    """The occasions with these ids."""
    return await _fetch(tx, "SELECT * FROM occasion WHERE id = ANY(%s)", list(ids))


async def of_participants(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[OccasionRow]]:
    """All occasions of each participant, ordered by due time."""
    by_participant: dict[UUID, list[OccasionRow]] = {id: [] for id in ids}
    for row in await _fetch(tx, "SELECT * FROM occasion WHERE participant_id = ANY(%s) ORDER BY due_at, id", list(ids)):
        by_participant[row.participant_id].append(row)
    return by_participant


async def as_planned(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[Occasion]]:
    """All occasions of each participant as the planner knows them, ordered by due time.

    A participant of many years has hundreds: this takes a third of the time of `of_participants`.
    """
    by_participant: dict[UUID, list[Occasion]] = {id: [] for id in ids}
    async with tx.cursor(row_factory=tuple_row, binary=True) as cursor:
        await cursor.execute(
            f"SELECT participant_id, {', '.join(_AS_PLANNED)} FROM occasion"  # noqa: S608  # column names only
            " WHERE participant_id = ANY(%s) ORDER BY due_at, id".encode(),
            (list(ids),),
        )
        for row in await cursor.fetchall():
            values = list(row)
            for place in _LISTS:
                values[place] = tuple(values[place])
            by_participant[values[0]].append(Occasion(*values[1:]))
    return by_participant


async def conversations(tx: Tx, participants: Sequence[UUID], late_after: datetime) -> list[OccasionRow]:
    """The open occasions of these participants, and the ended ones that take late answers until after `late_after`."""
    async with tx.cursor(row_factory=class_row(OccasionRow)) as cursor:
        await cursor.execute(
            """
            SELECT * FROM occasion WHERE participant_id = ANY(%s)
            AND (state IN ('open', 'invited', 'started')
                 OR (state IN ('partial', 'missed') AND asked IS NOT NULL AND late_until > %s))
            ORDER BY asked_at, due_at, id
            """,
            (list(participants), late_after),
        )
        return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class DueRow:
    """An occasion that is or was due at a moment, as little of it as tells it from others."""

    participant_id: UUID
    assessment: str
    reporter: Reporter
    due_local: datetime


async def due_around(tx: Tx, participants: Sequence[UUID], now: datetime) -> list[DueRow]:
    """The occasions of these participants that are due within a day and a half of `now`, without cancelled ones."""
    near = timedelta(hours=36)
    async with tx.cursor(row_factory=class_row(DueRow)) as cursor:
        await cursor.execute(
            "SELECT participant_id, assessment, reporter, due_local FROM occasion"
            " WHERE participant_id = ANY(%s) AND due_at BETWEEN %s AND %s AND state <> 'cancelled'",
            (list(participants), now - near, now + near),
        )
        return await cursor.fetchall()


async def due_unopened(tx: Tx, participants: Sequence[UUID], now: datetime) -> list[OccasionRow]:
    """The occasions of these participants that are due but not yet opened."""
    async with tx.cursor(row_factory=class_row(OccasionRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM occasion WHERE participant_id = ANY(%s) AND state = 'planned' AND due_at <= %s"
            " ORDER BY priority, due_at, id",
            (list(participants), now),
        )
        return await cursor.fetchall()


async def may_join(tx: Tx, participants: Sequence[UUID], now: datetime) -> list[OccasionRow]:
    """The planned occasions of these participants whose window is open: they may be asked together with another."""
    async with tx.cursor(row_factory=class_row(OccasionRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM occasion WHERE participant_id = ANY(%s) AND state = 'planned' AND opens_at <= %s"
            " AND closes_at > %s",
            (list(participants), now, now),
        )
        return await cursor.fetchall()


async def of_bundle(tx: Tx, row: OccasionRow) -> list[OccasionRow]:
    """The occasions that were asked together with this one; empty if it was asked alone."""
    async with tx.cursor(row_factory=class_row(OccasionRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM occasion WHERE participant_id = %s AND bundle = %s AND id <> %s",
            (row.participant_id, row.bundle, row.id),
        )
        return await cursor.fetchall()


async def unprompted(tx: Tx, participant: UUID) -> list[OccasionRow]:
    """The reports of a participant that nobody asked for, oldest first."""
    async with tx.cursor(row_factory=class_row(OccasionRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM occasion WHERE participant_id = %s AND assessment = %s ORDER BY due_at, id",
            (participant, UNPROMPTED),
        )
        return await cursor.fetchall()


async def next_planned(tx: Tx, participant: UUID, reporter: Reporter, now: datetime) -> OccasionRow | None:
    """The next occasion that this reporter will be asked; None without one."""
    async with tx.cursor(row_factory=class_row(OccasionRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM occasion WHERE participant_id = %s AND reporter = %s AND state = 'planned' AND due_at > %s"
            " ORDER BY due_at, id LIMIT 1",
            (participant, reporter, now),
        )
        return await cursor.fetchone()


async def log(tx: Tx, rows: Sequence[LogRow]) -> None:
    """Add lines to the histories of occasions, in their order."""
    if not rows:
        return
    await tx.execute(
        """
        INSERT INTO occasion_log (occasion_id, participant_id, at, what, detail)
        SELECT new.occasion_id, new.participant_id, new.at, new.what, new.detail
        FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[], %s::jsonb[]) WITH ORDINALITY
            AS new (occasion_id, participant_id, at, what, detail, place)
        ORDER BY new.place
        """,
        (
            [row.occasion_id for row in rows], [row.participant_id for row in rows], [row.at for row in rows],
            [row.what for row in rows], [Jsonb(row.detail) for row in rows],
        ),
    )  # fmt: skip


async def history(tx: Tx, occasion: UUID) -> list[LogRow]:
    """The history of an occasion, oldest line first."""
    async with tx.cursor(row_factory=class_row(LogRow)) as cursor:
        await cursor.execute(
            "SELECT occasion_id, participant_id, at, what, detail FROM occasion_log WHERE occasion_id = %s ORDER BY id",
            (occasion,),
        )
        return await cursor.fetchall()


async def count_by_state(tx: Tx, study: str | None = None) -> dict[State, int]:
    """How many occasions of a study (None: of all) are in each state."""
    rows = await tx.execute(
        "SELECT state, count(*) AS n FROM occasion WHERE %s::text IS NULL OR study = %s GROUP BY state", (study, study)
    )
    return {row["state"]: row["n"] for row in await rows.fetchall()}


async def _fetch(tx: Tx, query: str, ids: list[UUID]) -> list[OccasionRow]:
    async with tx.cursor(row_factory=class_row(OccasionRow)) as cursor:
        await cursor.execute(query.encode(), (ids,))
        return await cursor.fetchall()
