"""Tokens of programs: made once and shown once, for one role at one place, revoked at any time."""

import secrets
from datetime import timedelta
from uuid import uuid4

from pro_collector.accounts.granting import check_place
from pro_collector.accounts.person import Actor, described, note
from pro_collector.accounts.sessions import Present
from pro_collector.domain.account.credentials import handle_problem
from pro_collector.domain.account.permission import RoleAt
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.tables import api_tokens
from pro_collector.postgres.tables.api_tokens import TokenRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash

PREFIX = "proc_"
"""How every token begins, so that a search finds one that was left somewhere."""


async def make_token(rt: Runtime, name: str, given: RoleAt, actor: Actor, days: int | None = None) -> str:
    """Make a token, valid for so many days (None: until it is revoked); it is stored nowhere.

    Raises BadInput for a name, role or place that cannot be, Conflict if a token of this name is in force.
    """
    if said := handle_problem(name):
        raise BadInput([Problem("NAME", None, "", said)])
    secret, now = PREFIX + secrets.token_urlsafe(32), rt.clock.now()
    expires = now + timedelta(days=days) if days else None
    row = TokenRow(uuid4(), name, token_hash(secret), given.role.value, given.study, given.site, now, actor.by, expires)
    async with rt.database.transaction() as tx:
        await check_place(tx, rt, given, programs=True)
        if not await api_tokens.add(tx, row):
            raise Conflict(f"a token {name!r} is in force: revoke it, or take another name")
        await note(tx, rt, "token made", name, actor, described(given))
    return secret


async def revoke_token(rt: Runtime, name: str, actor: Actor) -> None:
    """End a token: the next request with it is refused. Raises NotFound if there is none of this name."""
    async with rt.database.transaction() as tx:
        if not await api_tokens.revoke(tx, name, rt.clock.now(), actor.by):
            raise NotFound(f"no token {name!r} is in force: see pro-collector token list")
        await note(tx, rt, "token revoked", name, actor)


async def list_tokens(rt: Runtime) -> list[TokenRow]:
    """Every token, by name; also those that were revoked."""
    async with rt.database.transaction() as tx:
        return await api_tokens.load_all(tx)


async def program(rt: Runtime, secret: str) -> Present | None:
    """The program with this token; None if there is none, it has expired or was revoked."""
    if not secret.startswith(PREFIX):
        return None
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        row = await api_tokens.find(tx, token_hash(secret))
        if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            return None
        if row.used_on != now.date():
            await api_tokens.used(tx, row.id, now.date())
        return Present(row.name, [row.grant])
