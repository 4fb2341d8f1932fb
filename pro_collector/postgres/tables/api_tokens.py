"""Rows of `api_token`: the tokens of programs."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class TokenRow:
    """The token of a program; `secret_hash`: SHA-256 of what the program sends."""

    id: UUID
    name: str
    secret_hash: bytes
    role: str
    study: str | None
    site: str | None
    made_at: datetime
    made_by: str
    expires_at: datetime | None = None
    used_on: date | None = None
    revoked_at: datetime | None = None

    @property
    def grant(self) -> RoleAt:
        """What it allows."""
        return RoleAt(Role(self.role), self.study, self.site)


_ROW: LiteralString = """
SELECT id, name, secret_hash, role, study, site, made_at, made_by, expires_at, used_on, revoked_at FROM api_token
"""
_BY_SECRET: LiteralString = f"{_ROW} WHERE secret_hash = %s"
_ALL: LiteralString = f"{_ROW} ORDER BY name, made_at"


async def add(tx: Tx, row: TokenRow) -> bool:
    """Add a token; false if a token of this name is in force."""
    added = await tx.execute(
        """
        INSERT INTO api_token (id, name, secret_hash, role, study, site, made_at, made_by, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (
            row.id, row.name, row.secret_hash, row.role, row.study, row.site, row.made_at, row.made_by, row.expires_at,
        ),
    )  # fmt: skip
    return bool(added.rowcount)


async def find(tx: Tx, secret_hash: bytes) -> TokenRow | None:
    """The token with this hash, also if it was revoked or has expired."""
    async with tx.cursor(row_factory=class_row(TokenRow)) as cursor:
        await cursor.execute(_BY_SECRET, (secret_hash,))
        return await cursor.fetchone()


async def used(tx: Tx, id: UUID, on: date) -> None:
    """Record on which day a token was last used."""
    await tx.execute("UPDATE api_token SET used_on = %s WHERE id = %s", (on, id))


async def load_all(tx: Tx) -> list[TokenRow]:
    """Every token, by name; also those that were revoked."""
    async with tx.cursor(row_factory=class_row(TokenRow)) as cursor:
        await cursor.execute(_ALL)
        return await cursor.fetchall()


async def revoke(tx: Tx, name: str, now: datetime, by: str) -> bool:
    """End the token of this name; false if none is in force."""
    ended = await tx.execute(
        "UPDATE api_token SET revoked_at = %s, revoked_by = %s WHERE name = %s AND revoked_at IS NULL", (now, by, name)
    )
    return bool(ended.rowcount)
