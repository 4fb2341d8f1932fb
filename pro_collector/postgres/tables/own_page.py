"""Rows of `own_page_code`, `own_page_session` and `own_page_visit`: the door to people's own pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from scheduler.rules import Reporter

VisitKind = Literal["signed_in", "read", "csv", "fhir", "wrong_year"]


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code that was sent in a message; the code itself is derived from the id of the message."""

    message_id: UUID
    participant_id: UUID
    reporter: Reporter
    lookup: bytes
    sent_at: datetime
    expires_at: datetime
    wrong: int = 0
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Somebody who has entered a code. `participant_id`: the person of their link; `lookup`: where the code went."""

    id_hash: bytes
    participant_id: UUID
    reporter: Reporter
    lookup: bytes
    began_at: datetime
    seen_at: datetime


async def add_code(tx: Tx, row: CodeRow) -> None:
    """Record a code that was requested."""
    await tx.execute(
        "INSERT INTO own_page_code (message_id, participant_id, reporter, lookup, sent_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (row.message_id, row.participant_id, row.reporter, row.lookup, row.sent_at, row.expires_at),
    )


async def codes(tx: Tx, participant: UUID, reporter: Reporter, since: datetime) -> list[CodeRow]:
    """The codes sent to one reporter after `since`, oldest first, locked: two requests must not share a try."""
    async with tx.cursor(row_factory=class_row(CodeRow)) as cursor:
        await cursor.execute(
            "SELECT * FROM own_page_code WHERE participant_id = %s AND reporter = %s AND sent_at > %s"
            " ORDER BY sent_at, message_id FOR UPDATE",
            (participant, reporter, since),
        )
        return await cursor.fetchall()


async def sent_to(tx: Tx, lookup: bytes, since: datetime) -> list[datetime]:
    """When codes were sent to an address after `since`, for everybody who shares it."""
    rows = await tx.execute("SELECT sent_at FROM own_page_code WHERE lookup = %s AND sent_at > %s", (lookup, since))
    return [row["sent_at"] for row in await rows.fetchall()]


async def count_wrong(tx: Tx, messages: Sequence[UUID]) -> None:
    """Count a wrong code against each of these codes."""
    await tx.execute("UPDATE own_page_code SET wrong = wrong + 1 WHERE message_id = ANY(%s)", (list(messages),))


async def use(tx: Tx, messages: Sequence[UUID], now: datetime) -> None:
    """Mark codes as used."""
    await tx.execute(
        "UPDATE own_page_code SET used_at = %s WHERE message_id = ANY(%s) AND used_at IS NULL", (now, list(messages))
    )


async def begin(tx: Tx, row: SessionRow, over_before: datetime) -> None:
    """Store a new session, and delete those that began before `over_before`."""
    await tx.execute("DELETE FROM own_page_session WHERE began_at < %s", (over_before,))
    await tx.execute(
        "INSERT INTO own_page_session (id_hash, participant_id, reporter, lookup, began_at, seen_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (row.id_hash, row.participant_id, row.reporter, row.lookup, row.began_at, row.seen_at),
    )


async def find_session(tx: Tx, id_hash: bytes) -> SessionRow | None:
    """The session with this hash; None if there is none."""
    async with tx.cursor(row_factory=class_row(SessionRow)) as cursor:
        await cursor.execute("SELECT * FROM own_page_session WHERE id_hash = %s", (id_hash,))
        return await cursor.fetchone()


async def seen(tx: Tx, id_hash: bytes, now: datetime) -> None:
    """Record that a session asked for a page."""
    await tx.execute("UPDATE own_page_session SET seen_at = greatest(seen_at, %s) WHERE id_hash = %s", (now, id_hash))


async def end_session(tx: Tx, id_hash: bytes) -> None:
    """Delete a session; without one, nothing happens."""
    await tx.execute("DELETE FROM own_page_session WHERE id_hash = %s", (id_hash,))


async def count_visits(tx: Tx, participant: UUID, what: VisitKind, since: datetime) -> int:
    """How often something was recorded of a participant after `since`."""
    rows = await tx.execute(
        "SELECT count(*) AS n FROM own_page_visit WHERE participant_id = %s AND what = %s AND at > %s",
        (participant, what, since),
    )
    row = await rows.fetchone()
    return int(row["n"]) if row else 0


async def add_visit(tx: Tx, participant: UUID, reporter: Reporter, what: VisitKind, now: datetime) -> None:
    """Record that somebody signed in, or took a copy of somebody's data."""
    await tx.execute(
        "INSERT INTO own_page_visit (participant_id, reporter, at, what) VALUES (%s, %s, %s, %s)",
        (participant, reporter, now, what),
    )
