"""Change one's own password; whoever does it knows the present one."""

from collections.abc import Mapping
from dataclasses import dataclass

from pro_collector.accounts.hashing import fits, hash_password
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
