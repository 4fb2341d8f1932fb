"""The study team's side of the demonstration: you are its coordinator, and come in by a button of the page.

A button of each page that was shown signs in once. Only the demonstration has it, and only for this machine.
"""

import secrets
from collections import deque
from datetime import timedelta
from ipaddress import ip_address
from uuid import uuid4

from starlette.requests import Request

from pro_collector.accounts.granting import give
from pro_collector.accounts.inviting import add_account
from pro_collector.accounts.person import Actor, Owner
from pro_collector.accounts.sessions import present
from pro_collector.demo.stage import STUDY
from pro_collector.domain.account.acts import Role
from pro_collector.domain.account.permission import RoleAt
from pro_collector.postgres.tables import sign_ins
from pro_collector.postgres.tables.accounts import AccountRow
from pro_collector.postgres.tables.sign_ins import AccountSession
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash

HANDLE = "you"
ROLES = (RoleAt(Role.coordinator, STUDY), RoleAt(Role.monitor, STUDY))
_LONG = timedelta(days=3650)
"""The clock of the demonstration runs through months in minutes; a session must outlast them."""
_KEPT = 50


class DemoTeam:
    """Signs you in as the coordinator of the demo study."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._keys: deque[str] = deque(maxlen=_KEPT)
        self._account = uuid4()

    async def open(self) -> None:
        """Make your account."""
        rt, actor = self._rt, Actor("demo")
        row = AccountRow(self._account, HANDLE, rt.clock.now(), actor.by)
        async with rt.database.transaction() as tx:
            await add_account(tx, rt, row, Owner("you@clinic.example", "You"))
            for role in ROLES:
                await give(tx, rt, row, role, actor)

    def new_key(self) -> str:
        """What a button needs to sign you in, once."""
        key = secrets.token_urlsafe(32)
        self._keys.append(key)
        return key

    async def enter(self, request: Request, key: str, session: str) -> str:
        """The id of your session: the one that you have, or a new one for a key that nobody used; empty for neither."""
        if not _is_here(request):
            return ""
        if await present(self._rt, session):
            return session
        if key not in self._keys:
            return ""
        self._keys.remove(key)
        new, until = secrets.token_urlsafe(32), self._rt.clock.now() + _LONG
        async with self._rt.database.transaction() as tx:
            await sign_ins.begin(tx, AccountSession(token_hash(new), self._account, "password", until, until, until))
        return new


def _is_here(request: Request) -> bool:
    """Whether a request comes from this machine."""
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
