"""The page to erase a person: what goes and what stays, then the code typed by hand."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.erase import erase
from pro_collector.domain.account.acts import Act
from pro_collector.errors import BadInput, Unavailable
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.person.acting import (
    CONFIRMED,
    FORM,
    WORD,
    AtPerson,
    PersonGuard,
    Route,
    mistakes_of,
    sentence,
)


class ErasingActs:
    """Erases a person, in two steps."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard = PersonGuard(guard, pages)

    def routes(self) -> Iterable[Route]:
        """The form and what it sends."""
        path = "/team/study/{study}/people/{code}/erase"
        yield path, "GET", self._guard.at(Act.erase, self.ask, fresh=True)
        yield path, "POST", self._guard.at(Act.erase, self.erase, fresh=True)

    async def ask(self, _request: Request, at: AtPerson) -> Response:
        """Ask what may stay, and why somebody is erased."""
        return self._show(at, {}, step="ask")

    async def erase(self, request: Request, at: AtPerson) -> Response:
        """Say what goes; erase when the code is typed. The answer to that says what the carrier still has."""
        fields = await fields_of(request)
        reason, kept = fields.get("reason", "").strip(), bool(fields.get("keep_answers"))
        if not reason:
            return self._show(at, fields, {"reason": "Say why: the record keeps it without the code."}, step="ask")
        if not fields.get(CONFIRMED):
            return self._show(at, fields, step="confirm")
        if fields.get(WORD, "").strip() != at.code:
            return self._show(at, fields, {WORD: f"Type {at.code} to erase this person."}, step="confirm")
        try:
            erased = await erase(at.does, at.code, keep_answers=kept, by=at.by, reason=reason, study=at.study)
        except BadInput as error:
            return self._show(at, fields, mistakes_of(error), step="ask")
        except Unavailable as error:
            return self._show(at, fields, {FORM: sentence(error)}, step="confirm")
        return self._show(at, fields, step="erased", left=erased.left_at_carrier, forgotten=erased.forgotten)

    def _show(
        self, at: AtPerson, sent: Mapping[str, str], mistakes: Mapping[str, str] = NO_MISTAKES, *, step: str,
        left: tuple[str, ...] = (), forgotten: int = 0,
    ) -> Response:  # fmt: skip
        status = 422 if mistakes else 200
        return self._guard.show(
            "erase.html", at, status=status, mistakes=mistakes, sent=sent, step=step, left=left, forgotten=forgotten
        )
