"""The web form behind a link: one question a page, saved at once, without cookies, script or anything that expires."""

import secrets

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.conversation.survey import BEGUN, Place, answer_at, asked_places, find, open_places
from pro_collector.domain.instrument.answers import Answer, is_settled
from pro_collector.web.form.fields import Fields, Mistake, read
from pro_collector.web.form.guard import Endpoint, Guard, token_of
from pro_collector.web.form.pages import Pages
from pro_collector.web.form.path import DONE, REVIEW, START, following, place_at, question
from pro_collector.web.form.store import FormStore, OpenForm, Stopping, TeamContact
from pro_collector.web.form.view import View, closing, languages, question_page, review_page, seen
from pro_collector.web.sent import fields_of

_NOTES = frozenset({"resumed", "changed", "skipped", "unsaved"})
_GONE = 410
_PRESSED = "pressed"
"""The field that only our own page of stopping sends."""


def form_routes(desk: FormStore, public_url: str, contact: TeamContact | None = None) -> APIRouter:
    """The routes `/r/{token}...` (the form), `/u/{token}` (stop texts or email) and `/patient.css`.

    `contact` is shown where no study is known. Any page may be asked for with HEAD; GET and HEAD change nothing.
    """
    router = APIRouter()
    guard = Guard(desk, Pages(public_url, contact or TeamContact()))
    form, stop = _FormPages(guard), _StopPages(guard)

    def route(path: str, method: str, endpoint: Endpoint) -> None:
        router.add_route(path, endpoint, methods=[method], include_in_schema=False)  # GET brings HEAD with it

    for path, method, shown in (
        ("/r/{token}", "GET", form.start),
        ("/r/{token}/", "GET", form.start),
        ("/r/{token}", "POST", form.begin),
        ("/r/{token}/q/{number:int}", "GET", form.ask),
        ("/r/{token}/q/{number:int}", "POST", form.answer),
        ("/r/{token}/review", "GET", form.review),
        ("/r/{token}/review", "POST", form.finish),
        ("/r/{token}/done", "GET", form.done),
        ("/r/{token}/{rest:path}", "GET", form.astray),
    ):
        route(path, method, guard.guarded(guard.opened(shown)))
    route("/r/{rest:path}", "GET", guard.guarded(guard.unknown))
    route("/u/{token}", "GET", guard.guarded(stop.ask))
    # a mail provider's one-click POST comes from anywhere, on purpose (RFC 8058); texts are not stopped so
    route("/u/{token}", "POST", guard.guarded(stop.stop, from_anywhere=True))
    route("/patient.css", "GET", stop.style)
    return router


class _FormPages:
    """The pages of one link, in the order a person meets them."""

    def __init__(self, guard: Guard) -> None:
        self.desk, self.pages, self.guard = guard.desk, guard.pages, guard

    async def start(self, request: Request, view: View) -> Response:
        """What anybody with the link sees: that a check-in waits, or is done, and from whom; nothing of the person."""
        if view.form.finished and not view.form.closed and following(view.form) == DONE:
            return self._go_on(view)
        return self._show(request, view, "start.html", START)

    async def begin(self, _request: Request, view: View) -> Response:
        """A person has pressed Start: to where they left off."""
        survey = view.form.survey
        begun = any(is_settled(value) for answers in survey.answers.values() for value in answers.values())
        return self._go_on(view, "resumed" if begun and open_places(survey) else "")

    async def ask(self, request: Request, view: View) -> Response:
        """One question."""
        place = place_at(view.form.survey, request.path_params["number"])
        if place is None or (view.form.finished and following(view.form) == DONE):
            return self._go_on(view)
        return self._question(request, view, place)

    async def answer(self, request: Request, view: View) -> Response:
        """Save what was chosen or written, or say what is amiss with it."""
        fields = await fields_of(request)
        shown = fields.get("language", "")  # the person's own may have changed since, on another device
        view = self.guard.view(request, view.form, shown)
        place = Place.parse(fields.get("place", ""))
        if find(view.form.survey, place) is None:
            return self._go_on(view)
        value = read(view.wording(place), view.words, fields)
        if isinstance(value, Mistake):
            return self._question(request, view, place, fields, value)
        nonce = fields.get("nonce") or secrets.token_urlsafe(9)  # without one, no answer is a repeat of another
        form = await self.desk.answer(token_of(request), place, value, nonce, view.language)
        if form is None:
            return await self.guard.unknown(request)
        note = _note(view.form, form, place, value, fields.get("seen", ""))
        return self._go_on(self.guard.view(request, form, shown), note)

    async def review(self, request: Request, view: View) -> Response:
        """Every answer, each with a way to change it."""
        if following(view.form) == DONE:
            return self._go_on(view)
        return self._show(request, view, "review.html", REVIEW, **review_page(view))

    async def finish(self, request: Request, view: View) -> Response:
        """The person is content with the answers."""
        if open_places(view.form.survey) or view.form.closed:
            return self._go_on(view)
        form = await self.desk.finish(token_of(request))
        return await self.guard.unknown(request) if form is None else self.pages.go(view.at(DONE))

    async def done(self, request: Request, view: View) -> Response:
        """Thanks; from here on the link shows no answers."""
        survey = view.form.survey
        if not view.form.closed and (survey.state in BEGUN or open_places(survey)):
            return self._go_on(view)
        return self._show(request, view, "done.html", DONE, closing=closing(view))

    async def astray(self, _request: Request, view: View) -> Response:
        """An address below a good link that leads nowhere."""
        return self.pages.go(view.at(START))

    def _go_on(self, view: View, note: str = "") -> Response:
        return self.pages.go(view.at(following(view.form), note))

    def _question(
        self, request: Request, view: View, place: Place, fields: Fields | None = None, mistake: Mistake | None = None
    ) -> Response:
        shown = question_page(view, place, secrets.token_urlsafe(9), fields, mistake)
        path = question(view.form.survey, place)
        return self._show(request, view, "question.html", path, 422 if mistake else 200, **shown)

    def _show(
        self, request: Request, view: View, template: str, path: str, status: int = 200, **content: object
    ) -> Response:
        note = request.query_params.get("note", "")
        if view.form.closed:
            template, status = "closed.html", _GONE
        return self.pages.show(
            template,
            view.words,
            status,
            view.form.contact,
            languages(view, path, self.pages.words),
            **{"view": view, "note": note if note in _NOTES else "", **content},
        )


class _StopPages:
    """No more by the channel that the link came by; GET shows a page and changes nothing."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard

    async def ask(self, request: Request) -> Response:
        """A button that stops texts, or email."""
        found = await self._stopping(request)
        return await self.guard.unknown(request) if found is None else self._show(request, "stop.html", found)

    async def stop(self, request: Request) -> Response:
        """Stop email, for a person or for their mail provider: answered at once, without a redirect.

        Texts are stopped from our own page alone: no program presses for a person there.
        """
        found = await self._stopping(request)
        if found is None:
            return await self.guard.unknown(request)
        elsewhere = self.guard.from_elsewhere(request)
        by_page = not elsewhere and _PRESSED in await fields_of(request)
        if found.channel == "sms" and not by_page:
            return self.guard.message(request, "refused", 403) if elsewhere else self._show(request, "stop.html", found)
        done = await self.guard.desk.stop(token_of(request), "page" if by_page else "one-click")
        return await self.guard.unknown(request) if done is None else self._show(request, "stopped.html", done)

    async def style(self, _request: Request) -> Response:
        """The style sheet of all these pages."""
        return self.guard.pages.style()

    async def _stopping(self, request: Request) -> Stopping | None:
        token = token_of(request)
        return await self.guard.desk.stopping(token) if token else None

    def _show(self, request: Request, template: str, found: Stopping) -> Response:
        chosen = "lang" in request.query_params
        words = self.guard.words(request) if chosen else self.guard.pages.words_for(found.language)
        pages, languages = self.guard.pages, self.guard.languages(words)
        return pages.show(template, words, contact=found.contact, languages=languages, channel=found.channel)


def _note(earlier: OpenForm, now: OpenForm, place: Place, value: Answer, seen_then: str) -> str:
    """What the person should hear about the answer just given, if it was not the plain case."""
    before = answer_at(earlier.survey, place)
    if now.closed and answer_at(now.survey, place) != value:
        return "unsaved"
    if place not in asked_places(now.survey):
        return "skipped"
    return "changed" if before not in (None, value) and seen(before) != seen_then else ""
