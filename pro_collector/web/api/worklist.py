"""The worklist of a study for programs: what is open, and taking, giving on, noting, putting off, closing an item."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Header, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands import work_on
from pro_collector.commands.work_on import Closing, Seen
from pro_collector.domain.account.acts import Act
from pro_collector.domain.worklist import ItemKind, WorkItem
from pro_collector.errors import BadInput, Problem
from pro_collector.views.worklist import ItemPage, ListFilter, Row, Whose, Worklist, work_item, worklist
from pro_collector.web.api.models import model_of
from pro_collector.web.api.moments import LocalTime
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit

ItemId = Annotated[UUID, Path(alias="item", description="the id of the item")]
Version = Annotated[
    str, Header(alias="If-Match", max_length=200, description="the `ETag` of the item, or its `version` in quotes")
]
Item = model_of(Row, inside={"item": model_of(WorkItem, without=("held",), properties=("version",))})
Listed = model_of(Worklist, inside={"rows": Sequence[Item]})  # type: ignore[valid-type]
OneItem = model_of(ItemPage, without=("alert", "log"), inside={"row": Item, "others": Sequence[Item]})  # type: ignore[valid-type]


class Note(BaseModel):
    """A note beside an item."""

    note: str = Field(min_length=1, max_length=2000, description="without names")


class GivenTo(BaseModel):
    """The colleague who gets an item."""

    to: str = Field(max_length=40)


class Snooze(BaseModel):
    """Until when an item is put off: a time on the clock of its site, without an offset."""

    until: LocalTime
    note: str = Field(default="", max_length=2000)


class Done(BaseModel):
    """How an item is closed. `answer`: the code that a reply meant; `stop`: the reply asked for the messages to stop;
    `done`: what was done about an alert."""

    note: str = Field(default="", max_length=2000)
    answer: str | None = Field(default=None, max_length=100)
    stop: bool = False
    done: str = Field(default="", max_length=40)


class ActedOn(BaseModel):
    """What was done with an item."""

    item: UUID
    done: str


async def list_of_work(
    visit: Visit, kind: ItemKind | None = None, site: Annotated[str | None, Query(max_length=100)] = None,
    whose: Whose = "all",
) -> Worklist:  # fmt: skip
    """What is open at the sites that you may see to, the most urgent first.

    At most 100 items; `left_off` says how many more there are. They come into view as others are done, or by a filter.
    """
    return await worklist(visit.rt, visit.study, visit.sites, ListFilter(kind, site, whose), visit.who.name)


async def one_item(visit: Visit, item: ItemId, response: Response) -> ItemPage:
    """One item; with words only for those who may read them, and that look is recorded. `ETag` is its version."""
    viewer = Viewer(visit.who.name, "api")
    page = await work_item(visit.acts, visit.study, visit.sites, item, viewer, visit.who.grants)
    response.headers["ETag"] = f'"{page.row.item.version}"'
    return page


async def claim_item(visit: Visit, item: ItemId, if_match: Version) -> ActedOn:
    """Take an item; whoever comes second is refused."""
    await work_on.claim(visit.acts, _seen(visit, item, if_match), visit.who.name)
    return ActedOn(item=item, done="claim")


async def release_item(visit: Visit, item: ItemId, if_match: Version) -> ActedOn:
    """Give an item back."""
    await work_on.release(visit.acts, _seen(visit, item, if_match), visit.who.name)
    return ActedOn(item=item, done="release")


async def assign_item(visit: Visit, item: ItemId, if_match: Version, sent: GivenTo) -> ActedOn:
    """Give an item to a colleague."""
    await work_on.assign(visit.acts, _seen(visit, item, if_match), visit.who.name, sent.to)
    return ActedOn(item=item, done="assign")


async def note_item(visit: Visit, item: ItemId, if_match: Version, sent: Note) -> ActedOn:
    """Write a note beside an item."""
    await work_on.add_note(visit.acts, _seen(visit, item, if_match), visit.who.name, sent.note)
    return ActedOn(item=item, done="note")


async def snooze_item(visit: Visit, item: ItemId, if_match: Version, sent: Snooze) -> ActedOn:
    """Put an item off until a time, or until something about it happens."""
    await work_on.snooze(visit.acts, _seen(visit, item, if_match), visit.who.name, sent.until, sent.note)
    return ActedOn(item=item, done="snooze")


async def close_item(visit: Visit, item: ItemId, if_match: Version, sent: Done) -> ActedOn:
    """Close an item with what was done."""
    if sent.stop and sent.answer is not None:
        raise BadInput([Problem("", None, "stop", "after a stop nothing is recorded: choose one of the two")])
    closing = Closing(sent.note.strip(), sent.answer, sent.stop, sent.done)
    await work_on.close(visit.acts, _seen(visit, item, if_match), visit.who.name, closing)
    return ActedOn(item=item, done="done")


def _seen(visit: Visit, item: UUID, if_match: str) -> Seen:
    return Seen(visit.study, visit.sites, item, if_match.strip().removeprefix("W/").strip('"'))


def add_worklist(routes: ApiRoutes) -> None:
    """Add these routes."""
    path, work, tag = f"{OF_STUDY}/worklist", Act.work_tasks, "worklist"
    routes.add(work, path, list_of_work, answers=Listed, tag=tag)
    routes.add(work, f"{path}/{{item}}", one_item, answers=OneItem, tag=tag)
    for name, endpoint in (
        ("claim", claim_item), ("release", release_item), ("assign", assign_item), ("note", note_item),
        ("snooze", snooze_item), ("done", close_item),
    ):  # fmt: skip
        routes.add(work, f"{path}/{{item}}/{name}", endpoint, method="POST", tag=tag)
