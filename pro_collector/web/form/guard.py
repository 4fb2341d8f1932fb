"""What stands before every page of the form: a link that works, a POST of our own, and a kind word when all fails."""

import re
import traceback
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pro_collector.errors import Misconfigured, ProCollectorError
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.web.form.pages import LanguageChoice, Pages
from pro_collector.web.form.store import FormStore, OpenForm
from pro_collector.web.form.view import View, spoken_languages
from pro_collector.web.sent import fields_of, from_elsewhere
from pro_collector.words import Words

Endpoint = Callable[[Request], Awaitable[Response]]
Shown = Callable[[Request, View], Awaitable[Response]]

log = structlog.get_logger(__name__)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")
_TAIL = re.compile(r"[^A-Za-z0-9]+$")


class Guard:
    """Wraps the pages of the form; `desk` knows the links."""

    def __init__(self, desk: FormStore, pages: Pages) -> None:
        self.desk = desk
        self.pages = pages

    def guarded(self, endpoint: Endpoint, from_anywhere: bool = False) -> Endpoint:
        """`endpoint`, with a page of its own for a POST from another site and for every error.

        The log says where it failed, and has neither the token nor what was sent.
        """

        async def call(request: Request) -> Response:
            if request.method == "POST" and not from_anywhere and self.from_elsewhere(request):
                return self.message(request, "refused", 403)
            try:
                return await endpoint(request)
            except ClientDisconnect:
                return Response(status_code=400)
            except TRANSIENT as error:
                log.error("no database for a page of the form", method=request.method, error=type(error).__name__)
                return await self._trouble(request, 503)
            except Exception as error:
                trace = "".join(traceback.format_tb(error.__traceback__))  # its words may quote what was just answered
                log.error("a page of the form failed", error=type(error).__name__, trace=trace)
                status = error.http_status if isinstance(error, ProCollectorError) and error.retryable else 500
                return await self._trouble(request, status)

        return call

    def from_elsewhere(self, request: Request) -> bool:
        """Whether a page of another site made the browser send this."""
        return from_elsewhere(request, self.pages.origin)

    def opened(self, shown: Shown) -> Endpoint:
        """`shown` with the form behind the link of the request; the same page for an unknown and an expired link."""

        async def call(request: Request) -> Response:
            token = token_of(request)
            form = await self.desk.open(token) if token else None
            return await self.unknown(request) if form is None else await shown(request, self.view(request, form))

        return call

    async def unknown(self, request: Request) -> Response:
        """There is no such link, or no longer."""
        return self.message(request, "unknown", 404)

    def message(self, request: Request, about: str, status: int) -> Response:
        """A page with a heading and a sentence, where no form is known."""
        words = self.words(request)
        return self.pages.show("message.html", words, status, about=about, languages=self.languages(words))

    def words(self, request: Request) -> Words:
        """The words in the language asked for by the address, else by the browser."""
        wanted = request.query_params.get("lang") or request.headers.get("accept-language", "")
        return self.pages.preferred(wanted)

    def languages(self, words: Words) -> list[LanguageChoice]:
        """The other languages in which a page without questions can be read."""
        return [
            LanguageChoice(code, other.say("name"), f"?lang={code}")
            for code, other in self.pages.words.items()
            if other is not words
        ]

    def view(self, request: Request, form: OpenForm, page_language: str = "") -> View:
        """The form in the language of the page that was sent, else as the reader chose, else as the person prefers."""
        spoken = spoken_languages(form)
        if not spoken:
            raise Misconfigured(f"no language has words for every question of {form.survey.occasion_id}")
        wanted = page_language or request.query_params.get("lang", "")
        language = wanted if wanted in spoken else spoken[0]
        return View(form, f"{self.pages.prefix}/r/{token_of(request)}", language, self.pages.words_for(language))

    async def _trouble(self, request: Request, status: int) -> Response:
        """Something failed: what was sent goes on a page that sends it again at a press, unless its reader has left."""
        try:
            fields: Mapping[str, str] = await fields_of(request) if request.method == "POST" else {}
        except ClientDisconnect:
            return Response(status_code=400)
        words = self.words(request)
        page = self.pages.show("trouble.html", words, status, method=request.method, fields=fields)
        page.headers["Retry-After"] = "60"
        return page


def token_of(request: Request) -> str:
    """The token in the address, without a full stop or bracket that a text put behind it; empty if it cannot be one."""
    token = _TAIL.sub("", str(request.path_params.get("token", "")))
    return token if _TOKEN.fullmatch(token) else ""
