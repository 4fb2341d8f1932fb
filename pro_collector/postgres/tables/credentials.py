"""Rows of `vault.account_invitation`, `vault.account_password` and `account_passkey`: how somebody signs in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """A link by which somebody chooses how to sign in. `totp_sealed`: the sealed key of the account, then the value."""

    token_hash: bytes
    account_id: UUID
    totp_sealed: bytes
    made_at: datetime
    made_by: str
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PasswordRow:
    """A password (argon2id) with the key of the app that shows codes, sealed as in an invitation."""

    account_id: UUID
    hash: str
    totp_sealed: bytes
    last_step: int | None
    set_at: datetime


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """A passkey: the credential id, the public key (COSE), and how often it has signed, if it counts."""

    id: bytes
    account_id: UUID
    public_key: bytes
    sign_count: int
    added_at: datetime
    used_at: datetime | None = None


_INVITATION: LiteralString = """
SELECT token_hash, account_id, vault.with_key(account_id::text, totp_sealed) AS totp_sealed, made_at, made_by,
       expires_at, used_at
FROM vault.account_invitation WHERE token_hash = %s
"""
_HASHED: LiteralString = """
SELECT account_id, hash, vault.with_key(account_id::text, totp_sealed) AS totp_sealed, last_step, set_at
FROM vault.account_password WHERE account_id = %s FOR UPDATE
"""


def totp_row(account: UUID) -> str:
    """The row that the key of an account's app is sealed for, as text."""
    return f"{account}/totp"


async def invite(tx: Tx, row: InvitationRow) -> None:
    """Add an invitation, in place of one that was not used. `totp_sealed`: without the key of the account."""
    await tx.execute(
        "DELETE FROM vault.account_invitation WHERE account_id = %s AND used_at IS NULL", (row.account_id,)
    )
    await tx.execute(
        """
        INSERT INTO vault.account_invitation (token_hash, account_id, totp_sealed, made_at, made_by, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (row.token_hash, row.account_id, row.totp_sealed, row.made_at, row.made_by, row.expires_at),
    )


async def invitation(tx: Tx, token_hash: bytes) -> InvitationRow | None:
    """The invitation whose token has this hash."""
    async with tx.cursor(row_factory=class_row(InvitationRow)) as cursor:
        await cursor.execute(_INVITATION, (token_hash,))
        return await cursor.fetchone()


async def use_invitation(tx: Tx, token_hash: bytes, now: datetime) -> bool:
    """Mark an invitation as used; false if it was used or has expired."""
    used = await tx.execute(
        """
        UPDATE vault.account_invitation SET used_at = %s
        WHERE token_hash = %s AND used_at IS NULL AND expires_at > %s
        """,
        (now, token_hash, now),
    )
    return bool(used.rowcount)


async def set_password(tx: Tx, account: UUID, hash: str, token_hash: bytes, step: int, now: datetime) -> None:
    """Store the password of an account, with the key of the app from its invitation, and the first code's step."""
    await tx.execute(
        """
        INSERT INTO vault.account_password (account_id, hash, totp_sealed, last_step, set_at)
        SELECT account_id, %s, totp_sealed, %s, %s FROM vault.account_invitation
        WHERE token_hash = %s AND account_id = %s
        """,
        (hash, step, now, token_hash, account),
    )


async def password(tx: Tx, account: UUID) -> PasswordRow | None:
    """The password of an account, locked: of two sign-ins with the same code, one finds it used."""
    async with tx.cursor(row_factory=class_row(PasswordRow)) as cursor:
        await cursor.execute(_HASHED, (account,))
        return await cursor.fetchone()


async def has_password(tx: Tx, account: UUID) -> bool:
    """Whether an account has a password."""
    rows = await tx.execute("SELECT account_id FROM vault.account_password WHERE account_id = %s", (account,))
    return await rows.fetchone() is not None


async def accept_code(tx: Tx, account: UUID, step: int) -> None:
    """Record the time step of a code that was accepted."""
    await tx.execute("UPDATE vault.account_password SET last_step = %s WHERE account_id = %s", (step, account))


async def rehash(tx: Tx, account: UUID, hash: str) -> None:
    """Replace the hash of an unchanged password."""
    await tx.execute("UPDATE vault.account_password SET hash = %s WHERE account_id = %s", (hash, account))


async def change_password(tx: Tx, account: UUID, hash: str, now: datetime) -> None:
    """Replace a password; the app stays the same."""
    await tx.execute(
        "UPDATE vault.account_password SET hash = %s, set_at = %s WHERE account_id = %s", (hash, now, account)
    )


async def add_passkey(tx: Tx, row: PasskeyRow) -> None:
    """Add a passkey."""
    await tx.execute(
        "INSERT INTO account_passkey (id, account_id, public_key, sign_count, added_at) VALUES (%s, %s, %s, %s, %s)",
        (row.id, row.account_id, row.public_key, row.sign_count, row.added_at),
    )


async def passkey(tx: Tx, id: bytes) -> PasskeyRow | None:
    """The passkey with this credential id, locked."""
    async with tx.cursor(row_factory=class_row(PasskeyRow)) as cursor:
        await cursor.execute("SELECT * FROM account_passkey WHERE id = %s FOR UPDATE", (id,))
        return await cursor.fetchone()


async def passkeys_of(tx: Tx, account: UUID) -> list[PasskeyRow]:
    """The passkeys of an account, oldest first."""
    async with tx.cursor(row_factory=class_row(PasskeyRow)) as cursor:
        await cursor.execute("SELECT * FROM account_passkey WHERE account_id = %s ORDER BY added_at, id", (account,))
        return await cursor.fetchall()


async def used_passkey(tx: Tx, id: bytes, sign_count: int, now: datetime) -> None:
    """Record that a passkey signed somebody in."""
    await tx.execute("UPDATE account_passkey SET sign_count = %s, used_at = %s WHERE id = %s", (sign_count, now, id))


async def remove_passkeys(tx: Tx, account: UUID, ids: Sequence[bytes]) -> int:
    """Delete passkeys of an account; how many there were."""
    rows = await tx.execute("DELETE FROM account_passkey WHERE account_id = %s AND id = ANY(%s)", (account, list(ids)))
    return rows.rowcount


async def forget(tx: Tx, account: UUID) -> None:
    """Delete password, passkeys and open invitations of an account."""
    await tx.execute("DELETE FROM vault.account_password WHERE account_id = %s", (account,))
    await tx.execute("DELETE FROM account_passkey WHERE account_id = %s", (account,))
    await tx.execute("DELETE FROM vault.account_invitation WHERE account_id = %s AND used_at IS NULL", (account,))
