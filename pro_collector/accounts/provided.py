"""Sign in by an identity provider: its groups say which roles somebody has here, anew at each sign-in."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal
from uuid import uuid4

from pro_collector.accounts.challenges import take_challenge
from pro_collector.accounts.granting import check_place
from pro_collector.accounts.inviting import add_account
from pro_collector.accounts.openid import PURPOSE, IdentityProvider, Known
from pro_collector.accounts.person import UNKNOWN, Actor, Owner, described, grants, note
from pro_collector.accounts.sessions import begin_session
from pro_collector.accounts.signing_in import begin_attempt, refused
from pro_collector.domain.account.permission import RoleAt
from pro_collector.errors import Conflict, NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import accounts, group_roles, sign_ins
from pro_collector.postgres.tables.accounts import AccountRow, NewGrant
from pro_collector.postgres.tables.group_roles import GroupRole
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash

ProviderRefusal = Literal["wrong", "limited", "no role"]
PROVIDER = "identity provider"
"""By whom roles are given that come from groups."""
_LONGEST_HANDLE = 28


async def sign_in_with_provider(
    rt: Runtime, provider: IdentityProvider, answer: Mapping[str, str], visit: str, client: str
) -> tuple[str, ProviderRefusal | None]:
    """Sign in whom the provider sent back; the id of the session, or why there is none.

    Raises Unavailable when the provider does not answer.
    """
    attempt = await begin_attempt(rt, f"provider {client}", client)
    if attempt is None:
        return "", "limited"
    async with rt.database.transaction() as tx:
        ours = await take_challenge(tx, rt, answer.get("state", ""), PURPOSE, visit)
    known = await provider.said(answer, rt.clock.now()) if ours else None
    if known is None:
        await refused(rt, None, client)
        return "", "wrong"
    async with rt.database.transaction() as tx:
        await sign_ins.succeeded(tx, attempt)
        session = await _session_of(tx, rt, known, client)
    return session, None if session else "no role"


async def map_group(rt: Runtime, group: str, given: RoleAt, actor: Actor) -> None:
    """Give a group of the provider a role; it holds from the next sign-in on.

    Raises BadInput for a role or place that cannot be, Conflict if the group has the role.
    """
    async with rt.database.transaction() as tx:
        await check_place(tx, rt, given)
        if any((each.group_name, each.grant) == (group, given) for each in await group_roles.load_all(tx)):
            raise Conflict(f"{group!r} is {described(given)} already")
        await group_roles.add(tx, group, given, rt.clock.now(), actor.by)
        await note(tx, rt, "group mapped", group, actor, described(given))


async def unmap_group(rt: Runtime, group: str, actor: Actor) -> int:
    """Take all roles from a group, and from everybody who has them from it, at once; how many accounts lost one.

    Raises NotFound if the group has none.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        rows = [each for each in await group_roles.load_all(tx) if each.group_name == group]
        if not rows:
            raise NotFound(f"{group!r} has no role: see pro-collector account groups")
        await group_roles.take(tx, [each.id for each in rows], now, actor.by)
        theirs = [each for each in await accounts.grants_of_everybody(tx) if each.from_group == group]
        await accounts.take(tx, [each.id for each in theirs], now, actor.by)
        await note(tx, rt, "group unmapped", group, actor)
        return len({each.account_id for each in theirs})


async def list_groups(rt: Runtime) -> list[GroupRole]:
    """Every group with a role."""
    async with rt.database.transaction() as tx:
        return await group_roles.load_all(tx)


async def _session_of(tx: Tx, rt: Runtime, known: Known, client: str) -> str:
    """Bring the account of somebody up to date, and begin a session; empty if they have no role, or were removed."""
    wanted = {
        each.grant: each.group_name for each in await group_roles.load_all(tx) if each.group_name in _groups(known)
    }
    account = await _account(tx, rt, known, has_role=bool(wanted))
    if account is None:
        why = "no list of groups" if known.groups is None else "no group with a role, or removed"
        await note(tx, rt, "refused", UNKNOWN, Actor(PROVIDER, client), why)
        return ""
    await _sync(tx, rt, account, wanted)
    if not await grants(tx, account.id):
        await note(tx, rt, "refused", account.handle, Actor(PROVIDER, client), "no role")
        return ""
    session = await begin_session(tx, rt, account.id, "provider", account.handle, Actor(account.handle, client))
    await sign_ins.confirmed(tx, token_hash(session), min(known.proved_at, rt.clock.now()) if known.proved_at else None)
    return session


async def _account(tx: Tx, rt: Runtime, known: Known, *, has_role: bool) -> AccountRow | None:
    """The account of somebody, locked; a new one at their first sign-in with a role. None if it was removed."""
    id = await accounts.by_identity(tx, known.issuer, known.subject)
    if id is not None:
        await accounts.lock(tx, id)
        account = await accounts.find(tx, id)
        return account if account is not None and account.removed_at is None else None
    if not has_role:
        return None
    new = AccountRow(uuid4(), await _free_handle(tx, known.handle), rt.clock.now(), PROVIDER)
    await add_account(tx, rt, new, Owner(known.email, known.name), found_by=f"{known.issuer} {known.subject}")
    await accounts.add_identity(tx, known.issuer, known.subject, new.id)
    await note(tx, rt, "accepted", new.handle, Actor(PROVIDER))
    return new


async def _sync(tx: Tx, rt: Runtime, account: AccountRow, wanted: Mapping[RoleAt, str]) -> None:
    """Give the roles of somebody's groups, and take those of groups that they are no longer in."""
    now, rows = rt.clock.now(), await accounts.grants_of(tx, [account.id])
    of_groups = {each.grant: each for each in rows if each.from_group is not None}
    gone = [each for given, each in of_groups.items() if given not in wanted]
    await accounts.take(tx, [each.id for each in gone], now, PROVIDER)
    for each in gone:
        await note(tx, rt, "revoked", account.handle, Actor(PROVIDER), f"{described(each.grant)}: {each.from_group}")
    for given, group in wanted.items():
        if given not in of_groups:
            await accounts.give(tx, NewGrant(account.id, given, now, PROVIDER, from_group=group))
            await note(tx, rt, "granted", account.handle, Actor(PROVIDER), f"{described(given)}: {group}")


def _groups(known: Known) -> Sequence[str]:
    return known.groups or ()


async def _free_handle(tx: Tx, wanted: str) -> str:
    for handle in _handles(wanted):
        if await accounts.by_handle(tx, handle) is None:
            return handle
    raise Conflict("there are too many accounts with this name")


def _handles(wanted: str) -> Iterable[str]:
    """Handles that are like a name: the name in small letters, then with numbers."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", wanted.casefold()).strip("._-")[:_LONGEST_HANDLE]
    first = plain if len(plain) > 1 else f"user-{plain}".rstrip("-")
    return [first, *(f"{first}-{n}" for n in range(2, 100))]
