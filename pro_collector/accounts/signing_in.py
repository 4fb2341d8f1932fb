"""Sign in with mail address, password and the code of an app; attempts are limited and recorded."""

from dataclasses import dataclass
from typing import Literal

from pro_collector.accounts.accepting import matching_steps
from pro_collector.accounts.hashing import fits, hash_password, is_outdated
from pro_collector.accounts.person import UNKNOWN, Actor, note
from pro_collector.accounts.sessions import begin_session
from pro_collector.domain.account.credentials import unused_step
from pro_collector.domain.account.throttling import KNOWN_FOR, WITHIN, limit_reached
from pro_collector.postgres.tables import accounts, credentials, sign_ins
from pro_collector.postgres.tables.accounts import AccountRow
from pro_collector.postgres.tables.credentials import totp_row
from pro_collector.runtime import Runtime

Refusal = Literal["wrong", "limited"]


@dataclass(frozen=True, slots=True)
class Entered:
    """What somebody typed on the page, and from which network address they came."""

    email: str
    password: str
    code: str
    client: str


async def sign_in(rt: Runtime, entered: Entered) -> tuple[str, Refusal | None]:
    """Check what was entered; the id of the new session, or why there is none.

    A refusal says neither what was wrong nor whether there is such an account.
    """
    attempt = await begin_attempt(rt, entered.email, entered.client)
    if attempt is None:
        return "", "limited"
    async with rt.database.transaction() as tx:
        account = await accounts.by_lookup(tx, rt.vault.lookup(entered.email))
        row = await credentials.password(tx, account.id) if account else None
    right = await fits(entered.password, row.hash if row else None)
    session = ""
    if right and account is not None and row is not None:
        better = await hash_password(entered.password) if is_outdated(row.hash) else ""
        session = await _with_code(rt, account, row.hash, better, entered)
    if not session:
        await refused(rt, account, entered.client)
        return "", "wrong"
    async with rt.database.transaction() as tx:
        await sign_ins.succeeded(tx, attempt)
    return session, None


async def begin_attempt(rt: Runtime, account: str, client: str) -> int | None:
    """The id of one more attempt, which counts as failed until it succeeds; None if a limit was reached.

    `account`: the mail address that was entered, or another name of what is tried.
    """
    now, keys = rt.clock.now(), (rt.vault.lookup(account), rt.vault.lookup(client))
    async with rt.database.transaction() as tx:
        if limit_reached(await sign_ins.attempts(tx, *keys, now - WITHIN, now - KNOWN_FOR), now):
            return None
        return await sign_ins.add_attempt(tx, now, *keys)


async def refused(rt: Runtime, account: AccountRow | None, client: str) -> None:
    """Record that an attempt was refused."""
    about = account.handle if account else UNKNOWN
    async with rt.database.transaction() as tx:
        await note(tx, rt, "refused", about, Actor(UNKNOWN, client))


async def _with_code(rt: Runtime, account: AccountRow, hash: str, better: str, entered: Entered) -> str:
    """Begin a session if the code is right and unused, and the password is still the one that was checked."""
    async with rt.database.transaction() as tx:
        await accounts.lock(tx, account.id)
        row = await credentials.password(tx, account.id)
        if row is None or row.hash != hash:
            return ""
        secret = rt.vault.unseal(row.totp_sealed, totp_row(account.id))
        step = unused_step(matching_steps(secret, entered.code, rt.clock.now()), row.last_step)
        if step is None:
            return ""
        await credentials.accept_code(tx, account.id, step)
        if better:
            await credentials.rehash(tx, account.id, better)
        actor = Actor(account.handle, entered.client)
        return await begin_session(tx, rt, account.id, "password", account.handle, actor)
