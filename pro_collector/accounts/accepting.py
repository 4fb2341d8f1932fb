"""Accept an invitation: choose a password, and prove that the app shows its codes."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import pyotp

from pro_collector.accounts.hashing import hash_password
from pro_collector.accounts.person import Actor, note, owner
from pro_collector.accounts.sessions import begin_session
from pro_collector.domain.account.credentials import CODE_STEP, password_problem, unused_step
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import accounts, credentials, sign_ins
from pro_collector.postgres.tables.credentials import InvitationRow, totp_row
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash

ISSUER = "pro-collector"
"""The name of this product in somebody's app."""
_TOLERATED = 1
"""How many steps the clock of a telephone may be off, in both directions."""


@dataclass(frozen=True, slots=True)
class Invited:
    """What the page of an invitation shows. `secret`: the key for the app; `address`: the same for a QR code."""

    account: UUID
    handle: str
    email: str
    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a password or a code was not accepted, and at which field."""

    field: Literal["password", "again", "code"]
    words: str


async def invited(rt: Runtime, token: str) -> Invited | None:
    """Who was invited with this token; None if it was used, has expired, or there is none."""
    async with rt.database.transaction() as tx:
        found = await valid_invitation(tx, rt, token)
        return found[1] if found else None


async def accept(rt: Runtime, token: str, password: str, code: str, client: str) -> str | Refused | None:
    """Set the password of an invitation, end every other session, and sign in; the id of the session.

    None if the invitation cannot be used any more.
    """
    shown = await invited(rt, token)
    if shown is None:
        return None
    if said := password_problem(password, [shown.handle, shown.email, shown.email.partition("@")[0]]):
        return Refused("password", said)
    step = unused_step(matching_steps(shown.secret, code, rt.clock.now()), None)
    if step is None:
        return Refused("code", "This is not the code that the app shows now. Wait for the next one.")
    hashed, now = await hash_password(password), rt.clock.now()
    async with rt.database.transaction() as tx:
        if not await use_invitation(tx, rt, shown, token, client):
            return None
        await credentials.set_password(tx, shown.account, hashed, token_hash(token), step, now)
        return await begin_session(tx, rt, shown.account, "password", shown.handle, Actor(shown.handle, client))


async def valid_invitation(tx: Tx, rt: Runtime, token: str) -> tuple[InvitationRow, Invited] | None:
    """An invitation that can be used now, and what its page shows."""
    row = await credentials.invitation(tx, token_hash(token))
    if row is None or row.used_at is not None or row.expires_at <= rt.clock.now():
        return None
    account = await accounts.find(tx, row.account_id)
    whose = owner(rt, account) if account else None
    if account is None or whose is None:
        return None
    secret = rt.vault.unseal(row.totp_sealed, totp_row(account.id))
    address = pyotp.TOTP(secret, interval=CODE_STEP).provisioning_uri(name=whose.email, issuer_name=ISSUER)
    return row, Invited(account.id, account.handle, whose.email, secret, address)


async def use_invitation(tx: Tx, rt: Runtime, shown: Invited, token: str, client: str) -> bool:
    """Use up an invitation, and remove what somebody signed in with before; false if it was used meanwhile."""
    await accounts.lock(tx, shown.account)
    if not await credentials.use_invitation(tx, token_hash(token), rt.clock.now()):
        return False
    await credentials.forget(tx, shown.account)
    await sign_ins.end_all(tx, shown.account)
    await note(tx, rt, "accepted", shown.handle, Actor(shown.handle, client))
    return True


def matching_steps(secret: str, code: str, now: datetime) -> list[int]:
    """The time steps, near `now`, whose code is this one; spaces in it do not count."""
    digits, totp = "".join(code.split()), pyotp.TOTP(secret, interval=CODE_STEP)
    step = math.floor(now.timestamp() / CODE_STEP)
    near = range(step - _TOLERATED, step + _TOLERATED + 1)
    return [each for each in near if digits.isascii() and pyotp.utils.strings_equal(totp.generate_otp(each), digits)]
