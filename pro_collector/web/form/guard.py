"""Wraps every page for patients: checks links, rejects a POST from another site, shows a page for every error."""

import re
import traceback
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pro_collector.errors import Misconfigured, ProCollectorError
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.web.bounded_lines import BoundedLines
from pro_collector.web.form.pages import LanguageChoice, Pages
from pro_collector.web.form.store import FormStore, OpenForm
from pro_collector.web.form.view import View, form_languages
from pro_collector.web.request import fields_of, is_cross_site
from pro_collector.words import Words

Endpoint = Callable[[Request], Awaitable[Response]]
FormPage = Callable[[Request, View], Awaitable[Response]]

log = structlog.get_logger(__name__)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")
_TRAILING = re.compile(r"[^A-Za-z0-9]+$")


class PageGuard:
    """Wraps every page for patients: errors get a page, and a POST from another site is rejected."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self._lines = BoundedLines()

    def protect(self, endpoint: Endpoint, from_anywhere: bool = False) -> Endpoint:
        """Wrap `endpoint`: a POST from another site is rejected, and every error gets a page.

        The log says where the error happened, without the token and the request body.
        """

        async def call(request: Request) -> Response:
            if request.method == "POST" and not from_anywhere and self.is_cross_site(request):
                return self.message(request, "refused", 403)
            try:
                return await endpoint(request)
            except ClientDisconnect:
                return Response(status_code=400)
            except TRANSIENT as error:
                facts = {"method": request.method, "error": type(error).__name__}
                self._lines.write(log.error, "no database for a page for patients", **facts)
                return await self._trouble(request, 503)
            except Exception as error:
                trace = "".join(traceback.format_tb(error.__traceback__))  # its message may quote an answer
                self._lines.write(log.error, "a page for patients failed", error=type(error).__name__, trace=trace)
                status = error.http_status if isinstance(error, ProCollectorError) and error.retryable else 500
                return await self._trouble(request, status)

        return call

    def is_cross_site(self, request: Request) -> bool:
        """Whether a page of another site caused this request."""
        return is_cross_site(request, self.pages.origin)

    async def unknown(self, request: Request) -> Response:
        """The page for a link that does not exist, or no longer exists."""
        return self.message(request, "unknown", 404)

    def message(self, request: Request, about: str, status: int) -> Response:
        """A page with a heading and a sentence, for a request without a form."""
        words = self.words(request)
        return self.pages.show("message.html", words, status, about=about, languages=self.languages(words))

    def words(self, request: Request) -> Words:
        """The texts in the language of the query parameter `lang`, else of the browser."""
        accepted = request.query_params.get("lang") or request.headers.get("accept-language", "")
        return self.pages.preferred(accepted)

    def languages(self, words: Words) -> list[LanguageChoice]:
        """The other languages of a page without questions: those of the studies in force, else all that we have."""
        offered = self.pages.contact.languages
        return [
            LanguageChoice(code, other.say("name"), f"?lang={code}")
            for code, other in self.pages.words.items()
            if other is not words and (not offered or code in {each.split("-")[0] for each in offered})
        ]

    async def _trouble(self, request: Request, status: int) -> Response:
        """The page after an error: it has the sent fields and a button that sends them again."""
        try:
            fields: Mapping[str, str] = await fields_of(request) if request.method == "POST" else {}
        except ClientDisconnect:
            return Response(status_code=400)
        words = self.words(request)
        page = self.pages.show("trouble.html", words, status, method=request.method, fields=fields)
        page.headers["Retry-After"] = "60"
        return page


class Guard(PageGuard):
    """Wraps the pages of the form; `store` finds the form of a link."""

    def __init__(self, store: FormStore, pages: Pages) -> None:
        super().__init__(pages)
        self.store = store

    def with_form(self, page: FormPage) -> Endpoint:
        """Wrap `page`: give it the form of the link in the request. Unknown and expired links get the same page."""

        async def call(request: Request) -> Response:
            token = token_of(request)
            form = await self.store.open(token) if token else None
            return await self.unknown(request) if form is None else await page(request, self.view(request, form))

        return call

    def view(self, request: Request, form: OpenForm, page_language: str = "") -> View:
        """The form in the language of the sent page (`page_language`), else of `lang` in the URL, else the person's."""
        languages = form_languages(form)
        if not languages:
            raise Misconfigured(f"no language has words for every question of {form.survey.occasion_id}")
        chosen = page_language or request.query_params.get("lang", "")
        language = chosen if chosen in languages else languages[0]
        return View(form, f"{self.pages.prefix}/r/{token_of(request)}", language, self.pages.words_for(language))

    def preferred_by_browser(self, request: Request, view: View) -> LanguageChoice | None:
        """The language that the browser asks for, to be offered where the person reads another one; else None."""
        if "lang" in request.query_params:
            return None
        for tag in request.headers.get("accept-language", "").split(","):
            code = tag.split(";")[0].strip().split("-")[0].lower()
            known = next((each for each in form_languages(view.form) if each.split("-")[0] == code), None)
            if known is not None:
                offer = self.pages.words_for(known).say("start.in_this_language")
                return LanguageChoice(known, offer, f"{view.base}?lang={known}") if known != view.language else None
        return None


def token_of(request: Request) -> str:
    """The token in the URL, without a full stop or bracket that followed the link in a text; empty if it is invalid."""
    token = _TRAILING.sub("", str(request.path_params.get("token", "")))
    return token if _TOKEN.fullmatch(token) else ""
