"""Rows of `calendar_link`: private links to calendars of check-ins."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class CalendarLinkRow:
    """A link that an account made; `secret_hash`: SHA-256 of what stands in its address.

    `participant_id` None: it is about everybody of the study whom the account may see.
    """

    id: UUID
    account_id: UUID
    study: str
    participant_id: UUID | None
    secret_hash: bytes
    made_at: datetime
    expires_at: datetime
    used_on: date | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LinkInForce:
    """A link as its account sees it; `code` None: it is about everybody."""

    id: UUID
    study: str
    code: str | None
    made_at: datetime
    expires_at: datetime
    used_on: date | None


async def add(tx: Tx, row: CalendarLinkRow) -> None:
    """Add a link."""
    await tx.execute(
        """
        INSERT INTO calendar_link (id, account_id, study, participant_id, secret_hash, made_at, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        """,
        (row.id, row.account_id, row.study, row.participant_id, row.secret_hash, row.made_at, row.expires_at),
    )


async def find(tx: Tx, secret_hash: bytes) -> CalendarLinkRow | None:
    """The link with this hash, also if it was revoked or has expired."""
    async with tx.cursor(row_factory=class_row(CalendarLinkRow)) as cursor:
        await cursor.execute(
            """
            SELECT id, account_id, study, participant_id, secret_hash, made_at, expires_at, used_on, revoked_at
            FROM calendar_link WHERE secret_hash = %s
            """,
            (secret_hash,),
        )
        return await cursor.fetchone()


async def used(tx: Tx, id: UUID, on: date) -> bool:
    """Record on which day a link was fetched; whether it is the first time on this day."""
    changed = await tx.execute(
        "UPDATE calendar_link SET used_on = %(on)s WHERE id = %(id)s AND used_on IS DISTINCT FROM %(on)s",
        {"id": id, "on": on},
    )
    return bool(changed.rowcount)


async def in_force(tx: Tx, account: UUID, now: datetime) -> list[LinkInForce]:
    """The links of an account that are neither revoked nor expired, the newest first."""
    async with tx.cursor(row_factory=class_row(LinkInForce)) as cursor:
        await cursor.execute(
            """
            SELECT l.id, l.study, p.code, l.made_at, l.expires_at, l.used_on
            FROM calendar_link l LEFT JOIN participant p ON p.id = l.participant_id
            WHERE l.account_id = %s AND l.revoked_at IS NULL AND l.expires_at > %s ORDER BY l.made_at DESC, l.id
            """,
            (account, now),
        )
        return await cursor.fetchall()


async def revoke(tx: Tx, account: UUID, id: UUID, now: datetime) -> str | None:
    """End a link of an account; its study, or None if the account has no such link in force."""
    ended = await tx.execute(
        """
        UPDATE calendar_link SET revoked_at = %s WHERE id = %s AND account_id = %s AND revoked_at IS NULL
        RETURNING study
        """,
        (now, id, account),
    )
    row = await ended.fetchone()
    return str(row["study"]) if row else None
