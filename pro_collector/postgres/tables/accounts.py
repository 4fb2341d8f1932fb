"""Rows of `account`, `vault.account_owner`, `account_grant` and `account_identity`: who there is, with which roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.account.acts import Act, Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account. `sealed`: the sealed key of the account, then who it is; empty when the account was removed."""

    id: UUID
    handle: str
    made_at: datetime
    made_by: str
    removed_at: datetime | None = None
    sealed: bytes = b""

    @property
    def row(self) -> str:
        """The row that `sealed` is sealed for."""
        return owner_row(self.id)


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A role of an account, since when and given by whom. `from_group`: the group of a provider that it comes from."""

    id: int
    account_id: UUID
    role: str
    study: str | None
    site: str | None
    also: Sequence[str]
    given_at: datetime
    given_by: str
    why: str
    from_group: str | None = None

    @property
    def grant(self) -> RoleAt:
        """The grant as the rules know it. Raises ValueError for a role that this release does not know."""
        known = Act.__members__
        return RoleAt(
            Role(self.role), self.study, self.site, frozenset(known[act] for act in self.also if act in known)
        )


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A role to give to an account, by whom and why."""

    account_id: UUID
    grant: RoleAt
    given_at: datetime
    given_by: str
    why: str = ""
    from_group: str | None = None


_ACCOUNT: LiteralString = """
SELECT a.id, a.handle, a.made_at, a.made_by, a.removed_at,
       coalesce(vault.with_key(a.id::text, o.sealed), '') AS sealed
FROM account a LEFT JOIN vault.account_owner o ON o.account_id = a.id
"""
_BY_ID: LiteralString = f"{_ACCOUNT} WHERE a.id = %s"
_BY_HANDLE: LiteralString = f"{_ACCOUNT} WHERE a.handle = %s"
_BY_LOOKUP: LiteralString = f"{_ACCOUNT} WHERE o.lookup = %s AND a.removed_at IS NULL"
_ALL: LiteralString = f"{_ACCOUNT} ORDER BY a.handle"
_GRANT: LiteralString = """
SELECT id, account_id, role, study, site, also, from_group, given_at, given_by, why FROM account_grant
"""
_GRANTS_OF: LiteralString = f"{_GRANT} WHERE account_id = ANY(%s) AND taken_at IS NULL ORDER BY id"
_GRANTS_IN_FORCE: LiteralString = f"{_GRANT} WHERE taken_at IS NULL ORDER BY id"


def owner_row(account: UUID) -> str:
    """The row of `vault.account_owner` that mail address and name are sealed for, as text."""
    return f"{account}/owner"


async def add(tx: Tx, row: AccountRow, lookup: bytes, sealed: bytes) -> bool:
    """Add an account. False if its handle or its mail address has one already: then end the transaction."""
    added = await tx.execute(
        "INSERT INTO account (id, handle, made_at, made_by) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (row.id, row.handle, row.made_at, row.made_by),
    )
    if not added.rowcount:
        return False
    owned = await tx.execute(
        "INSERT INTO vault.account_owner (account_id, lookup, sealed) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (row.id, lookup, sealed),
    )
    return bool(owned.rowcount)


async def find(tx: Tx, id: UUID) -> AccountRow | None:
    """The account with this id."""
    return await _one(tx, _BY_ID, id)


async def by_handle(tx: Tx, handle: str) -> AccountRow | None:
    """The account with this short name, also if it was removed."""
    return await _one(tx, _BY_HANDLE, handle)


async def by_lookup(tx: Tx, lookup: bytes) -> AccountRow | None:
    """The account with a mail address of this keyed hash; none that was removed."""
    return await _one(tx, _BY_LOOKUP, lookup)


async def by_identity(tx: Tx, issuer: str, subject: str) -> UUID | None:
    """The id of the account that a provider knows under this subject."""
    rows = await tx.execute(
        "SELECT account_id FROM account_identity WHERE issuer = %s AND subject = %s", (issuer, subject)
    )
    row = await rows.fetchone()
    return row["account_id"] if row else None


async def add_identity(tx: Tx, issuer: str, subject: str, account: UUID) -> None:
    """Record that a provider knows an account under this subject."""
    await tx.execute(
        "INSERT INTO account_identity (issuer, subject, account_id) VALUES (%s, %s, %s)", (issuer, subject, account)
    )


async def lock(tx: Tx, id: UUID) -> None:
    """Let nobody else change this account until the transaction ends."""
    await tx.execute("SELECT FROM account WHERE id = %s FOR UPDATE", (id,))


async def load_all(tx: Tx) -> list[AccountRow]:
    """Every account, by handle; also those that were removed."""
    async with tx.cursor(row_factory=class_row(AccountRow)) as cursor:
        await cursor.execute(_ALL)
        return await cursor.fetchall()


async def grants_of(tx: Tx, ids: Sequence[UUID]) -> list[GrantRow]:
    """The grants of these accounts that are in force, oldest first."""
    async with tx.cursor(row_factory=class_row(GrantRow)) as cursor:
        await cursor.execute(_GRANTS_OF, (list(ids),))
        return await cursor.fetchall()


async def grants_of_everybody(tx: Tx) -> list[GrantRow]:
    """Every grant that is in force, oldest first."""
    async with tx.cursor(row_factory=class_row(GrantRow)) as cursor:
        await cursor.execute(_GRANTS_IN_FORCE)
        return await cursor.fetchall()


async def give(tx: Tx, new: NewGrant) -> None:
    """Add a grant."""
    also = sorted(act.name for act in new.grant.also)
    await tx.execute(
        """
        INSERT INTO account_grant (account_id, role, study, site, also, given_at, given_by, why, from_group)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            new.account_id, new.grant.role.value, new.grant.study, new.grant.site, also, new.given_at, new.given_by,
            new.why, new.from_group,
        ),
    )  # fmt: skip


async def take(tx: Tx, ids: Sequence[int], now: datetime, by: str) -> None:
    """End these grants."""
    await tx.execute(
        "UPDATE account_grant SET taken_at = %s, taken_by = %s WHERE id = ANY(%s) AND taken_at IS NULL",
        (now, by, list(ids)),
    )


async def remove(tx: Tx, id: UUID, now: datetime, by: str) -> None:
    """Remove an account: it stays as a handle in records; who it was is deleted.

    Under which subject a provider knows it stays, so that it is refused when it comes from there.
    """
    await tx.execute("UPDATE account SET removed_at = %s, removed_by = %s WHERE id = %s", (now, by, id))
    await tx.execute("DELETE FROM vault.account_owner WHERE account_id = %s", (id,))


async def _one(tx: Tx, statement: LiteralString, value: object) -> AccountRow | None:
    async with tx.cursor(row_factory=class_row(AccountRow)) as cursor:
        await cursor.execute(statement, (value,))
        return await cursor.fetchone()
