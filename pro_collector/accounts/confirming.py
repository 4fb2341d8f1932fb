"""Somebody who is signed in proves again who they are: with password and code, or with a passkey."""

from pro_collector.accounts.accepting import matching_steps
from pro_collector.accounts.hashing import fits
from pro_collector.accounts.passkeys import known_passkey
from pro_collector.accounts.person import Actor, note
from pro_collector.accounts.sessions import Present
from pro_collector.accounts.signing_in import begin_attempt
from pro_collector.domain.account.credentials import unused_step
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import accounts, credentials, sign_ins
from pro_collector.postgres.tables.credentials import totp_row
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash


async def confirm(rt: Runtime, who: Present, password: str, code: str, actor: Actor) -> bool:
    """Whether this is their password and an unused code; then their session is fresh. Attempts are limited."""
    attempt = await begin_attempt(rt, f"confirm {who.account}", actor.client)
    if who.account is None or attempt is None:
        return False
    async with rt.database.transaction() as tx:
        row = await credentials.password(tx, who.account)
    if not await fits(password, row.hash if row else None):
        return False
    async with rt.database.transaction() as tx:
        await accounts.lock(tx, who.account)
        row = await credentials.password(tx, who.account)
        if row is None:
            return False
        secret = rt.vault.unseal(row.totp_sealed, totp_row(who.account))
        step = unused_step(matching_steps(secret, code, rt.clock.now()), row.last_step)
        if step is None:
            return False
        await credentials.accept_code(tx, who.account, step)
        await _confirmed(tx, rt, who, actor, attempt)
        return True


async def confirm_with_passkey(rt: Runtime, who: Present, given: str, actor: Actor) -> bool:
    """Whether a browser signed with one of their own passkeys; then their session is fresh. Attempts are limited."""
    attempt = await begin_attempt(rt, f"confirm {who.account}", actor.client)
    if attempt is None:
        return False
    async with rt.database.transaction() as tx:
        account = await known_passkey(tx, rt, given, who.session)
        if account is None or account.id != who.account:
            return False
        await _confirmed(tx, rt, who, actor, attempt)
        return True


async def _confirmed(tx: Tx, rt: Runtime, who: Present, actor: Actor, attempt: int) -> None:
    await sign_ins.confirmed(tx, token_hash(who.session), rt.clock.now())
    await sign_ins.succeeded(tx, attempt)
    await note(tx, rt, "confirmed", who.name, actor)
