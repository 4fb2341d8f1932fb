"""`/team/confirm`: somebody proves again who they are, before what is dangerous, and goes on to it."""

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts.confirming import confirm, confirm_with_passkey
from pro_collector.accounts.own_account import ways_of
from pro_collector.accounts.passkeys import sign_in_options
from pro_collector.accounts.sessions import Present
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import TeamGuard, next_page
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages

_WRONG = "Password or code is wrong, or there were too many attempts. A code can be used once: wait for the next one."
_WRONG_PASSKEY = "This passkey was not accepted. Try again, or use your password."


class ConfirmPages:
    """Asks for password and code, or a passkey, of somebody who is signed in."""

    def __init__(self, guard: TeamGuard, pages: TeamPages, provider: bool) -> None:
        """`provider`: whether there is an identity provider to sign in with."""
        self._guard, self._pages, self._rt, self._provider = guard, pages, guard.rt, provider

    async def ask(self, request: Request, who: Present) -> Response:
        """Show the form."""
        return await self._show(who, _within(request.query_params.get("next", "")))

    async def confirm(self, request: Request, who: Present) -> Response:
        """Check password and code; the right ones lead on."""
        fields = await fields_of(request)
        to, actor = _within(fields.get("next", "")), self._guard.actor(request, who)
        if await confirm(self._rt, who, fields.get("password", ""), fields.get("code", ""), actor):
            return self._guard.go(to)
        return await self._show(who, to, _WRONG)

    async def confirm_with_passkey(self, request: Request, who: Present) -> Response:
        """Check what the browser signed; one of their own passkeys leads on."""
        fields = await fields_of(request)
        to, actor = _within(fields.get("next", "")), self._guard.actor(request, who)
        if await confirm_with_passkey(self._rt, who, fields.get("credential", ""), actor):
            return self._guard.go(to)
        return await self._show(who, to, _WRONG_PASSKEY)

    async def _show(self, who: Present, to: str, problem: str = "") -> Response:
        ways = await ways_of(self._rt, who)
        return self._pages.show(
            "confirm.html", session=who.session, name=who.name, status=422 if problem else 200, to=to,
            mistakes={"password": problem} if problem else NO_MISTAKES, has_password=ways.password,
            provider=self._provider, passkey_options=sign_in_options(self._rt, who.session) if ways.passkeys else "",
        )  # fmt: skip


def _within(to: str) -> str:
    """Where somebody goes on: a page of ours, with its query."""
    path, mark, query = to.partition("?")
    inside = next_page(path)
    return f"{inside}{mark}{query}" if inside == path and query.isprintable() else inside
