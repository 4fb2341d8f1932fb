"""Give somebody a role, or take it; each for a study or a site that exists."""

from pro_collector.accounts.person import Actor, described, in_force, note
from pro_collector.domain.account.acts import OF_PEOPLE, Act
from pro_collector.domain.account.permission import RoleAt, problem_of
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import accounts, studies
from pro_collector.postgres.tables.accounts import AccountRow, NewGrant
from pro_collector.runtime import Runtime


async def grant(rt: Runtime, handle: str, given: RoleAt, actor: Actor, why: str = "") -> None:
    """Give a role to an account.

    Raises NotFound if there is no such account, BadInput for a role or place that cannot be, Conflict if they have it.
    """
    async with rt.database.transaction() as tx:
        row = await in_force(tx, handle)
        await check_place(tx, rt, given)
        if any(each.grant == given for each in await accounts.grants_of(tx, [row.id])):
            raise Conflict(f"{handle} is {described(given)} already")
        await give(tx, rt, row, given, actor, why)


async def revoke(rt: Runtime, handle: str, taken: RoleAt, actor: Actor, why: str = "") -> None:
    """Take a role from an account; from then on no page shows what it allowed.

    Raises NotFound if they do not have it.
    """
    async with rt.database.transaction() as tx:
        row = await in_force(tx, handle)
        rows = await accounts.grants_of(tx, [row.id])
        theirs = [one for one in rows if (one.role, one.study, one.site) == (taken.role, taken.study, taken.site)]
        if not theirs:
            held = "; ".join(described(each.grant) for each in rows) or "no role"
            raise NotFound(f"{handle} is not {described(taken)}, but has: {held}")
        await accounts.take(tx, [each.id for each in theirs], rt.clock.now(), actor.by)
        await note(tx, rt, "revoked", handle, actor, _with_reason(described(taken), why))


async def give(tx: Tx, rt: Runtime, row: AccountRow, given: RoleAt, actor: Actor, why: str = "") -> None:
    """Give a role to an account that is locked or new, for a place that was checked."""
    await accounts.give(tx, NewGrant(row.id, given, rt.clock.now(), actor.by, why))
    await note(tx, rt, "granted", row.handle, actor, _with_reason(described(given), why))


async def check_place(tx: Tx, rt: Runtime, given: RoleAt, *, programs: bool = False) -> None:
    """Raise BadInput if a role is not for people (or programs), or its study or site does not exist."""
    if (given.role in OF_PEOPLE) == programs:
        raise BadInput([Problem("--role", None, "", f"{given.role} is for {'people' if programs else 'programs'}")])
    if said := problem_of(given):
        raise BadInput([Problem("--study", None, "", said)])
    if given.study is None:
        return
    current = await studies.current(tx, given.study)
    if current is None:
        raise BadInput([Problem("--study", None, "", f"no study {given.study!r} is applied here")])
    sites = (await rt.studies.get(tx, given.study, current.version)).study.sites
    if given.site is not None and given.site not in sites:
        known = ", ".join(sites) or "none"
        raise BadInput([Problem("--site", None, "", f"{given.study} has no site {given.site!r}, but: {known}")])


def parse_acts(names: list[str]) -> frozenset[Act]:
    """The acts with these names. Raises BadInput for an unknown one."""
    if unknown := [name for name in names if name not in Act.__members__]:
        known = ", ".join(Act.__members__)
        raise BadInput([Problem("--also", None, "", f"there is no act {name!r}; known: {known}") for name in unknown])
    return frozenset(Act[name] for name in names)


def _with_reason(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what
