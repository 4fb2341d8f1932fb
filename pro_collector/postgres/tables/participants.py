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
from scheduler.values import Reporter
from scheduler.weekdays import DayName


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """A participant, by pseudonym; their identity is in the vault."""

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
    """Their own quiet hours: `21:00-08:00`, several separated by commas."""
    consent_version: str | None = None
    """The version of the consent text that they agreed to, if it is recorded."""
    preferred_day: DayName | None = None
    caregiver_language: str | None = None
    """The language in which their caregiver is asked; None: that of the participant."""
    caregiver_goes_on: date | None = None
    """The day from which their caregiver is asked although they withdrew; None: nobody decided that."""

    def language_of(self, reporter: Reporter) -> str:
        """The language of a reporter: a caregiver may have another one than the participant."""
        return (self.caregiver_language if reporter == "caregiver" else None) or self.language


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state of a participant, from `starts_on` until the day before `ends_on`."""

    id: UUID
    participant_id: UUID
    kind: Condition
    starts_on: date
    ends_on: date | None
    recorded_at: datetime
    recorded_by: str
    reason: str
    zone: str | None = None
    """The time zone they moved to, if `kind` is `moved`."""
    retracted_at: datetime | None = None
    retracted_by: str | None = None
    retracted_reason: str | None = None
    arm: str | None = None
    """The arm that they are in from then on, if `kind` is `crossed_over`."""

    def covers(self, day: date) -> bool:
        """Whether the participant was in this state on `day`."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


STATE_COLUMNS: LiteralString = (
    "id, participant_id, kind, starts_on, ends_on, recorded_at, recorded_by, reason, zone, retracted_at, retracted_by,"
    " retracted_reason, arm"
)
"""The columns of a StateRow."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A correction of a participant's data. For an address only the `field` is recorded, never the address.

    The first row is that of the enrolment (`enrolled`), which says who enrolled them.
    """

    id: UUID
    participant_id: UUID
    field: str
    was: str | None
    became: str | None
    recorded_at: datetime
    recorded_by: str
    reason: str


async def site_of(tx: Tx, id: UUID) -> str | None:
    """The site of a participant; None without one."""
    row = await (await tx.execute("SELECT site FROM participant WHERE id = %s", (id,))).fetchone()
    return row["site"] if row else None


async def lock(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, ParticipantRow]:
    """Lock participants in id order until the transaction ends, so that events of one person are not concurrent.

    Rows that refer to them can be added meanwhile: a text or report of theirs is stored without waiting.
    """
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM participant WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", (sorted(set(ids)),)
        )
        return {row.id: row async for row in cursor}


async def load_many(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, ParticipantRow]:
    """The participants with these ids in id order, without a lock."""
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute("SELECT * FROM participant WHERE id = ANY(%s) ORDER BY id", (sorted(set(ids)),))
        return {row.id: row async for row in cursor}


async def load(tx: Tx, id: UUID) -> ParticipantRow:
    """The participant with this id, without a lock."""
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute("SELECT * FROM participant WHERE id = %s", (id,))
        return (await cursor.fetchall())[0]


async def by_code(tx: Tx, study: str | None, code: str, *, locked: bool = False) -> list[ParticipantRow]:
    """The participants with this code, in one study or in all (None); `locked`: until the transaction ends."""
    query: LiteralString = "SELECT * FROM participant WHERE code = %s AND (%s::text IS NULL OR study = %s) ORDER BY id"
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute(f"{query} FOR NO KEY UPDATE" if locked else query, (code, study, study))
        return await cursor.fetchall()


async def of_study(tx: Tx, study: str) -> list[ParticipantRow]:
    """All participants of a study, ordered by code."""
    async with tx.cursor(row_factory=class_row(ParticipantRow)) as cursor:
        await cursor.execute("SELECT * FROM participant WHERE study = %s ORDER BY code", (study,))
        return await cursor.fetchall()


async def enrolled(tx: Tx, study: str, codes: Sequence[str]) -> set[str]:
    """Those of these codes that are enrolled in a study."""
    rows = await tx.execute("SELECT code FROM participant WHERE study = %s AND code = ANY(%s)", (study, list(codes)))
    return {row["code"] for row in await rows.fetchall()}


async def everybody(tx: Tx) -> dict[str, list[UUID]]:
    """The ids of all participants, by study."""
    found: dict[str, list[UUID]] = {}
    async for row in await tx.execute("SELECT study, id FROM participant ORDER BY id"):
        found.setdefault(row["study"], []).append(row["id"])
    return found


async def add(tx: Tx, rows: Sequence[ParticipantRow]) -> None:
    """Insert participants."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO participant (id, study, study_version, code, zone, language, birth_date, sex, arm, site,
                                     enrolled_on, preferred_time, quiet, consent_version, preferred_day,
                                     caregiver_language)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (r.id, r.study, r.study_version, r.code, r.zone, r.language, r.birth_date, r.sex, r.arm, r.site,
                 r.enrolled_on, r.preferred_time, r.quiet, r.consent_version, r.preferred_day,
                 r.caregiver_language)
                for r in rows
            ],
        )  # fmt: skip


async def set_planned_until(tx: Tx, ids: Sequence[UUID], until: datetime) -> None:
    """Record how far ahead these participants are planned."""
    await tx.execute("UPDATE participant SET planned_until = %s WHERE id = ANY(%s)", (until, list(ids)))


async def count_of_other_versions(tx: Tx, study: str, version: str) -> int:
    """How many participants of a study are not under this version of it."""
    rows = await tx.execute(
        "SELECT count(*) AS n FROM participant WHERE study = %s AND study_version <> %s", (study, version)
    )
    row = await rows.fetchone()
    return int(row["n"]) if row else 0


async def lock_some_of_other_versions(tx: Tx, study: str, version: str, limit: int) -> list[UUID]:
    """Lock some participants of a study who are not under this version of it; empty if there is none.

    Whoever is in use by another transaction is left for later. Only if all of them are is one of them waited for, with
    nobody else locked: so nobody waits for us because we wait.
    """
    for query in (
        "SELECT id FROM participant WHERE study = %s AND study_version <> %s ORDER BY id LIMIT %s"
        " FOR UPDATE SKIP LOCKED",
        "SELECT id FROM participant WHERE study = %s AND study_version <> %s ORDER BY id LIMIT least(%s, 1) FOR UPDATE",
    ):
        rows = await tx.execute(query, (study, version, limit))
        if found := [row["id"] for row in await rows.fetchall()]:
            return found
    return []


async def set_study_version(tx: Tx, ids: Sequence[UUID], version: str) -> None:
    """Put locked participants under a version of their study."""
    await tx.execute("UPDATE participant SET study_version = %s WHERE id = ANY(%s)", (version, list(ids)))


async def follow_moves(tx: Tx, ids: Sequence[UUID], now: datetime) -> None:
    """Set the time zone of these participants to that of their last move that has begun."""
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
    """The instant of the next future move, by participant; only participants who will move."""
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
    """Store corrected data; code, study and zone cannot be corrected."""
    await tx.execute(
        """
        UPDATE participant SET language = %s, birth_date = %s, sex = %s, arm = %s, site = %s, enrolled_on = %s,
               preferred_time = %s, quiet = %s, consent_version = %s, preferred_day = %s,
               caregiver_language = %s, caregiver_goes_on = %s WHERE id = %s
        """,
        (
            row.language, row.birth_date, row.sex, row.arm, row.site, row.enrolled_on, row.preferred_time, row.quiet,
            row.consent_version, row.preferred_day, row.caregiver_language, row.caregiver_goes_on, row.id,
        ),
    )  # fmt: skip


async def add_change(tx: Tx, row: ChangeRow) -> None:
    """Record a correction."""
    await add_changes(tx, [row])


async def add_changes(tx: Tx, rows: Sequence[ChangeRow]) -> None:
    """Record corrections."""
    async with tx.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO participant_change (id, participant_id, field, was, became, recorded_at, recorded_by, reason)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (r.id, r.participant_id, r.field, r.was, r.became, r.recorded_at, r.recorded_by, r.reason)
                for r in rows
            ],
        )  # fmt: skip


async def states(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[StateRow]]:
    """The states of each participant that are not retracted, ordered by start."""
    by_participant: dict[UUID, list[StateRow]] = {id: [] for id in ids}
    async with tx.cursor(row_factory=class_row(StateRow)) as cursor:
        await cursor.execute(
            f"SELECT {STATE_COLUMNS} FROM participant_state"  # noqa: S608  # names from this file
            " WHERE participant_id = ANY(%s) AND retracted_at IS NULL"
            " ORDER BY starts_on, id",
            (list(ids),),
        )
        async for row in cursor:
            by_participant[row.participant_id].append(row)
    return by_participant


async def add_state(tx: Tx, row: StateRow) -> None:
    """Insert a state, or update its end, zone and arm."""
    await tx.execute(
        """
        INSERT INTO participant_state
            (id, participant_id, kind, starts_on, ends_on, recorded_at, recorded_by, reason, zone, arm)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (id) DO UPDATE SET ends_on = excluded.ends_on, zone = excluded.zone, arm = excluded.arm
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
            row.arm,
        ),
    )


async def state_id(tx: Tx, participant: UUID, kind: Condition, since: date) -> UUID:
    """The id of a state that starts on this day: always the same, but a new one after a retraction."""
    rows = await tx.execute(
        "SELECT count(*) AS n FROM participant_state"
        " WHERE participant_id = %s AND kind = %s AND starts_on = %s AND retracted_at IS NOT NULL",
        (participant, kind, since),
    )
    row = await rows.fetchone()
    before = int(row["n"]) if row else 0
    return derived_id("state", participant, kind, since, *([before] if before else []))


async def retract_state(tx: Tx, id: UUID, by: str, reason: str, now: datetime) -> None:
    """Mark a state as retracted; its row stays."""
    await tx.execute(
        "UPDATE participant_state SET retracted_at = %s, retracted_by = %s, retracted_reason = %s,"
        " retracted_client = came_from() WHERE id = %s",
        (now, by, reason, id),
    )
