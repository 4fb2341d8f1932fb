"""The web form of a link: one question on each page, saved at once; no session, and no script needed.

It sets a cookie only for a study that hides the answers of an earlier visit.
"""

import secrets

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.conversation.survey import BEGUN, Place, answer_at, asked_places, find, open_places
from pro_collector.domain.instrument.answers import Answer, is_settled
from pro_collector.runtime import Runtime
from pro_collector.web.form.earlier import EARLIER, EarlierAnswers
from pro_collector.web.form.fields import Fields, Mistake, read
from pro_collector.web.form.guard import Endpoint, Guard, token_of
from pro_collector.web.form.pages import Pages
from pro_collector.web.form.path import DONE, REVIEW, START, next_path, place_at, question
from pro_collector.web.form.store import FormStore, OpenForm, Stopping, TeamContact
from pro_collector.web.form.view import View, done_page, languages, question_page, review_page, shown_value
from pro_collector.web.request import fields_of

_NOTES = frozenset({"resumed", "changed", "skipped", "unsaved"})
_HTTP_GONE = 410
_PRESSED = "pressed"
"""The field that only our own stop page sends."""


def form_routes(
    store: FormStore, public_url: str, contact: TeamContact | None = None, rt: Runtime | None = None
) -> APIRouter:
    """The routes `/r/{token}...` (the form), `/u/{token}` (stop texts or email), `/patient.css` and `/read-aloud.js`.

    `contact` is shown when no study is known. Every page also answers HEAD; GET and HEAD change nothing. Without `rt`,
    earlier answers are shown to anybody with the link, whatever the study says.
    """
    router = APIRouter()
    guard = Guard(store, Pages(public_url, contact or TeamContact()))
    earlier = EarlierAnswers(guard, rt)
    form, stop = _FormPages(guard, earlier), _StopPages(guard)

    def route(path: str, method: str, endpoint: Endpoint) -> None:
        router.add_route(path, endpoint, methods=[method], include_in_schema=False)  # GET includes HEAD

    for path, method, page in (
        ("/r/{token}", "GET", form.start),
        ("/r/{token}/", "GET", form.start),
        ("/r/{token}", "POST", form.begin),
        ("/r/{token}/q/{number:int}", "GET", form.ask),
        ("/r/{token}/q/{number:int}", "POST", form.answer),
        ("/r/{token}/review", "GET", form.review),
        ("/r/{token}/review", "POST", form.finish),
        ("/r/{token}/done", "GET", form.done),
        (f"/r/{{token}}{EARLIER}", "GET", earlier.ask),
        (f"/r/{{token}}{EARLIER}", "POST", earlier.press),
        ("/r/{token}/{rest:path}", "GET", form.unknown_path),
    ):
        route(path, method, guard.protect(guard.with_form(page)))
    route("/r/{rest:path}", "GET", guard.protect(guard.unknown))
    route("/u/{token}", "GET", guard.protect(stop.ask))
    # the one-click POST of a mail provider comes from another site (RFC 8058); it cannot stop texts
    route("/u/{token}", "POST", guard.protect(stop.stop, from_anywhere=True))
    route("/patient.css", "GET", stop.style)
    route("/read-aloud.js", "GET", stop.script)
    return router


class _FormPages:
    """The pages of one link, in the order in which a person sees them."""

    def __init__(self, guard: Guard, earlier: EarlierAnswers) -> None:
        self.store, self.pages, self.guard, self.earlier = guard.store, guard.pages, guard, earlier

    async def start(self, request: Request, view: View) -> Response:
        """Show the start page to anybody with the link: the sender, and whether the survey is done; no answers."""
        if view.form.finished and not view.form.closed and next_path(view.form) == DONE:
            return self._go_on(view)
        offered = None if view.form.mode != "web" else self.guard.preferred_by_browser(request, view)
        return self._show(request, view, "start.html", START, offered=offered)

    async def begin(self, request: Request, view: View) -> Response:
        """Handle Start: go to the first open question."""
        survey = view.form.survey
        resumed = any(is_settled(value) for answers in survey.answers.values() for value in answers.values())
        response = self._go_on(view, "resumed" if resumed and open_places(survey) else "")
        self.earlier.go_on(request, view, response)
        return response

    async def ask(self, request: Request, view: View) -> Response:
        """Show one question."""
        place = place_at(view.form.survey, request.path_params["number"])
        if place is None or (view.form.finished and next_path(view.form) == DONE):
            return self._go_on(view)
        if self.earlier.hides(request, view, [place]):
            return self.earlier.go(view, question(view.form.survey, place))
        return self._question(request, view, place)

    async def answer(self, request: Request, view: View) -> Response:
        """Save an answer, or show the question again with its mistake."""
        fields = await fields_of(request)
        page_language = fields.get("language", "")  # the person's language may have changed since, on another device
        view = self.guard.view(request, view.form, page_language)
        place = Place.parse(fields.get("place", ""))
        if find(view.form.survey, place) is None:
            return self._go_on(view)
        value = read(view.wording(place), view.words, fields)
        if isinstance(value, Mistake):
            return self._question(request, view, place, fields, value)
        nonce = fields.get("nonce") or secrets.token_urlsafe(9)  # without a nonce, every answer counts as new
        form = await self.store.answer(token_of(request), place, value, nonce, view.language)
        if form is None:
            return await self.guard.unknown(request)
        note = _note(view.form, form, place, value, fields.get("seen", ""))
        response = self._go_on(self.guard.view(request, form, page_language), note)
        self.earlier.go_on(request, view, response)
        return response

    async def review(self, request: Request, view: View) -> Response:
        """Show all answers, each with a link to change it."""
        if next_path(view.form) == DONE:
            return self._go_on(view)
        if self.earlier.hides(request, view, asked_places(view.form.survey)):
            return self.earlier.go(view, REVIEW)
        return self._show(request, view, "review.html", REVIEW, **review_page(view))

    async def finish(self, request: Request, view: View) -> Response:
        """Handle the confirmation of all answers."""
        if open_places(view.form.survey) or view.form.closed:
            return self._go_on(view)
        form = await self.store.finish(token_of(request))
        return await self.guard.unknown(request) if form is None else self.pages.go(view.at(DONE))

    async def done(self, request: Request, view: View) -> Response:
        """Show the thanks; soon after Finish the link shows no answers any more."""
        survey = view.form.survey
        if not view.form.closed and (survey.state in BEGUN or open_places(survey)):
            return self._go_on(view)
        return self._show(request, view, "done.html", DONE, **done_page(view))

    async def unknown_path(self, _request: Request, view: View) -> Response:
        """Redirect an unknown path below a valid link to the start page."""
        return self.pages.go(view.at(START))

    def _go_on(self, view: View, note: str = "") -> Response:
        return self.pages.go(view.at(next_path(view.form), note))

    def _question(
        self, request: Request, view: View, place: Place, fields: Fields | None = None, mistake: Mistake | None = None
    ) -> Response:
        content = question_page(view, place, secrets.token_urlsafe(9), fields, mistake)
        path = question(view.form.survey, place)
        return self._show(request, view, "question.html", path, 422 if mistake else 200, **content)

    def _show(
        self, request: Request, view: View, template: str, path: str, status: int = 200, **content: object
    ) -> Response:
        note = request.query_params.get("note", "")
        if view.form.closed:
            template, status = "closed.html", _HTTP_GONE
        return self.pages.show(
            template,
            view.words,
            status,
            view.form.contact,
            languages(view, path, self.pages.words),
            **{"view": view, "note": note if note in _NOTES else "", **content},
        )


class _StopPages:
    """The pages that stop the channel of the link's message; GET shows a page and changes nothing."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard

    async def ask(self, request: Request) -> Response:
        """Show a page with a button that stops texts or email."""
        stopping = await self._stopping(request)
        return await self.guard.unknown(request) if stopping is None else self._show(request, "stop.html", stopping)

    async def stop(self, request: Request) -> Response:
        """Stop email for a person or for their mail provider; the response is direct, without a redirect.

        Texts can be stopped only from our own page, where no program presses the button.
        """
        stopping = await self._stopping(request)
        if stopping is None:
            return await self.guard.unknown(request)
        cross_site = self.guard.is_cross_site(request)
        by_page = not cross_site and _PRESSED in await fields_of(request)
        if stopping.channel == "sms" and not by_page:
            if cross_site:
                return self.guard.message(request, "refused", 403)
            return self._show(request, "stop.html", stopping)
        done = await self.guard.store.stop(token_of(request), "page" if by_page else "one-click")
        return await self.guard.unknown(request) if done is None else self._show(request, "stopped.html", done)

    async def style(self, _request: Request) -> Response:
        """The style sheet of all patients' pages."""
        return self.guard.pages.style()

    async def script(self, _request: Request) -> Response:
        """The script that reads a question aloud."""
        return self.guard.pages.script()

    async def _stopping(self, request: Request) -> Stopping | None:
        token = token_of(request)
        return await self.guard.store.stopping(token) if token else None

    def _show(self, request: Request, template: str, stopping: Stopping) -> Response:
        language_chosen = "lang" in request.query_params
        words = self.guard.words(request) if language_chosen else self.guard.pages.words_for(stopping.language)
        pages, languages = self.guard.pages, self.guard.languages(words)
        return pages.show(template, words, contact=stopping.contact, languages=languages, channel=stopping.channel)


def _note(previous_form: OpenForm, form: OpenForm, place: Place, value: Answer, value_on_page: str) -> str:
    """The code of the note about the answer just given; empty in the ordinary case."""
    previous = answer_at(previous_form.survey, place)
    if form.closed and answer_at(form.survey, place) != value:
        return "unsaved"
    if place not in asked_places(form.survey):
        return "skipped"
    return "changed" if previous not in (None, value) and shown_value(previous) != value_on_page else ""
