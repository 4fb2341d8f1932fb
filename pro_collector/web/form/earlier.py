"""Asks for a code or a year of birth before the form shows answers of an earlier visit, where a study wants that.

A visit begins with Start, and lasts while pages follow each other within VISIT. The browser keeps when it began in a
signed cookie of this link alone.
"""

import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.own_page import find_door, masked
from pro_collector.commands.open_own_page import enter_birth_year, enter_code, send_code
from pro_collector.domain.conversation.survey import Place, open_places
from pro_collector.runtime import Runtime
from pro_collector.web.form.guard import Guard, token_of
from pro_collector.web.form.path import REVIEW, next_path
from pro_collector.web.form.store import VISIT
from pro_collector.web.form.view import View
from pro_collector.web.request import fields_of
from scheduler.rules import Channel

EARLIER = "/earlier"
COOKIE = "visit"
_PATH = re.compile(r"/q/\d{1,4}|/review")
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The beginning of a visit that may see every answer."""


class EarlierAnswers:
    """The lock before earlier answers, and its page. Without `rt` nothing is ever locked."""

    def __init__(self, guard: Guard, rt: Runtime | None) -> None:
        self.guard, self.pages, self._rt = guard, guard.pages, rt

    def hides(self, request: Request, view: View, places: Iterable[Place]) -> bool:
        """Whether one of these answers was given before this visit began, so that the reader is asked first."""
        if self._rt is None or view.form.asks is None:
            return False
        began = self._began(request, view.form.now)
        given = [view.form.given_at[place] for place in places if place in view.form.given_at]
        return any(began is None or at < began for at in given)

    def go(self, view: View, path: str) -> Response:
        """Go to the page that asks; from there the reader goes on to `path`."""
        address = view.at(EARLIER)
        return self.pages.go(f"{address}{'&' if '?' in address else '?'}to={path}")

    def go_on(self, request: Request, view: View, response: Response) -> None:
        """Let the visit go on, or begin one."""
        if self._rt is not None and view.form.asks:
            self._remember(request, view, response, self._began(request, view.form.now) or view.form.now)

    async def ask(self, request: Request, view: View) -> Response:
        """Show what is asked for."""
        return await self._show(request, view, request.query_params.get("to", ""))

    async def press(self, request: Request, view: View) -> Response:
        """Send a code, or check the code or the year; if it is right, show the earlier answers."""
        fields = await fields_of(request)
        to, token = fields.get("to", ""), token_of(request)
        if self._rt is None or view.form.asks is None:
            return self.pages.go(view.at(_path(to)))
        verdict: str
        if view.form.asks == "birth_year":
            verdict, left = await enter_birth_year(self._rt, token, fields.get("year", "")) or "none", 0
        elif "send" in fields:
            channel: Channel = "email" if fields["send"] == "email" else "sms"
            sent = await send_code(self._rt, token, channel)
            return await self._show(request, view, to, "too_many" if sent == "too_many" else "", sent=sent == "sent")
        else:
            entered = await enter_code(self._rt, token, fields.get("code", ""), begins=False)
            verdict, left = (entered.verdict, entered.tries_left) if entered else ("none", 0)
        if verdict != "right":
            return await self._show(request, view, to, verdict, sent=True, status=422, left=left)
        response = self.pages.go(view.at(_path(to)))
        self._remember(request, view, response, _EVER)
        return response

    async def _show(
        self, request: Request, view: View, to: str, about: str = "", *, sent: bool = False, status: int = 200,
        left: int = 0,
    ) -> Response:  # fmt: skip
        open_next = next_path(view.form)
        return self.pages.show(
            "earlier.html",
            view.words,
            status,
            view.form.contact,
            view=view,
            note="",
            to=_path(to),
            about="wrong_last" if about == "wrong" and view.form.asks == "code" and not left else about,
            left=left,
            sent=sent or about == "too_many",
            choices=await self._choices(request) if view.form.asks == "code" else [],
            here=view.at(EARLIER),
            without=view.at(open_next),
            finish=view.at(REVIEW) if open_next == REVIEW and not open_places(view.form.survey) else "",
        )

    async def _choices(self, request: Request) -> list[tuple[str, str]]:
        """The addresses to which a code may go, each as its channel and what tells it to its owner."""
        assert self._rt is not None  # noqa: S101  # without it nothing is locked
        async with self._rt.database.transaction() as tx:
            door = await find_door(tx, self._rt, token_of(request))
        return [(each.channel, masked(self._rt, door, each)) for each in door.reachable] if door else []

    def _began(self, request: Request, now: datetime) -> datetime | None:
        """When the visit of this browser began; None without one, or if it is over."""
        began, _, rest = request.cookies.get(COOKIE, "").partition(".")
        seen, _, signature = rest.partition(".")
        if self._rt is None or not hmac.compare_digest(signature.encode(), self._signed(request, began, seen).encode()):
            return None
        last = datetime.fromtimestamp(int(seen), UTC)
        return datetime.fromtimestamp(int(began), UTC) if now < last + VISIT else None

    def _remember(self, request: Request, view: View, response: Response, began: datetime) -> None:
        beginning, seen = (str(int(each.timestamp())) for each in (began, view.form.now))
        response.set_cookie(
            COOKIE,
            f"{beginning}.{seen}.{self._signed(request, beginning, seen)}",
            max_age=int(VISIT.total_seconds()),
            path=view.base,
            secure=self.pages.origin.startswith("https://"),
            httponly=True,
            samesite="lax",
        )

    def _signed(self, request: Request, began: str, seen: str) -> str:
        assert self._rt is not None  # noqa: S101  # without it nothing is locked
        return self._rt.vault.sign(f"{token_of(request)}/{began}/{seen}")


def _path(to: str) -> str:
    """The page to go to afterwards: a question or the review."""
    return to if _PATH.fullmatch(to) else REVIEW
