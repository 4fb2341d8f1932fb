"""Change one's own password; whoever does it knows the present one."""

from collections.abc import Mapping
from dataclasses import dataclass

from pro_collector.accounts.hashing import fits, hash_password
from pro_collector.accounts.passkeys import new_passkey_options, offered
from pro_collector.accounts.person import Actor, note, owner
from pro_collector.accounts.sessions import Present
from pro_collector.accounts.signing_in import begin_attempt
from pro_collector.domain.account.credentials import password_problem
from pro_collector.postgres.tables import accounts, credentials, sign_ins
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash


@dataclass(frozen=True, slots=True)
class Chosen:
    """The present password, and the new one, typed twice."""

    present: str
    password: str
    again: str


@dataclass(frozen=True, slots=True)
class Ways:
    """How somebody signs in. `new_passkey`: what a browser needs to make a passkey; empty where there can be none."""

    password: bool
    passkeys: int
    new_passkey: str


async def ways_of(rt: Runtime, who: Present) -> Ways:
    """How somebody who is signed in does it, and how they can add a passkey."""
    if who.account is None:
        return Ways(password=False, passkeys=0, new_passkey="")
    async with rt.database.transaction() as tx:
        password = await credentials.has_password(tx, who.account)
        passkeys = len(await credentials.passkeys_of(tx, who.account))
        account = await accounts.find(tx, who.account)
    whose = owner(rt, account) if account else None
    if whose is None or not offered(rt):
        return Ways(password, passkeys, "")
    return Ways(password, passkeys, await new_passkey_options(rt, who.account, whose.email, who.session))


async def change_password(rt: Runtime, who: Present, chosen: Chosen, actor: Actor) -> Mapping[str, str]:
    """Change the password of somebody who is signed in, and end their other sessions; what is wrong, by field."""
    if who.account is None:
        return {"present": "A program has no password."}
    if chosen.password != chosen.again:
        return {"again": "This is not the same password."}
    attempt = await begin_attempt(rt, f"password of {who.account}", actor.client)
    async with rt.database.transaction() as tx:
        row, account = await credentials.password(tx, who.account), await accounts.find(tx, who.account)
    if attempt is None or not await fits(chosen.present, row.hash if row else None):
        return {"present": "This is not your present password, or there were too many attempts."}
    async with rt.database.transaction() as tx:
        await sign_ins.succeeded(tx, attempt)
    whose = owner(rt, account) if account else None
    own = [who.name] if whose is None else [who.name, whose.email, whose.email.partition("@")[0]]
    if said := password_problem(chosen.password, own):
        return {"password": said}
    hashed = await hash_password(chosen.password)
    async with rt.database.transaction() as tx:
        await credentials.change_password(tx, who.account, hashed, rt.clock.now())
        await sign_ins.end_all(tx, who.account, token_hash(who.session))
        await note(tx, rt, "password changed", who.name, actor)
    return {}
