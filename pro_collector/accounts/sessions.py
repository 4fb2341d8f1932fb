"""Who is signed in: a session has a new random id, is looked up for every request, and ends everywhere at once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pro_collector.accounts.person import Actor, grants, note
from pro_collector.domain.account.permission import RoleAt
from pro_collector.domain.account.visiting import is_signed_out
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import accounts, applied_feeds, sign_ins
from pro_collector.postgres.tables.sign_ins import AccountSession, Way
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash


@dataclass(frozen=True, slots=True)
class Present:
    """Who asks for something: somebody who is signed in, or a program with a token; and what they may do now.

    `account` is None for a program. `session`: the id in the cookie; empty for a program. `confirmed_at`: when they
    last proved who they are. `with_feeds`: the studies that have a feed, which their menus lead to.
    """

    name: str
    grants: Sequence[RoleAt]
    account: UUID | None = None
    session: str = ""
    confirmed_at: datetime | None = None
    with_feeds: frozenset[str] = frozenset()


async def begin_session(tx: Tx, rt: Runtime, account: UUID, way: Way, handle: str, actor: Actor) -> str:
    """Begin a session of an account; its id for the cookie. It is always a new one: nobody can choose it before."""
    session, now = secrets.token_urlsafe(32), rt.clock.now()
    await sign_ins.begin(tx, AccountSession(token_hash(session), account, way, now, now, now))
    await note(tx, rt, "signed in", handle, actor, way)
    return session


async def present(rt: Runtime, session: str, *, counts: bool = True) -> Present | None:
    """Who has this session; None if it is over, or its account was removed.

    `counts`: the request keeps the session from ending; a page that asks by itself must not.
    """
    if not session:
        return None
    now, hashed = rt.clock.now(), token_hash(session)
    async with rt.database.transaction() as tx:
        row = await sign_ins.find(tx, hashed)
        if row is None or is_signed_out(row.began_at, row.seen_at, now):
            return None
        account = await accounts.find(tx, row.account_id)
        if account is None or account.removed_at is not None:
            return None
        if counts:
            await sign_ins.seen(tx, hashed, now)
        fed = await applied_feeds.studies(tx)
        return Present(account.handle, await grants(tx, account.id), account.id, session, row.confirmed_at, fed)


async def sign_out(rt: Runtime, session: str, client: str) -> None:
    """End a session."""
    who = await present(rt, session, counts=False)
    async with rt.database.transaction() as tx:
        await sign_ins.end(tx, token_hash(session))
        if who is not None:
            await note(tx, rt, "signed out", who.name, Actor(who.name, client))


async def sign_out_everywhere(rt: Runtime, account: UUID, handle: str, actor: Actor, but: str = "") -> int:
    """End every session of an account, except the one with the id `but`; how many there were."""
    async with rt.database.transaction() as tx:
        n = await sign_ins.end_all(tx, account, token_hash(but) if but else b"")
        await note(tx, rt, "signed out everywhere", handle, actor)
        return n
