"""The pages at the door: where a code goes, the code, and signing out. They need no session."""

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.own_page import Door, SignedIn, find_door, masked
from pro_collector.commands.open_own_page import enter_code, send_code, sign_out, signed_in
from pro_collector.web.form.guard import token_of
from pro_collector.web.mine.guard import OwnPageGuard
from pro_collector.web.mine.session import PATH, begin_session, end_session, session_of
from pro_collector.web.request import fields_of
from scheduler.rules import Channel

NOW = "/now"
"""What follows the token of a link that leads to the page "How are you now?"."""
_HTTP_TOO_MANY = 429


class DoorPages:
    """The pages of a link to somebody's own page."""

    def __init__(self, guard: OwnPageGuard) -> None:
        self.guard, self.rt = guard, guard.rt

    async def knock(self, request: Request) -> Response:
        """Show where a code can be sent; with a session of the same person, go in."""
        door = await self._door(request)
        if door is None:
            return await self.guard.unknown(request)
        people = await signed_in(self.rt, session_of(request))
        if people is not None and self._is_theirs(people.session.participant_id, people.session.reporter, door):
            return self.guard.pages.go(self._inside(request, people))
        return self._show_door(request, door)

    async def send(self, request: Request) -> Response:
        """Send a code, and ask for it."""
        door = await self._door(request)
        channel: Channel = "email" if (await fields_of(request)).get("to") == "email" else "sms"
        sent = await send_code(self.rt, token_of(request), channel) if door else None
        if door is None or sent is None:
            return await self.guard.unknown(request)
        if sent == "sent":
            return self.guard.pages.go(f"{self._address(request)}/code")
        if sent == "too_many":
            return self._show_code(request, door, "too_many", _HTTP_TOO_MANY)
        return self._show_door(request, door)

    async def ask(self, request: Request) -> Response:
        """Show the field for the code."""
        door = await self._door(request)
        return await self.guard.unknown(request) if door is None else self._show_code(request, door)

    async def enter(self, request: Request) -> Response:
        """Check the code; the right one leads in."""
        door = await self._door(request)
        entered = await enter_code(self.rt, token_of(request), (await fields_of(request)).get("code", ""))
        if door is None or entered is None:
            return await self.guard.unknown(request)
        if entered.verdict != "right":
            return self._show_code(request, door, entered.verdict, 422, left=entered.tries_left)
        people = await signed_in(self.rt, entered.session)
        response = self.guard.pages.go(self._inside(request, people))
        begin_session(response, self.guard.pages, entered.session)
        return response

    async def leave(self, request: Request) -> Response:
        """Sign out."""
        await sign_out(self.rt, session_of(request))
        response = self.guard.signed_out(request, "mine.left", 200)
        end_session(response, self.guard.pages)
        return response

    async def _door(self, request: Request) -> Door | None:
        token = token_of(request)
        if not token:
            return None
        async with self.rt.database.transaction() as tx:
            return await find_door(tx, self.rt, token)

    def _show_door(self, request: Request, door: Door) -> Response:
        choices = [(contact.channel, masked(self.rt, door, contact)) for contact in door.reachable]
        return self.guard.page(
            request, door.case, "door.html", 200, door.reporter, choices=choices, here=self._address(request)
        )

    def _show_code(self, request: Request, door: Door, about: str = "", status: int = 200, left: int = 0) -> Response:
        here = self._address(request)
        return self.guard.page(
            request, door.case, "code.html", status, door.reporter, about=about, left=left, here=here
        )

    def _address(self, request: Request) -> str:
        return f"{self.guard.pages.prefix}{PATH}/{token_of(request)}{NOW if _wants_report(request) else ''}"

    def _inside(self, request: Request, people: SignedIn | None) -> str:
        """Where the door leads: to the overview, or to the report. A parent of several children first says of whom."""
        owners = people.owners if people else ()
        if not _wants_report(request) or len(owners) != 1:
            return self.guard.home
        return f"{self.guard.home}p/{owners[0].handle}{NOW}"

    @staticmethod
    def _is_theirs(participant: object, reporter: str, door: Door) -> bool:
        return participant == door.case.person.id and reporter == door.reporter


def _wants_report(request: Request) -> bool:
    return request.url.path.removesuffix("/code").endswith(NOW)
