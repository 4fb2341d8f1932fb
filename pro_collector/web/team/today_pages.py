"""`/team/study/{study}/today`: the worklist, and each of its items on a page of its own."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.write_to import WrittenMessage
from pro_collector.display.task import DECLINED, MAY_ASK_TO_STOP, WRITTEN_BACK, printable
from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import sites_for
from pro_collector.domain.alert.life import DONE, NOTHING_DONE
from pro_collector.domain.conversation.by_hand import MOST_CHARACTERS
from pro_collector.domain.worklist import CLAIM_LASTS, ITEM_KINDS
from pro_collector.errors import NotFound
from pro_collector.views.worklist import WHOSE, ListFilter, work_item, worklist
from pro_collector.web.event_stream import stream_response
from pro_collector.web.team.guard import Endpoint, StudyVisit, TeamGuard
from pro_collector.web.team.navigation import study_path
from pro_collector.web.team.pages import NO_MISTAKES, TeamPages
from pro_collector.web.team.times import PageTimes
from pro_collector.web.team.today_live import ShownList, changes

TODAY = "/team/study/{study}/today"
NOTHING_TYPED: Mapping[str, str] = {}
_SAID = {
    "claim": "It is yours.",
    "release": "Nobody has it now.",
    "assign": "It is given on.",
    "note": "The note is kept.",
    "snooze": "It is put off.",
    "wake": "It is back on the list.",
    "done": "It is closed.",
    "recorded": "The answer is recorded, and the item is closed.",
    "stopped": "Nothing more is sent to this address, and the item is closed.",
    "write": "Your message is on its way.",
    "later": "Your message leaves when the quiet hours are over.",
    "several": "All of them are done.",
}


class TodayPages:
    """The list and its items, as they are looked at."""

    def __init__(self, guard: TeamGuard, pages: TeamPages) -> None:
        self._guard, self._pages = guard, pages

    def routes(self) -> Iterable[tuple[str, str, Endpoint]]:
        """The routes of the list, its stream, and its items."""
        act = Act.work_tasks
        return (
            (TODAY, "GET", self._guard.of_study(act, self.overview)),
            (f"{TODAY}/live", "GET", self._guard.of_study(act, self.live, counts=False)),
            (f"{TODAY}/{{item}}", "GET", self._guard.of_study(act, self.item)),
        )

    async def overview(self, request: Request, visit: StudyVisit) -> Response:
        """Show the list."""
        return await self.show_list(request, visit)

    async def show_list(
        self, request: Request, visit: StudyVisit, *, status: int = 200, refused: Iterable[tuple[str, str]] = (),
        typed: Mapping[str, str] = NOTHING_TYPED, mistakes: Mapping[str, str] = NO_MISTAKES,
    ) -> Response:  # fmt: skip
        """Show the list. `refused`: which of several items were left alone, and why; `typed`: what stays in fields."""
        chosen = chosen_in(request)
        shown = await worklist(visit.rt, visit.study, visit.sites, chosen, visit.who.name)
        row_of = {str(row.item.id): row for row in shown.rows}
        live = urlencode({"mark": shown.mark, "since": shown.at.isoformat()})
        return self._pages.of_study(
            "today.html", visit, "today", status=status, mistakes=mistakes, shown=shown, chosen=chosen,
            times=PageTimes(shown.at), said=_SAID.get(request.query_params.get("done", ""), ""), query=query_of(chosen),
            live=f"today/live?{live}", refused=[(row_of.get(id), why) for id, why in refused], typed=typed,
        )  # fmt: skip

    async def item(self, request: Request, visit: StudyVisit) -> Response:
        """Show an item."""
        return await self.show_item(request, visit)

    async def show_item(
        self, request: Request, visit: StudyVisit, *, status: int = 200, changed: str = "",
        typed: Mapping[str, str] = NOTHING_TYPED, mistakes: Mapping[str, str] = NO_MISTAKES,
        preview: WrittenMessage | None = None,
    ) -> Response:  # fmt: skip
        """Show an item. `changed`: why what somebody wanted was not done; `preview`: a message before it is sent."""
        found = await work_item(
            visit.acts, visit.study, visit.sites, item_in(request), Viewer(visit.who.name, "web"), visit.who.grants
        )
        return self._pages.of_study(
            "today_item.html", visit, "today", status=status, mistakes=mistakes, found=found, item=found.row.item,
            times=PageTimes(found.at), said=_SAID.get(request.query_params.get("done", ""), ""),
            query=query_of(chosen_in(request)), changed=changed, typed=typed, preview=preview, printable=printable,
            ways=DONE, nothing_done=NOTHING_DONE, declined=DECLINED,
            can_write=found.row.item.kind in WRITTEN_BACK and Act.write_to_people in found.may,
            can_mend=Act.change_people in found.may,
            can_stop=found.row.item.kind in MAY_ASK_TO_STOP, most_characters=MOST_CHARACTERS,
            hours=int(CLAIM_LASTS.total_seconds() // 3600),
        )  # fmt: skip

    async def live(self, request: Request, visit: StudyVisit) -> Response:
        """A stream that tells when the list is not the one that the page shows any more."""

        async def still() -> bool:
            who = await self._guard.who(request, counts=False)
            return who is not None and sites_for(who.grants, Act.work_tasks, visit.study) == visit.sites

        since, mark = _moment(request.query_params.get("since", "")), request.query_params.get("mark", "")
        last = request.headers.get("last-event-id", "")
        shown = ShownList(visit.study, visit.sites, since or visit.rt.clock.now(), mark, still, last)
        return stream_response(changes(visit.rt, shown))


def item_in(request: Request) -> UUID:
    """The id of the item in the path. Raises NotFound."""
    try:
        return UUID(str(request.path_params["item"]))
    except ValueError as error:
        raise NotFound("no such item") from error


def chosen_in(request: Request) -> ListFilter:
    """The filter in the query; what is unknown filters nothing."""
    asked = request.query_params
    kind = next((each for each in ITEM_KINDS if each == asked.get("kind")), None)
    whose = next((each for each in WHOSE if each == asked.get("whose")), WHOSE[0])
    return ListFilter(kind, asked.get("site") or None, whose)


def query_of(chosen: ListFilter) -> str:
    """The filter as a query; empty for everything."""
    kept = {"kind": chosen.kind, "site": chosen.site, "whose": None if chosen.whose == "all" else chosen.whose}
    return urlencode({name: value for name, value in kept.items() if value})


def today_path(study: str, item: UUID | None = None) -> str:
    """The path of the worklist of a study, or of an item on it."""
    return study_path(study, "today") + (f"/{item}" if item else "")


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
