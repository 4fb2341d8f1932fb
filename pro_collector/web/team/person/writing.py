"""The page to write to a person: it shows the message as it will arrive, and sends it when that is confirmed."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands.write_to import WrittenMessage, read_channel, read_reporter, write_to
from pro_collector.domain.account.acts import Act
from pro_collector.errors import BadInput, Conflict, Outdated
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team.person.acting import CONFIRMED, AtPerson, PersonGuard, Route, mistakes_of


class WritingActs:
    """Writes to a patient or a proxy as a person of the team."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard = PersonGuard(guard, pages)

    def routes(self) -> Iterable[Route]:
        """The form and what it sends."""
        path = "/team/study/{study}/people/{code}/write"
        yield path, "GET", self._guard.at(Act.write_to_people, self.ask)
        yield path, "POST", self._guard.at(Act.write_to_people, self.write)

    async def ask(self, _request: Request, at: AtPerson) -> Response:
        """Show the form."""
        return self._guard.show("write.html", at, foreseen=None)

    async def write(self, request: Request, at: AtPerson) -> Response:
        """Show the message as it will arrive, or send it if that was shown and confirmed."""
        fields = await fields_of(request)
        after = fields.get(CONFIRMED, "")
        try:
            if not after.isdecimal():
                foreseen = await self._write(at, fields, dry_run=True)
                return self._guard.show("write.html", at, sent=fields, foreseen=foreseen)
            await self._write(at, fields, after=int(after))
        except Outdated as error:
            foreseen = await self._write(at, fields, dry_run=True)
            mistakes = mistakes_of(error)
            return self._guard.show("write.html", at, status=409, mistakes=mistakes, sent=fields, foreseen=foreseen)
        except (BadInput, Conflict) as error:
            mistakes = mistakes_of(error)
            return self._guard.show(
                "write.html", at, status=error.http_status, mistakes=mistakes, sent=fields, foreseen=None
            )
        return self._guard.done(at, "written")

    async def _write(
        self, at: AtPerson, fields: Mapping[str, str], *, dry_run: bool = False, after: int | None = None
    ) -> WrittenMessage:
        return await write_to(
            at.does, at.code, fields.get("text", ""), by=at.by, urgent=bool(fields.get("urgent")),
            reporter=read_reporter(fields.get("reporter") or None), channel=read_channel(fields.get("channel") or None),
            study=at.study, dry_run=dry_run, after=after,
        )  # fmt: skip
