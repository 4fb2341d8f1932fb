"""The pages to mend how a person is reached, and to see an address: with a reason, and on record."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.change_person import move_address
from pro_collector.commands.choose_how_asked import order_channels
from pro_collector.commands.enrol import ADDRESSES
from pro_collector.commands.show_addresses import REMOVED, show_addresses
from pro_collector.commands.write_to import read_reporter
from pro_collector.domain.account.acts import Act
from pro_collector.domain.conversation.channel_order import read_order
from pro_collector.errors import BadInput, Conflict
from pro_collector.postgres.tables import contacts
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.person.acting import AtPerson, PersonGuard, Route, mistakes_of

TITLES = {
    "phone": "Telephone of the patient",
    "email": "Mail of the patient",
    "proxy_phone": "Telephone of the proxy",
    "proxy_email": "Mail of the proxy",
    "caregiver_phone": "Telephone of the caregiver",
    "caregiver_email": "Mail of the caregiver",
}
"""The addresses that a person may have, by their columns in a file of participants."""
ORDERS = (
    ("", "As the study does"),
    ("sms,email", "Text first, then mail"),
    ("email,sms", "Mail first, then text"),
    ("sms", "Text only"),
    ("email", "Mail only"),
)
"""The orders of channels that somebody may want, as they are sent and as they read."""
_PATH = "/team/study/{study}/people/{code}"


class AddressActs:
    """Replaces and removes an address, orders channels, and shows addresses to those who say why."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard = PersonGuard(guard, pages)

    def routes(self) -> Iterable[Route]:
        """The forms and what they send."""
        yield f"{_PATH}/address", "GET", self._guard.at(Act.change_people, self.ask)
        yield f"{_PATH}/address", "POST", self._guard.at(Act.change_people, self.move)
        yield f"{_PATH}/channels", "GET", self._guard.at(Act.change_people, self.ask_order)
        yield f"{_PATH}/channels", "POST", self._guard.at(Act.change_people, self.order)
        yield f"{_PATH}/addresses", "GET", self._guard.at(Act.see_addresses, self.ask_why)
        yield f"{_PATH}/addresses", "POST", self._guard.at(Act.see_addresses, self.reveal)

    async def ask(self, request: Request, at: AtPerson) -> Response:
        """Show the form for an address; the query may say which."""
        return await self._form(at, dict(request.query_params))

    async def move(self, request: Request, at: AtPerson) -> Response:
        """Store the new address, or remove one; open check-ins are asked there."""
        fields = await fields_of(request)
        column, address = fields.get("column", ""), fields.get("address", "").strip()
        remove = bool(fields.get("remove"))
        if column not in ADDRESSES:
            return await self._form(at, fields, {"column": "Choose one of these."}, 422)
        if remove == bool(address):
            wrong = "Leave it empty to remove the address." if remove else "Type the new address."
            return await self._form(at, fields, {"address": wrong}, 422)
        try:
            await move_address(
                at.does, at.code, column, address, by=at.by, consented=bool(fields.get("consented")),
                reason=fields.get("reason", "").strip(), study=at.study,
            )  # fmt: skip
        except (BadInput, Conflict) as error:
            wrong_fields = {"address" if name == column else name: words for name, words in mistakes_of(error).items()}
            return await self._form(at, fields, wrong_fields, error.http_status)
        return self._guard.done(at, "removed" if remove else "address")

    async def _form(
        self, at: AtPerson, sent: Mapping[str, str], mistakes: Mapping[str, str] = NO_MISTAKES, status: int = 200
    ) -> Response:
        async with at.rt.database.transaction() as tx:
            own = (await contacts.of_participants(tx, [at.person.id]))[at.person.id]
        stopped = [each.column for each in own if each.opted_out_at and each.broken_reason != REMOVED]
        return self._guard.show(
            "address.html", at, status=status, mistakes=mistakes, sent=sent, titles=TITLES, stopped=stopped
        )

    async def ask_order(self, request: Request, at: AtPerson) -> Response:
        """Show the form for an order of channels."""
        return self._orders(at, dict(request.query_params))

    async def order(self, request: Request, at: AtPerson) -> Response:
        """Store the order in which somebody wants to be asked."""
        fields = await fields_of(request)
        try:
            await order_channels(
                at.does, at.code, read_order(fields.get("channels", "")), by=at.by, study=at.study,
                reporter=read_reporter(fields.get("reporter") or None) or "self",
                reason=fields.get("reason", "").strip(),
            )  # fmt: skip
        except (BadInput, Conflict) as error:
            return self._orders(at, fields, mistakes_of(error), error.http_status)
        return self._guard.done(at, "channels")

    def _orders(
        self, at: AtPerson, sent: Mapping[str, str], mistakes: Mapping[str, str] = NO_MISTAKES, status: int = 200
    ) -> Response:
        return self._guard.show(
            "channels.html", at, status=status, mistakes=mistakes, sent=sent, titles_of_orders=ORDERS
        )

    async def ask_why(self, _request: Request, at: AtPerson) -> Response:
        """Ask for the reason to look."""
        return self._guard.show("addresses.html", at, shown=None, titles=TITLES)

    async def reveal(self, request: Request, at: AtPerson) -> Response:
        """Show the addresses once, in the answer to the form alone; the look is recorded with its reason."""
        why = (await fields_of(request)).get("why", "")
        try:
            shown = await show_addresses(at.does, at.code, Viewer(at.by, "web", why), study=at.study)
        except BadInput as error:
            return self._guard.show(
                "addresses.html", at, status=422, mistakes=mistakes_of(error), shown=None, titles=TITLES
            )
        return self._guard.show("addresses.html", at, shown=shown, titles=TITLES)
