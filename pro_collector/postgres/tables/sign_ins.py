"""Rows of `account_session`, `sign_in_step` and `sign_in_attempt`: who is signed in, and who tries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.account.throttling import Attempt
from pro_collector.postgres.connection import Tx

Way = Literal["password", "passkey", "provider"]


@dataclass(frozen=True, slots=True)
class AccountSession:
    """Somebody who is signed in. `id_hash`: SHA-256 of the id in the cookie.

    `confirmed_at`: when they last proved who they are; None: before this was recorded.
    """

    id_hash: bytes
    account_id: UUID
    way: Way
    began_at: datetime
    seen_at: datetime
    confirmed_at: datetime | None = None


async def begin(tx: Tx, row: AccountSession) -> None:
    """Add a session."""
    await tx.execute(
        "INSERT INTO account_session (id_hash, account_id, way, began_at, seen_at, confirmed_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (row.id_hash, row.account_id, row.way, row.began_at, row.seen_at, row.confirmed_at),
    )


async def find(tx: Tx, id_hash: bytes) -> AccountSession | None:
    """The session with this hash."""
    async with tx.cursor(row_factory=class_row(AccountSession)) as cursor:
        await cursor.execute("SELECT * FROM account_session WHERE id_hash = %s", (id_hash,))
        return await cursor.fetchone()


async def seen(tx: Tx, id_hash: bytes, now: datetime) -> None:
    """Record that a session asked for a page."""
    await tx.execute("UPDATE account_session SET seen_at = greatest(seen_at, %s) WHERE id_hash = %s", (now, id_hash))


async def confirmed(tx: Tx, id_hash: bytes, at: datetime | None) -> None:
    """Record when whoever has a session last proved who they are; None: that is not known."""
    await tx.execute("UPDATE account_session SET confirmed_at = %s WHERE id_hash = %s", (at, id_hash))


async def end(tx: Tx, id_hash: bytes) -> None:
    """End one session."""
    await tx.execute("DELETE FROM account_session WHERE id_hash = %s", (id_hash,))


async def end_all(tx: Tx, account: UUID, but: bytes = b"") -> int:
    """End every session of an account but the one with the hash `but`; how many there were."""
    rows = await tx.execute("DELETE FROM account_session WHERE account_id = %s AND id_hash <> %s", (account, but))
    return rows.rowcount


@dataclass(frozen=True, slots=True)
class SignInState:
    """How the owner of an account signs in, and how many of their sessions are not over."""

    password: bool
    passkey: bool
    sessions: int


async def states(tx: Tx, ids: Sequence[UUID], began_after: datetime, seen_after: datetime) -> dict[UUID, SignInState]:
    """How the owners of these accounts sign in, by account."""
    rows = await tx.execute(
        """
        SELECT a.id, EXISTS (SELECT FROM vault.account_password p WHERE p.account_id = a.id) AS password,
               EXISTS (SELECT FROM account_passkey k WHERE k.account_id = a.id) AS passkey,
               (SELECT count(*) FROM account_session s
                WHERE s.account_id = a.id AND s.began_at > %s AND s.seen_at > %s)::int AS sessions
        FROM account a WHERE a.id = ANY(%s)
        """,
        (began_after, seen_after, list(ids)),
    )
    return {row["id"]: SignInState(row["password"], row["passkey"], row["sessions"]) for row in await rows.fetchall()}


async def use_step(tx: Tx, id_hash: bytes, expires_at: datetime) -> bool:
    """Record that a step came back; false if it did before."""
    used = await tx.execute(
        "INSERT INTO sign_in_step (id_hash, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING", (id_hash, expires_at)
    )
    return bool(used.rowcount)


async def add_attempt(tx: Tx, at: datetime, account: bytes, address: bytes) -> int:
    """Record an attempt to sign in, with keyed hashes of the mail address and the network address; return its id.

    It counts as failed until `succeeded` is called.
    """
    rows = await tx.execute(
        "INSERT INTO sign_in_attempt (at, account, address, succeeded) VALUES (%s, %s, %s, false) RETURNING id",
        (at, account, address),
    )
    row = await rows.fetchone()
    return int(row["id"]) if row else 0


async def succeeded(tx: Tx, attempt: int) -> None:
    """Record that an attempt was a good one."""
    await tx.execute("UPDATE sign_in_attempt SET succeeded = true WHERE id = %s", (attempt,))


async def attempts(tx: Tx, account: bytes, address: bytes, recent: datetime, known: datetime) -> list[Attempt]:
    """The attempts with this account or from this address: failed ones after `recent`, the others after `known`.

    Locks both until the transaction ends, so that attempts at the same moment cannot pass a limit together.
    """
    await tx.execute(
        """
        SELECT pg_advisory_xact_lock(hashtextextended(encode(one, 'hex'), 32))
        FROM unnest(%s::bytea[]) AS given (one) ORDER BY one
        """,
        (sorted([account, address]),),
    )
    async with tx.cursor(row_factory=class_row(Attempt)) as cursor:
        await cursor.execute(
            """
            SELECT at, account = %(account)s AS same_account, address = %(address)s AS same_address, succeeded
            FROM sign_in_attempt
            WHERE ((account = %(account)s AND at > %(recent)s) OR (address = %(address)s AND at > %(recent)s)
                   OR (account = %(account)s AND address = %(address)s AND succeeded AND at > %(known)s))
            """,
            {"account": account, "address": address, "recent": recent, "known": known},
        )
        return await cursor.fetchall()


async def forget(tx: Tx, began: datetime, seen: datetime, expired: datetime, tried: datetime) -> int:
    """Delete sessions that are over, steps that have expired, and attempts that no longer count."""
    sessions = await tx.execute("DELETE FROM account_session WHERE began_at <= %s OR seen_at <= %s", (began, seen))
    steps = await tx.execute("DELETE FROM sign_in_step WHERE expires_at <= %s", (expired,))
    tries = await tx.execute("DELETE FROM sign_in_attempt WHERE at <= %s", (tried,))
    return sessions.rowcount + steps.rowcount + tries.rowcount
