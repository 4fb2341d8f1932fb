"""Invite somebody, give them a new invitation when they lost what they sign in with, remove them, list everybody."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import pyotp

from pro_collector.accounts.granting import check_place, give
from pro_collector.accounts.person import Actor, Owner, in_force, key_of, note, owner, seal_owner
from pro_collector.domain.account.credentials import handle_problem
from pro_collector.domain.account.permission import RoleAt
from pro_collector.domain.account.visiting import IDLE, INVITATION_VALID, LONGEST
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import accounts, credentials, data_keys, sign_ins
from pro_collector.postgres.tables.accounts import AccountRow, GrantRow
from pro_collector.postgres.tables.credentials import InvitationRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash

ACCEPT = "/team/accept/"
"""The path of the page of an invitation, before its token."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that leads to the choice of password or passkey, and until when it can be used."""

    handle: str
    link: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account for a list. `owner` None: it was removed. `ways`: how they sign in; `sessions`: how many are open."""

    handle: str
    owner: Owner | None
    grants: Sequence[GrantRow]
    ways: Sequence[str]
    sessions: int


async def invite(rt: Runtime, handle: str, whose: Owner, given: Sequence[RoleAt], actor: Actor) -> Invitation:
    """Make an account with roles, and an invitation to it.

    Raises BadInput for a handle, address, role or place that cannot be, Conflict if handle or address has an account.
    """
    problems = [Problem("HANDLE", None, "", said)] if (said := handle_problem(handle)) else []
    if "@" not in whose.email.strip("@") or any(sign.isspace() for sign in whose.email):
        problems.append(Problem("standard input", None, "", "expected a mail address"))
    if problems:
        raise BadInput(problems)
    async with rt.database.transaction() as tx:
        for one in given:
            await check_place(tx, rt, one)
        row = AccountRow(uuid4(), handle, rt.clock.now(), actor.by)
        await add_account(tx, rt, row, whose)
        await note(tx, rt, "invited", handle, actor)
        for one in given:
            await give(tx, rt, row, one, actor)
        return await _invitation(tx, rt, row.id, handle, actor)


async def add_account(tx: Tx, rt: Runtime, row: AccountRow, whose: Owner, found_by: str = "") -> None:
    """Add an account, which is found by the mail address of its owner, or by something else.

    Raises Conflict if its handle or what it is found by has one.
    """
    sealed = await seal_owner(tx, rt, row.id, whose)
    if not await accounts.add(tx, row, rt.vault.lookup(found_by or whose.email), sealed):
        raise Conflict(f"{row.handle}: this handle or this mail address has an account: see pro-collector account list")


async def reset(rt: Runtime, handle: str, actor: Actor) -> Invitation:
    """Give somebody a new invitation. Their sessions, password and passkeys end at once.

    Raises NotFound if there is no such account.
    """
    async with rt.database.transaction() as tx:
        row = await in_force(tx, handle)
        await credentials.forget(tx, row.id)
        await sign_ins.end_all(tx, row.id)
        await note(tx, rt, "reset", handle, actor)
        return await _invitation(tx, rt, row.id, handle, actor)


async def remove(rt: Runtime, handle: str, actor: Actor) -> None:
    """Remove an account: its sessions end at once, its roles, secrets, mail address and name are gone.

    The handle stays in records. Raises NotFound if there is no such account.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        row = await in_force(tx, handle)
        await sign_ins.end_all(tx, row.id)
        await credentials.forget(tx, row.id)
        await accounts.take(tx, [each.id for each in await accounts.grants_of(tx, [row.id])], now, actor.by)
        await accounts.remove(tx, row.id, now, actor.by)
        await data_keys.destroy(tx, [row.id])
        await note(tx, rt, "removed", handle, actor)


async def list_accounts(rt: Runtime) -> list[ListedAccount]:
    """Every account, by handle; also those that were removed."""
    async with rt.database.transaction() as tx:
        return await _listed(tx, rt, await accounts.load_all(tx))


async def account_of(rt: Runtime, handle: str) -> ListedAccount:
    """The account with this handle, also one that was removed. Raises NotFound if there is none."""
    async with rt.database.transaction() as tx:
        row = await accounts.by_handle(tx, handle)
        if row is None:
            raise NotFound(f"no account {handle!r}")
        return (await _listed(tx, rt, [row]))[0]


async def _listed(tx: Tx, rt: Runtime, rows: Sequence[AccountRow]) -> list[ListedAccount]:
    now, ids = rt.clock.now(), [row.id for row in rows]
    given = await accounts.grants_of(tx, ids)
    states = await sign_ins.states(tx, ids, now - LONGEST, now - IDLE)
    return [
        ListedAccount(
            row.handle,
            owner(rt, row),
            [each for each in given if each.account_id == row.id],
            ["password"] * states[row.id].password + ["passkey"] * states[row.id].passkey,
            states[row.id].sessions,
        )
        for row in rows
    ]


async def _invitation(tx: Tx, rt: Runtime, account: UUID, handle: str, actor: Actor) -> Invitation:
    token, now = secrets.token_urlsafe(32), rt.clock.now()
    key = await key_of(tx, rt, account)
    totp = rt.vault.seal(pyotp.random_base32(), credentials.totp_row(account), key)
    row = InvitationRow(token_hash(token), account, totp, now, actor.by, now + INVITATION_VALID)
    await credentials.invite(tx, row)
    return Invitation(handle, f"{rt.settings.public_url}{ACCEPT}{token}", row.expires_at)
