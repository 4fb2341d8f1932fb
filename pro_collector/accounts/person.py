"""Who acts: an account with what it may do now, or the user of a terminal; and the record of what they do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pro_collector.domain.account.permission import RoleAt
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import account_events, accounts, data_keys
from pro_collector.postgres.tables.account_events import AccountAct, AccountEvent
from pro_collector.postgres.tables.accounts import AccountRow
from pro_collector.runtime import Runtime

UNKNOWN = "unknown"
"""Whom an attempt to sign in is recorded about when nobody has the mail address that was entered."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a handle or a user of the command line, and from which network address (none: a terminal)."""

    by: str
    client: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose account it is."""

    email: str
    name: str


async def note(tx: Tx, rt: Runtime, what: AccountAct, about: str, actor: Actor, detail: str = "") -> None:
    """Record what is done with an account or a token."""
    await account_events.add(tx, AccountEvent(rt.clock.now(), what, about, actor.by, actor.client, detail))


async def in_force(tx: Tx, handle: str) -> AccountRow:
    """The account with this short name, locked. Raises NotFound if there is none, or it was removed."""
    row = await accounts.by_handle(tx, handle)
    if row is None or row.removed_at is not None:
        raise NotFound(f"no account {handle!r}: see pro-collector account list")
    await accounts.lock(tx, row.id)
    return row


async def grants(tx: Tx, account: UUID) -> list[RoleAt]:
    """What an account may do now."""
    return [row.grant for row in await accounts.grants_of(tx, [account])]


def owner(rt: Runtime, row: AccountRow) -> Owner | None:
    """Whose account it is; None if it was removed. Raises Altered as `Vault.unseal` does."""
    return Owner(**json.loads(rt.vault.unseal(row.sealed, row.row))) if row.sealed else None


async def seal_owner(tx: Tx, rt: Runtime, account: UUID, whose: Owner) -> bytes:
    """Encrypt for an account whose it is."""
    text = json.dumps({"email": whose.email, "name": whose.name}, ensure_ascii=False)
    return rt.vault.seal(text, accounts.owner_row(account), await key_of(tx, rt, account))


async def key_of(tx: Tx, rt: Runtime, account: UUID) -> bytes:
    """The sealed data key of an account, made if there is none."""
    return await data_keys.one(tx, str(account), rt.vault.new_key)


def described(given: RoleAt) -> str:
    """A grant in words: `coordinator of lung at paris (and read_words)`."""
    place = "" if given.study is None else f" of {given.study}"
    place += "" if given.site is None else f" at {given.site}"
    also = _listed(sorted(act.name for act in given.also))
    return f"{given.role}{place}{f' (and {also})' if also else ''}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
