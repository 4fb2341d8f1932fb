"""The pages for somebody who is not signed in: sign in, and accept an invitation."""

from collections.abc import Mapping

import segno
import structlog
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts.accepting import Invited, Refused, accept, invited
from pro_collector.accounts.passkeys import (
    accept_with_passkey,
    new_passkey_options,
    offered,
    sign_in_options,
    sign_in_with_passkey,
)
from pro_collector.accounts.sessions import sign_out
from pro_collector.accounts.signing_in import Entered, Refusal, sign_in
from pro_collector.web.bounded_lines import BoundedLines
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import TeamGuard, next_page
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.recording import client_of
from pro_collector.web.team_page import message

log = structlog.get_logger(__name__)

_REFUSED: Mapping[Refusal, str] = {
    "wrong": "an attempt to sign in was refused",
    "limited": "too many attempts to sign in",
}
_WRONG = "Mail address, password or code is wrong. A code can be used once: wait for the next one."
_WRONG_PASSKEY = "This passkey was not accepted. Try again, or use your password."
_LIMITED = "There were too many attempts. Wait 15 minutes, or ask your administrator."
_NEEDS_HTTPS = "PRO_PUBLIC_URL begins with http:// and is not of this machine: a password would be sent in the open."


class SignInPages:
    """Sign in, sign out, accept an invitation."""

    def __init__(self, guard: TeamGuard, pages: TeamPages, provider: bool) -> None:
        """`provider`: whether there is an identity provider to sign in with."""
        self._guard, self._pages, self._rt = guard, pages, guard.rt
        self._provider, self._lines = provider, BoundedLines()

    async def ask(self, request: Request) -> Response:
        """Show the form to sign in; who is signed in goes on."""
        to = next_page(request.query_params.get("next", ""))
        if await self._guard.who(request, counts=False):
            return self._guard.go(to)
        return self._sign_in(request, to)

    async def enter(self, request: Request) -> Response:
        """Check what was entered; the right one leads on, in a new session."""
        fields = await fields_of(request)
        to = next_page(fields.get("next", ""))
        if not self._guard.cookies.usable:
            return message("Nobody can sign in here", 403, words=_NEEDS_HTTPS)
        if await self._guard.is_forged(request, self._guard.cookies.visit(request)):
            return self._guard.forged()
        email = fields.get("email", "")
        entered = Entered(email, fields.get("password", ""), fields.get("code", ""), client_of(request))
        session, refusal = await sign_in(self._rt, entered)
        if refusal is not None:
            self._lines.write(log.warning, _REFUSED[refusal], client=entered.client)
        if refusal == "limited":
            return self._sign_in(request, to, email, _LIMITED, 429)
        if refusal is not None:
            return self._sign_in(request, to, email, _WRONG, 422)
        return self._inside(session, to)

    async def enter_with_passkey(self, request: Request) -> Response:
        """Sign in with what the browser signed."""
        fields, visit = await fields_of(request), self._guard.cookies.visit(request)
        to = next_page(fields.get("next", ""))
        if await self._guard.is_forged(request, visit):
            return self._guard.forged()
        given, client = fields.get("credential", ""), client_of(request)
        session, refusal = await sign_in_with_passkey(self._rt, given, visit, client)
        if refusal is None:
            return self._inside(session, to)
        self._lines.write(log.warning, _REFUSED[refusal], client=client)
        if refusal == "limited":
            return self._sign_in(request, to, "", _LIMITED, 429)
        return self._sign_in(request, to, "", _WRONG_PASSKEY, 422)

    async def accept_with_passkey(self, request: Request) -> Response:
        """Accept an invitation with a passkey, and sign in."""
        token, fields = str(request.path_params["token"]), await fields_of(request)
        visit = self._guard.cookies.visit(request)
        if await self._guard.is_forged(request, visit):
            return self._guard.forged()
        shown = await invited(self._rt, token)
        if shown is None:
            return self._unusable()
        session = await accept_with_passkey(
            self._rt, shown, token, fields.get("credential", ""), visit, client_of(request)
        )
        if session:
            return self._inside(session, "/team")
        return await self._accept(request, shown, Refused("password", _WRONG_PASSKEY))

    async def leave(self, request: Request) -> Response:
        """End the session. Without one, nothing happens."""
        session = self._guard.cookies.session(request)
        if await self._guard.is_forged(request, session):
            return self._guard.forged()
        await sign_out(self._rt, session, client_of(request))
        response = self._guard.go("/team/sign-in")
        self._guard.cookies.end_session(response)
        return response

    async def invitation(self, request: Request) -> Response:
        """Show how to accept an invitation."""
        shown = await invited(self._rt, str(request.path_params["token"]))
        return self._unusable() if shown is None else await self._accept(request, shown)

    async def accept(self, request: Request) -> Response:
        """Set the password of an invitation, and sign in."""
        token, fields = str(request.path_params["token"]), await fields_of(request)
        if not self._guard.cookies.usable:
            return message("Nobody can sign in here", 403, words=_NEEDS_HTTPS)
        if await self._guard.is_forged(request, self._guard.cookies.visit(request)):
            return self._guard.forged()
        shown = await invited(self._rt, token)
        if shown is None:
            return self._unusable()
        password = fields.get("password", "")
        if password != fields.get("again", ""):
            return await self._accept(request, shown, Refused("again", "This is not the same password."))
        result = await accept(self._rt, token, password, fields.get("code", ""), client_of(request))
        if isinstance(result, Refused):
            return await self._accept(request, shown, result)
        return self._unusable() if result is None else self._inside(result, "/team")

    def _inside(self, session: str, to: str) -> Response:
        response = self._guard.go(to)
        self._guard.cookies.begin_session(response, session)
        return response

    def _sign_in(self, request: Request, to: str, email: str = "", problem: str = "", status: int = 200) -> Response:
        visit = self._guard.new_visit(request)
        mistakes = {"email": problem} if problem else NO_MISTAKES
        response = self._pages.show(
            "sign_in.html", session=visit, status=status, mistakes=mistakes, to=to, email=email,
            usable=self._guard.cookies.usable, provider=self._provider,
            passkey_options=sign_in_options(self._rt, visit) if offered(self._rt) else "",
        )  # fmt: skip
        self._guard.cookies.begin_visit(response, visit)
        return response

    async def _accept(self, request: Request, shown: Invited, refused: Refused | None = None) -> Response:
        visit = self._guard.new_visit(request)
        picture = segno.make(shown.address, micro=False).svg_inline(
            scale=4, border=4, light="#fff", svgclass="qr", omitsize=True
        )
        response = self._pages.show(
            "accept.html", session=visit, status=422 if refused else 200, shown=shown,
            mistakes={refused.field: refused.words} if refused else NO_MISTAKES,
            picture=Markup(picture),  # noqa: S704  # drawn by us, from our own text
            invitation=request.path_params["token"], passkey_options=await self._new_passkey(shown, visit),
        )  # fmt: skip
        self._guard.cookies.begin_visit(response, visit)
        return response

    async def _new_passkey(self, shown: Invited, visit: str) -> str:
        if not offered(self._rt):
            return ""
        return await new_passkey_options(self._rt, shown.account, shown.email, visit)

    def _unusable(self) -> Response:
        words = "It was used already, or it is older than 7 days. Ask your administrator for a new one."
        return message("This invitation can no longer be used", 404, words=words)
