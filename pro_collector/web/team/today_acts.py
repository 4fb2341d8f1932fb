"""What the team does on the worklist, by forms: with one item, or with several at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.commands import work_on
from pro_collector.commands.work_on import Closing, Seen
from pro_collector.domain.account.acts import Act
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.runtime import Runtime
from pro_collector.web.request import fields_of
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.pages import TeamPages
from pro_collector.web.team.today_pages import TODAY, TodayPages, chosen_in, item_in, query_of, today_path

_FIELD_OF = {"--text": "reply", "--answer": "answer", "--stop": "stop", "--done": "way"}
"""The field of a mistake, where a command names it otherwise."""
_PICKED = "pick-"
"""What the name of the field of a chosen item begins with; its id follows."""
_ON_LIST = ("claim", "release", "wake")
"""The acts after which somebody who was on the list is led back there."""


class TodayForms:
    """The forms of the worklist."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, TodayPages(guard, pages)

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The routes of the pages and of the forms."""
        yield from self._pages.routes()
        yield TODAY, "POST", self._guard.of_study(Act.work_tasks, self.several)
        yield f"{TODAY}/{{item}}/write", "POST", self._guard.of_study(Act.write_to_people, self.write)
        yield f"{TODAY}/{{item}}/{{act}}", "POST", self._guard.of_study(Act.work_tasks, self.act)

    async def act(self, request: Request, visit: StudyVisit) -> Response:
        """Do something with an item. If it is not what was shown any more, show both, and keep what was typed."""
        id, act, fields = item_in(request), str(request.path_params["act"]), await fields_of(request)
        seen = Seen(visit.study, visit.sites, id, fields.get("version", ""))
        try:
            said = await self._do(visit.acts, act, seen, visit.who.name, fields)
        except Conflict as error:
            return await self._pages.show_item(request, visit, status=409, changed=str(error), typed=fields)
        except BadInput as error:
            return await self._pages.show_item(request, visit, status=422, typed=fields, mistakes=_mistakes(error))
        on_list = act == "done" or (act in _ON_LIST and fields.get("from") == "list")
        return self._lead_to(request, today_path(visit.study, None if on_list else id), said)

    async def write(self, request: Request, visit: StudyVisit) -> Response:
        """Show what a message will be, or send it."""
        id, fields = item_in(request), await fields_of(request)
        seen, send = Seen(visit.study, visit.sites, id, fields.get("version", "")), fields.get("how") == "send"
        try:
            words = fields.get("reply", "")
            written = await work_on.write_back(visit.acts, seen, visit.who.name, words, dry_run=not send)
        except Conflict as error:
            return await self._pages.show_item(request, visit, status=409, changed=str(error), typed=fields)
        except BadInput as error:
            return await self._pages.show_item(request, visit, status=422, typed=fields, mistakes=_mistakes(error))
        if not send:
            return await self._pages.show_item(request, visit, typed=fields, preview=written)
        return self._lead_to(request, today_path(visit.study, id), "later" if written.waits else "write")

    async def several(self, request: Request, visit: StudyVisit) -> Response:
        """Do one thing with each of the chosen items; those that are left alone are listed with the reason."""
        fields = await fields_of(request)
        picked = {name.removeprefix(_PICKED): value for name, value in fields.items() if name.startswith(_PICKED)}
        act, refused = fields.get("act", ""), []
        if not picked or act not in ("claim", "snooze", "done"):
            mistakes = {"several": "Choose at least one item, and what to do with it."}
            return await self._pages.show_list(request, visit, status=422, typed=fields, mistakes=mistakes)
        for id, version in picked.items():
            try:
                seen = Seen(visit.study, visit.sites, UUID(id), version, several=True)
                await self._do(visit.acts, act, seen, visit.who.name, fields)
            except (Conflict, BadInput, NotFound, ValueError) as error:
                refused.append((id, _reason(error)))
        if refused:
            return await self._pages.show_list(request, visit, status=409, refused=refused, typed=fields)
        return self._lead_to(request, today_path(visit.study), "several")

    async def _do(self, rt: Runtime, act: str, seen: Seen, by: str, fields: Mapping[str, str]) -> str:
        """Do it; the key of what is said then. Raises NotFound, Conflict, BadInput."""
        note = fields.get("note", "").strip()
        match act:
            case "claim":
                await work_on.claim(rt, seen, by)
            case "release":
                await work_on.release(rt, seen, by)
            case "wake":
                await work_on.wake(rt, seen, by)
            case "assign":
                await work_on.assign(rt, seen, by, fields.get("to", ""))
            case "note":
                await work_on.add_note(rt, seen, by, note)
            case "snooze":
                await work_on.snooze(rt, seen, by, _clock(fields.get("until", "")), note)
            case "done":
                return await self._close(rt, seen, by, fields, note)
            case _:
                raise NotFound(f"nothing is called {act!r}")
        return act

    async def _close(self, rt: Runtime, seen: Seen, by: str, fields: Mapping[str, str], note: str) -> str:
        closing = Closing(note, fields.get("answer") or None, fields.get("stop") == "yes", fields.get("way", ""))
        if closing.stop and closing.answer is not None:
            raise BadInput([Problem("--stop", None, "", "after a stop nothing is recorded: choose one of the two")])
        finished = await work_on.close(rt, seen, by, closing)
        if finished is None:
            return "done"
        return "stopped" if finished.stopped else "recorded" if finished.place else "done"

    def _lead_to(self, request: Request, path: str, said: str) -> Response:
        query = query_of(chosen_in(request))
        return self._guard.go(f"{path}?{f'{query}&' if query else ''}{urlencode({'done': said})}")


def _clock(text: str) -> datetime:
    """A time on the clock of a site, as a form gives it. Raises BadInput."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None:
        raise BadInput([Problem("--until", None, "", "write a day and a time, such as 2026-12-01T09:00")])
    return at


def _mistakes(error: BadInput) -> dict[str, str]:
    """What is wrong, by the field of the form."""
    return {_FIELD_OF.get(each.file, each.file.removeprefix("--")): each.message for each in error.problems}


def _reason(error: Exception) -> str:
    if isinstance(error, BadInput):
        return error.problems[0].message
    return str(error) if isinstance(error, Conflict) else "it is not on your list any more"
