"""Somebody of the study team who was invited and signs in with the codes of an app; and programs with tokens."""

from dataclasses import dataclass

import pyotp

from pro_collector.accounts.accepting import accept, invited
from pro_collector.accounts.inviting import ACCEPT, Invitation, invite
from pro_collector.accounts.person import Actor, Owner
from pro_collector.accounts.tokens import make_token
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.runtime import Runtime

PASSWORD = "seven grey horses walk"
BOSS = Actor("boss")
HOME = "192.0.2.7"
"""The network address from which the team signs in."""


@dataclass
class Member:
    """Somebody who accepted an invitation. `secret`: the key in their app."""

    handle: str
    email: str
    secret: str
    session: str

    def code(self, rt: Runtime) -> str:
        """What the app shows now."""
        return pyotp.TOTP(self.secret).at(rt.clock.now())


def email_of(handle: str) -> str:
    """The mail address of an account that a test made."""
    return f"{handle}@clinic.example"


async def invitation_of(rt: Runtime, handle: str = "nurse", *given: RoleAt) -> Invitation:
    """An invitation to a new account; without a grant it is an administrator's."""
    owner = Owner(email_of(handle), f"{handle} Example")
    return await invite(rt, handle, owner, given or [RoleAt(Role.administrator)], BOSS)


def token_in(invitation: Invitation) -> str:
    """The token of the link."""
    return invitation.link.partition(ACCEPT)[2]


async def member(rt: Runtime, handle: str = "nurse", *given: RoleAt) -> Member:
    """Somebody who was invited and signed in."""
    token = token_in(await invitation_of(rt, handle, *given))
    shown = await invited(rt, token)
    assert shown is not None
    session = await accept(rt, token, PASSWORD, pyotp.TOTP(shown.secret).at(rt.clock.now()), HOME)
    assert isinstance(session, str)
    return Member(handle, shown.email, shown.secret, session)


async def bearer(rt: Runtime, role: Role = Role.read, study: str | None = None, site: str | None = None) -> str:
    """The header `Authorization` of a program with a new token."""
    name = f"{role}-{study or 'all'}-{site or 'all'}"
    return f"Bearer {await make_token(rt, name, RoleAt(role, study, site), BOSS)}"
