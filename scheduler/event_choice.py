"""Choices among treatment events, as a study file writes them: what a schedule counts from, and what bounds it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag

from scheduler.anchors import Anchor, Timeline
from scheduler.values import EventName, Frozen

_REFERENCE = r"^((next|first) )?[a-z][a-z0-9_]*$"


def _bound_form(value: object) -> str:
    return _form(value, ("first_of", "later_of"))


def _anchor_form(value: object) -> str:
    return _form(value, ("any_of", "first_of", "later_of"))


def _form(value: object, known: tuple[str, ...]) -> str:
    """Which form a choice has, so that an error message is about that form."""
    if isinstance(value, FirstEvent | LaterEvent | AnyEvent):
        return next(iter(type(value).model_fields))
    return next((key for key in known if isinstance(value, dict) and key in value), "name")


def _taught(value: object, forms: str) -> object:
    if isinstance(value, list | tuple):
        names = ", ".join(str(each) for each in value)
        raise ValueError(f"of several events, say which counts: {forms.replace('...', names)}")
    if isinstance(value, dict) and not value.keys() & {"any_of", "first_of", "later_of"}:
        raise ValueError(f"expected the name of an event, or {forms}")
    return value


def _teach_bound(value: object) -> object:
    if isinstance(value, dict) and "any_of" in value:
        raise ValueError("`any_of` is for anchors; here use {first_of: [...]}: whichever of them happens first")
    return _taught(value, "{first_of: [...]} or {later_of: [...]}")


def _teach_anchor(value: object) -> object:
    return _taught(value, "{any_of: [...]}, {first_of: [...]} or {later_of: [...]}")


class FirstEvent(Frozen):
    """Whichever of these events happens first."""

    first_of: tuple["Bound", ...] = Field(min_length=2)


class LaterEvent(Frozen):
    """The last of these events to happen, once all of them have happened."""

    later_of: tuple["Bound", ...] = Field(min_length=2)


class AnyEvent(Frozen):
    """Each of these events: each has a series of its own."""

    any_of: tuple[EventName, ...] = Field(min_length=2)


Reference = Annotated[
    str,
    Field(
        pattern=_REFERENCE,
        description="a timeline event; `next X`: the first one after that day; `first X`: the first one ever",
    ),
]
Bound = Annotated[
    Annotated[Reference, Tag("name")] | Annotated[FirstEvent, Tag("first_of")] | Annotated[LaterEvent, Tag("later_of")],
    Discriminator(_bound_form),
    BeforeValidator(_teach_bound),
]
AnchorChoice = Annotated[
    Annotated[EventName, Tag("name")]
    | Annotated[AnyEvent, Tag("any_of")]
    | Annotated[FirstEvent, Tag("first_of")]
    | Annotated[LaterEvent, Tag("later_of")],
    Discriminator(_anchor_form),
    BeforeValidator(_teach_anchor),
]
Choice = str | FirstEvent | LaterEvent | AnyEvent
FirstEvent.model_rebuild()
LaterEvent.model_rebuild()


def references(choice: Choice) -> Iterator[tuple[str, str]]:
    """Each event kind of a choice, with "next", "first" or "" before it."""
    if isinstance(choice, str):
        which, _, kind = choice.rpartition(" ")
        yield which, kind
        return
    for part in _parts(choice):
        yield from references(part)


def kinds(choice: Choice | None) -> tuple[str, ...]:
    """The event kinds of a choice, without duplicates; none without a choice."""
    return () if choice is None else tuple(dict.fromkeys(kind for _, kind in references(choice)))


def in_words(choice: Choice, titles: Mapping[str, str] = MappingProxyType({})) -> str:
    """A choice in words: "surgery", "any of surgery, radiotherapy", "the first of progression, death".

    `titles`: what the kinds of events are called; one that is not there is called by its name.
    """
    if isinstance(choice, str):
        return titles.get(choice, choice)
    listed = ", ".join(in_words(part, titles) for part in _parts(choice))
    form = {"any_of": "any of", "first_of": "the first of", "later_of": "the later of"}[_anchor_form(choice)]
    return f"{form} {listed}"


def anchors(choice: Choice, timeline: Timeline) -> tuple[Anchor, ...]:
    """The anchors of a schedule, by date.

    `any_of` numbers the events of its kinds together. `first_of` and `later_of` give one anchor of a kind of its own,
    so that its occasions keep their ids when a correction makes another event decide. Events that are only expected
    count where each event has a series of its own.
    """
    if isinstance(choice, str):
        return (*timeline.kind(choice), *(anchor for anchor in timeline.expected if anchor.kind == choice))
    if isinstance(choice, AnyEvent):
        every = sorted((*timeline.anchors, *timeline.expected), key=_by_day)
        found = (anchor for anchor in every if anchor.kind in choice.any_of)
        return tuple(replace(anchor, n=n) for n, anchor in enumerate(found, 1))
    decides = _decides(choice, timeline, date.min, strictly="")
    return () if decides is None else (replace(decides, kind=_anchor_form(choice), n=1, key=""),)


def day_of(bound: Choice, timeline: Timeline, anchor: Anchor, *, ends: bool) -> date | None:
    """The day of a bound of a series, which counts from an anchor; None while it has not happened.

    An event that happens once counts whenever it happened, one that repeats from the day of the anchor on. A series
    that `ends` with its own kind of event ends with the next one.
    """
    decides = _decides(bound, timeline, anchor.on, anchor.kind if ends else "")
    return None if decides is None else decides.on


def next_day_of(bound: Choice, timeline: Timeline, after: date) -> date | None:
    """The first day after `after` on which a bound happens or is expected to happen; None if none is known."""
    if isinstance(bound, str):
        kind = kinds(bound)[0]
        every = (*timeline.anchors, *timeline.expected)
        return min((anchor.on for anchor in every if anchor.kind == kind and anchor.on > after), default=None)
    days = [next_day_of(part, timeline, after) for part in _parts(bound)]
    known = [day for day in days if day is not None]
    if isinstance(bound, LaterEvent):
        return max(known) if len(known) == len(days) else None
    return min(known, default=None)


def _decides(choice: Choice, timeline: Timeline, since: date, strictly: str) -> Anchor | None:
    """The event that decides a choice. `strictly` is the kind of the anchor, whose own day does not end its series."""
    if isinstance(choice, str):
        ((which, kind),) = references(choice)
        if which == "first":
            return next(iter(timeline.kind(kind)), None)
        if which == "next":
            return next((anchor for anchor in timeline.kind(kind) if anchor.on > since), None)
        found = timeline.first(kind, since, or_on=kind != strictly)
        return None if found is not None and kind == strictly and not found.key else found
    decided = [_decides(part, timeline, since, strictly) for part in _parts(choice)]
    happened = [anchor for anchor in decided if anchor is not None]
    if isinstance(choice, LaterEvent):
        complete = bool(happened) and len(happened) == len(decided)
        return replace(max(happened, key=_by_day), recorded_at=_last_recorded(happened)) if complete else None
    return min(happened, key=_by_day, default=None)


def _last_recorded(happened: list[Anchor]) -> datetime | None:
    recorded = [anchor.recorded_at for anchor in happened]
    return max((at for at in recorded if at is not None), default=None) if None not in recorded else None


def _by_day(anchor: Anchor) -> tuple[date, str]:
    return anchor.on, anchor.kind


def _parts(choice: FirstEvent | LaterEvent | AnyEvent) -> tuple[Any, ...]:
    if isinstance(choice, FirstEvent):
        return choice.first_of
    return choice.later_of if isinstance(choice, LaterEvent) else choice.any_of
