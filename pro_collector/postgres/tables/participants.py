"""Rows of `participant` and `participant_state`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.events import derived_id
from pro_collector.postgres.connection import Tx
from scheduler.person import Condition


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """A participant as the record has them; who they are is in the vault."""

    id: UUID
    study: str
    study_version: str
    code: str
    zone: str
    language: str
    birth_date: date | None
    sex: str | None
    arm: str | None
    site: str | None
    enrolled_on: date
    preferred_time: time | None
    planned_until: datetime | None
    quiet: str | None = None
    """Hours of their own in which nothing rings: `21:00-08:00`, several with a comma between."""


@dataclass(frozen=True, slots=True)
class StateRow:
    """A span of a participant's life: from `starts_on` until the day before `ends_on`."""

    id: UUID
    participant_id: UUID
    kind: Condition
    starts_on: date
    ends_on: date | None
    recorded_at: datetime
    recorded_by: str
    reason: str
    zone: str | None = None
    """Of `moved`: where they live from then on."""
    retracted_at: datetime | None = None
    retracted_by: str | None = None
    retracted_reason: str | None = None

    def covers(self, day: date) -> bool:
        """Whether it was so on `day`."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Something of a participant that was put right: never an address, of which only the `field` is told."""

    id: UUID
    participant_id: UUID
    field: str
    was: str | None
    became: str | None
    recorded_at: datetime
    recorded_by: str
    reason: str


async def lock(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, ParticipantRow]:
    """Lock participants in id order until the transaction ends, so that one person's events never race."""
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute("SELECT * FROM participant WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (sorted(set(ids)),))
        return {row.id: row async for row in cursor}


async def seen(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, ParticipantRow]:
    """Participants as they are, locked by nobody, in id order."""
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute("SELECT * FROM participant WHERE id = ANY(%s) ORDER BY id", (sorted(set(ids)),))
        return {row.id: row async for row in cursor}


async def load(tx: Tx, id: UUID) -> ParticipantRow:
    """A participant as they are, locked by nobody."""
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute("SELECT * FROM participant WHERE id = %s", (id,))
        return (await cursor.fetchall())[0]


async def by_code(tx: Tx, study: str | None, code: str, *, locked: bool = False) -> list[ParticipantRow]:
    """The participants with this code, in one study or in any; `locked` until the transaction ends."""
    query: LiteralString = "SELECT * FROM participant WHERE code = %s AND (%s::text IS NULL OR study = %s) ORDER BY id"
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute(f"{query} FOR UPDATE" if locked else query, (code, study, study))
        return await cursor.fetchall()


async def of_study(tx: Tx, study: str) -> list[ParticipantRow]:
    """Everyone in a study, by code."""
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute("SELECT * FROM participant WHERE study = %s ORDER BY code", (study,))
        return await cursor.fetchall()


async def add(tx: Tx, rows: Sequence[ParticipantRow]) -> None:
    """Enrol participants."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO participant (id, study, study_version, code, zone, language, birth_date, sex, arm, site,
                                     enrolled_on, preferred_time, quiet)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (r.id, r.study, r.study_version, r.code, r.zone, r.language, r.birth_date, r.sex, r.arm, r.site,
                 r.enrolled_on, r.preferred_time, r.quiet)
                for r in rows
            ],
        )  # fmt: skip


async def set_planned_until(tx: Tx, ids: Sequence[UUID], until: datetime) -> None:
    """Note how far ahead the plans of these participants reach."""
    await tx.execute("UPDATE participant SET planned_until = %s WHERE id = ANY(%s)", (until, list(ids)))


async def set_study_version(tx: Tx, study: str, version: str) -> list[UUID]:
    """Put everyone of a study under a version of its file, locked in id order as ever; their ids."""
    rows = await tx.execute(
        """
        WITH others AS (SELECT id FROM participant WHERE study = %s AND study_version <> %s ORDER BY id FOR UPDATE)
        UPDATE participant SET study_version = %s WHERE id IN (SELECT id FROM others) RETURNING id
        """,
        (study, version, version),
    )
    return [row["id"] for row in await rows.fetchall()]


async def follow_moves(tx: Tx, ids: Sequence[UUID], now: datetime) -> None:
    """Have these participants live where the last move whose day has come took them."""
    await tx.execute(
        """
        UPDATE participant p SET zone = last.zone
        FROM (SELECT DISTINCT ON (participant_id) participant_id, zone FROM participant_state
              WHERE participant_id = ANY(%s) AND zone IS NOT NULL AND (starts_on::timestamp AT TIME ZONE zone) <= %s
              ORDER BY participant_id, starts_on DESC, recorded_at DESC) last
        WHERE p.id = last.participant_id AND p.zone <> last.zone
        """,
        (list(ids), now),
    )


async def coming_moves(tx: Tx, ids: Sequence[UUID], now: datetime) -> dict[UUID, datetime]:
    """The instant at which the next move of each participant counts, of those who will move."""
    rows = await tx.execute(
        """
        SELECT participant_id, min(starts_on::timestamp AT TIME ZONE zone) AS at FROM participant_state
        WHERE participant_id = ANY(%(ids)s) AND zone IS NOT NULL
          AND (starts_on::timestamp AT TIME ZONE zone) > %(now)s GROUP BY 1
        """,
        {"ids": list(ids), "now": now},
    )
    return {row["participant_id"]: row["at"] for row in await rows.fetchall()}


async def update(tx: Tx, row: ParticipantRow) -> None:
    """Store what was put right; the code, the study and the zone are not."""
    await tx.execute(
        """
        UPDATE participant SET language = %s, birth_date = %s, sex = %s, arm = %s, site = %s, enrolled_on = %s,
               preferred_time = %s, quiet = %s WHERE id = %s
        """,
        (
            row.language, row.birth_date, row.sex, row.arm, row.site, row.enrolled_on, row.preferred_time, row.quiet,
            row.id,
        ),
    )  # fmt: skip


async def add_change(tx: Tx, row: ChangeRow) -> None:
    """Record that something was put right, by whom and why."""
    await tx.execute(
        """
        INSERT INTO participant_change (id, participant_id, field, was, became, recorded_at, recorded_by, reason)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            row.id, row.participant_id, row.field, row.was, row.became, row.recorded_at, row.recorded_by, row.reason
        ),
    )  # fmt: skip


async def states(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[StateRow]]:
    """The spans of each participant that nobody has taken back, by start."""
    found: dict[UUID, list[StateRow]] = {id: [] for id in ids}
    async with tx.cursor(row_factory=class_row(StateRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM participant_state WHERE participant_id = ANY(%s) AND retracted_at IS NULL"
            " ORDER BY starts_on, id",
            (list(ids),),
        )
        async for row in cursor:
            found[row.participant_id].append(row)
    return found


async def add_state(tx: Tx, row: StateRow) -> None:
    """Record a span, or its new end."""
    await tx.execute(
        """
        INSERT INTO participant_state
            (id, participant_id, kind, starts_on, ends_on, recorded_at, recorded_by, reason, zone)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (id) DO UPDATE SET ends_on = excluded.ends_on, zone = excluded.zone
        """,
        (
            row.id,
            row.participant_id,
            row.kind,
            row.starts_on,
            row.ends_on,
            row.recorded_at,
            row.recorded_by,
            row.reason,
            row.zone,
        ),
    )


async def state_id(tx: Tx, participant: UUID, kind: Condition, since: date) -> UUID:
    """The id of a state from this day: said again it is the same; said again after it was taken back, another."""
    rows = await tx.execute(
        "SELECT count(*) AS n FROM participant_state"
        " WHERE participant_id = %s AND kind = %s AND starts_on = %s AND retracted_at IS NOT NULL",
        (participant, kind, since),
    )
    row = await rows.fetchone()
    before = int(row["n"]) if row else 0
    return derived_id("state", participant, kind, since, *([before] if before else []))


async def retract_state(tx: Tx, id: UUID, by: str, reason: str, now: datetime) -> None:
    """Take a span back: it counts no more, and stays in the record."""
    await tx.execute(
        "UPDATE participant_state SET retracted_at = %s, retracted_by = %s, retracted_reason = %s WHERE id = %s",
        (now, by, reason, id),
    )
