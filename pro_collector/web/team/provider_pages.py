"""The way to the hospital's identity provider and back."""

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pro_collector.accounts.openid import IdentityProvider
from pro_collector.accounts.provided import sign_in_with_provider
from pro_collector.errors import Unavailable
from pro_collector.web.bounded_lines import BoundedLines
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.recording import client_of
from pro_collector.web.team_page import HEADERS, message

log = structlog.get_logger(__name__)

PROVIDER = "/team/sign-in/provider"
_WORDS = {
    "wrong": "Its answer was not accepted. Go back to the sign-in page and try again.",
    "limited": "There were too many attempts. Wait 15 minutes, or ask your administrator.",
    "no role": "None of your groups has a role here, or your account was removed. Ask your administrator.",
}


class ProviderPages:
    """Sends somebody to the provider, and lets in whom it sends back."""

    def __init__(self, guard: TeamGuard) -> None:
        self._guard, self._provider, self._lines = guard, IdentityProvider(guard.rt), BoundedLines()

    @property
    def offered(self) -> bool:
        """Whether there is a provider."""
        return self._provider.configured

    async def leave_for(self, request: Request) -> Response:
        """Lead to the provider."""
        if not self.offered or not self._guard.cookies.usable:
            return self._guard.missing(request)
        visit, again = self._guard.new_visit(request), "again" in request.query_params
        try:
            response = RedirectResponse(await self._provider.sign_in_address(visit, again=again), 303, HEADERS)
        except Unavailable as error:
            return self._failed(str(error))
        self._guard.cookies.begin_visit(response, visit)
        return response

    async def come_back(self, request: Request) -> Response:
        """Let in whom the provider signed in."""
        if not self.offered:
            return self._guard.missing(request)
        answer, visit, client = dict(request.query_params), self._guard.cookies.visit(request), client_of(request)
        try:
            session, refusal = await sign_in_with_provider(self._guard.rt, self._provider, answer, visit, client)
        except Unavailable as error:
            return self._failed(str(error))
        if refusal is not None:
            self._lines.write(log.warning, "an attempt to sign in by the provider was refused", client=client)
            title = "You cannot come in with this account"
            links = [(f"{self._guard.prefix}/team/sign-in", "To the sign-in page")]
            return message(title, 429 if refusal == "limited" else 403, words=_WORDS[refusal], links=links)
        response = self._guard.go("/team")
        self._guard.cookies.begin_session(response, session)
        return response

    def _failed(self, error: str) -> Response:
        self._lines.write(log.error, "nobody can sign in by the provider", error=error)
        return message("Your hospital's sign-in does not answer", 503, words="Try again in a minute.")
