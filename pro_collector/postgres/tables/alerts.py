"""Rows of `alert`, `alert_occasion` and `alert_log`: what the rules of a study raised, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from pro_collector.domain.alert.life import Alert, ClosedAs, State
from pro_collector.postgres.connection import Tx
from scheduler.rules import Reporter

What = Literal[
    "raised", "repeated", "told", "nobody", "not_delivered", "advised", "acknowledged", "released", "handed_over",
    "came_back", "no_longer_holds", "holds_again", "closed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert of a participant; the fields that have the names of those of `Alert` mean the same."""

    id: UUID
    participant_id: UUID
    study: str
    study_version: str
    rule: str
    reporter: Reporter
    state: State
    raised_at: datetime
    last_at: datetime
    due_at: datetime | None
    repeats: int = 0
    step: int = -1
    came_back: int = 0
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    done: ClosedAs | None = None
    note: str | None = None

    @property
    def alert(self) -> Alert:
        """The alert as its rules see it."""
        return Alert(
            f"{self.rule}/{self.reporter}", self.state, self.raised_at, self.last_at, self.due_at, self.repeats,
            self.step, self.came_back, self.acknowledged_by, self.acknowledged_at, self.closed_by, self.closed_at,
            self.done, self.note,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenAlert(AlertRow):
    """An alert that is not closed, with the participant's code and site."""

    code: str = ""
    site: str | None = None


@dataclass(frozen=True, slots=True)
class AlertLogRow:
    """One thing that happened to an alert; `detail` has roles and names of the team, never words of a patient."""

    alert_id: UUID
    at: datetime
    what: What
    who: str | None = None
    detail: dict[str, str | int | list[str]] | None = None


_COLUMNS: LiteralString = """
id, participant_id, study, study_version, rule, reporter, state, raised_at, last_at, due_at, repeats, step, came_back,
acknowledged_by, acknowledged_at, closed_by, closed_at, done, note
"""
_NAMES = tuple(AlertRow.__dataclass_fields__)
_LOCK = f"SELECT {_COLUMNS} FROM alert WHERE id = ANY(%s) ORDER BY id FOR UPDATE"  # noqa: S608  # column names only
_LOAD = f"SELECT {_COLUMNS} FROM alert WHERE id = ANY(%s)"  # noqa: S608  # column names only
_LAST = f"""
SELECT {_COLUMNS} FROM alert WHERE id = ANY(ARRAY(
    SELECT DISTINCT ON (participant_id, rule, reporter) id FROM alert
    WHERE participant_id = ANY(%s) ORDER BY participant_id, rule, reporter, raised_at DESC))
ORDER BY id FOR UPDATE
"""  # noqa: S608  # column names only
_OPEN_OR_OF_DEAD = f"""
SELECT {_COLUMNS} FROM alert WHERE participant_id = ANY(%s) AND (state <> 'closed' OR done = 'died')
ORDER BY id FOR UPDATE
"""  # noqa: S608  # column names only
_BY_PREFIX = f"SELECT {_COLUMNS} FROM alert WHERE starts_with(id::text, %s) ORDER BY id LIMIT 20"  # noqa: S608
_SAVE = """
INSERT INTO alert (id, participant_id, study, study_version, rule, reporter, state, raised_at, last_at, due_at, repeats,
                   step, came_back, acknowledged_by, acknowledged_at, closed_by, closed_at, done, note)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, last_at = excluded.last_at, due_at = excluded.due_at,
    repeats = excluded.repeats, step = excluded.step, came_back = excluded.came_back,
    acknowledged_by = excluded.acknowledged_by, acknowledged_at = excluded.acknowledged_at,
    closed_by = excluded.closed_by, closed_at = excluded.closed_at, done = excluded.done, note = excluded.note
"""


async def lock(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, AlertRow]:
    """The alerts with these ids, locked in the order of their ids."""
    async with tx.cursor(row_factory=class_row(AlertRow)) as cursor:
        await cursor.execute(_LOCK, (list(ids),))
        return {row.id: row async for row in cursor}


async def load(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, AlertRow]:
    """The alerts with these ids, by id."""
    async with tx.cursor(row_factory=class_row(AlertRow)) as cursor:
        await cursor.execute(_LOAD, (list(ids),))
        return {row.id: row async for row in cursor}


async def lock_last(tx: Tx, participants: Sequence[UUID]) -> dict[tuple[UUID, str, Reporter], AlertRow]:
    """The newest alert of each rule and reporter of these participants, who are locked; the alerts are locked too."""
    async with tx.cursor(row_factory=class_row(AlertRow)) as cursor:
        await cursor.execute(_LAST, (list(participants),))
        return {(row.participant_id, row.rule, row.reporter): row async for row in cursor}


async def lock_open_or_of_dead(tx: Tx, participants: Sequence[UUID]) -> list[AlertRow]:
    """The alerts of these participants that are open, or that a death closed; locked."""
    async with tx.cursor(row_factory=class_row(AlertRow)) as cursor:
        await cursor.execute(_OPEN_OR_OF_DEAD, (list(participants),))
        return await cursor.fetchall()


async def counted_for(tx: Tx, alerts: Sequence[UUID]) -> dict[UUID, list[datetime]]:
    """When each of these alerts was raised and repeated: the instants at which its occasions became known."""
    found = await tx.execute("SELECT alert_id, at FROM alert_occasion WHERE alert_id = ANY(%s)", (list(alerts),))
    instants: dict[UUID, list[datetime]] = {id: [] for id in alerts}
    for row in await found.fetchall():
        instants[row["alert_id"]].append(row["at"])
    return instants


async def not_holding(tx: Tx, alerts: Sequence[UUID]) -> set[UUID]:
    """Those of these alerts whose rule no longer held when it was last looked at."""
    found = await tx.execute(
        """
        SELECT DISTINCT ON (alert_id) alert_id, what FROM alert_log
        WHERE alert_id = ANY(%s) AND what IN ('no_longer_holds', 'holds_again') ORDER BY alert_id, id DESC
        """,
        (list(alerts),),
    )
    return {row["alert_id"] for row in await found.fetchall() if row["what"] == "no_longer_holds"}


async def find_by_prefix(tx: Tx, start: str) -> list[AlertRow]:
    """Up to 20 alerts whose id begins with `start`, closed ones included."""
    async with tx.cursor(row_factory=class_row(AlertRow)) as cursor:
        await cursor.execute(_BY_PREFIX, (start,))
        return await cursor.fetchall()


async def load_open(tx: Tx, study: str | None) -> list[OpenAlert]:
    """All alerts of a study (None: of all studies) that are not closed, with the participant's code; oldest first."""
    async with tx.cursor(row_factory=class_row(OpenAlert)) as cursor:
        await cursor.execute(
            """
            SELECT a.id, a.participant_id, a.study, a.study_version, a.rule, a.reporter, a.state, a.raised_at,
                   a.last_at, a.due_at, a.repeats, a.step, a.came_back, a.acknowledged_by, a.acknowledged_at,
                   a.closed_by, a.closed_at, a.done, a.note, p.code, p.site
            FROM alert a JOIN participant p ON p.id = a.participant_id
            WHERE a.state <> 'closed' AND (%s::text IS NULL OR a.study = %s) ORDER BY a.raised_at, a.id
            """,
            (study, study),
        )
        return await cursor.fetchall()


async def counted(tx: Tx, occasions: Sequence[UUID]) -> set[tuple[str, Reporter, UUID]]:
    """Which of these occasions have raised which rule, for which reporter."""
    found = await tx.execute(
        "SELECT rule, reporter, occasion_id FROM alert_occasion WHERE occasion_id = ANY(%s)", (list(occasions),)
    )
    return {(row["rule"], row["reporter"], row["occasion_id"]) for row in await found.fetchall()}


async def count(tx: Tx, row: AlertRow, occasion: UUID, at: datetime) -> None:
    """Record that an occasion raised a rule."""
    await tx.execute(
        """
        INSERT INTO alert_occasion (participant_id, rule, reporter, occasion_id, alert_id, at)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (row.participant_id, row.rule, row.reporter, occasion, row.id, at),
    )


async def save(tx: Tx, row: AlertRow) -> None:
    """Store an alert, new or changed."""
    await tx.execute(_SAVE, tuple(getattr(row, name) for name in _NAMES))


async def log_once(tx: Tx, row: AlertLogRow) -> bool:
    """Record something about a person that may be reported several times; false if it was recorded before."""
    found = await tx.execute(
        """
        INSERT INTO alert_log (alert_id, at, what, who, detail) SELECT %s, %s, %s, %s, %s
        WHERE NOT EXISTS (SELECT FROM alert_log WHERE alert_id = %s AND what = %s AND who IS NOT DISTINCT FROM %s
            AND detail = %s AND at > %s::timestamptz - interval '1 hour') RETURNING id
        """,
        (
            row.alert_id, row.at, row.what, row.who, Jsonb(row.detail or {}),
            row.alert_id, row.what, row.who, Jsonb(row.detail or {}), row.at,
        ),
    )  # fmt: skip
    return await found.fetchone() is not None


async def add_log(tx: Tx, rows: Sequence[AlertLogRow]) -> None:
    """Record what happened to alerts."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO alert_log (alert_id, at, what, who, detail) VALUES (%s, %s, %s, %s, %s)",
            [(row.alert_id, row.at, row.what, row.who, Jsonb(row.detail or {})) for row in rows],
        )


async def log_of(tx: Tx, id: UUID) -> list[AlertLogRow]:
    """What happened to an alert, oldest first."""
    async with tx.cursor(row_factory=class_row(AlertLogRow)) as cursor:
        await cursor.execute(
            "SELECT alert_id, at, what, who, detail FROM alert_log WHERE alert_id = %s ORDER BY id", (id,)
        )
        return await cursor.fetchall()
