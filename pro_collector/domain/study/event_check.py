"""The events that schedules name: which they are, and bounds that never begin, never end, or never happen."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pro_collector.domain.document import Path
from pro_collector.domain.near import did_you_mean
from scheduler.anchors import ENROLMENT
from scheduler.duration import Duration
from scheduler.event_choice import AnyEvent, Choice, FirstEvent, kinds
from scheduler.rules import Repeat, Schedule

Mistake = tuple[Path, str]
_FORMS = ("any_of", "first_of", "later_of")


def named_events(assessment: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    """Each event that an assessment of a file names: its place, "anchor" or "event", and its name."""
    for path, name in _names(assessment.get("anchor")):
        yield ("anchor", *path), "anchor", name
    repeats = assessment.get("repeat")
    places: list[tuple[Path, Any]] = [((), assessment), (("window",), assessment.get("window"))]
    if isinstance(repeats, list):
        places += [(("repeat", index), repeat) for index, repeat in enumerate(repeats)]
    else:
        places.append((("repeat",), repeats))
    for where, bounded in places:
        for key in ("from", "until"):
            for path, name in _names(bounded.get(key) if isinstance(bounded, dict) else None):
                yield (*where, key, *path), "event", name


def _names(choice: object) -> Iterator[tuple[Path, str]]:
    """The names in a choice among events, with their places."""
    if isinstance(choice, str):
        which, _, kind = choice.rpartition(" ")
        yield (), kind if which in ("next", "first") else choice
    elif isinstance(choice, dict):
        for form in _FORMS:
            listed = choice.get(form)
            for index, part in enumerate(listed if isinstance(listed, list) else []):
                yield from (((form, index, *path), name) for path, name in _names(part))


def expectation_mistakes(timeline: Mapping[str, Any]) -> Iterator[Mistake]:
    """Events that are expected without a pace, that happen once, or of which the end is not an event."""
    for name, kind in timeline.items():
        if not isinstance(kind, dict):
            continue
        if kind.get("expect") is not None and kind.get("happens") != "repeatedly":
            yield ("timeline", name, "expect"), "only an event that `happens: repeatedly` has a next one"
        elif kind.get("expect") is not None and not _in_days(kind.get("every")):
            yield (
                ("timeline", name),
                "say after how long the next one is expected: `every: 28d`, in whole days or longer",
            )
        elif kind.get("until") is not None and kind.get("expect") is None:
            yield ("timeline", name, "until"), "it says until when the next one is expected: add `expect: next`"
        for path, event in _names(kind.get("until")):
            if event not in {ENROLMENT, *timeline}:
                near = did_you_mean(event, {ENROLMENT, *timeline})
                yield ("timeline", name, "until", *path), f"unknown event `{event}`{near}"


def _in_days(every: object) -> bool:
    try:
        pace = Duration.parse(str(every))
    except ValueError:
        return every is not None  # what cannot be read is reported as such
    return not pace.seconds and pace.approximate_days() > 0


def bound_mistakes(schedule: Schedule, ending: Collection[str], repeating: Collection[str]) -> Iterator[Mistake]:
    """Schedules that depend on an event that cannot happen, or that start after participation has ended."""
    if ending and _always(schedule.anchor, ending) and not all(day < 0 for day in schedule.on_days or (1,)):
        yield (
            ("anchor",),
            f"`{schedule.anchor_words}` ends participation: nothing is asked from that day on; "
            "what is asked because of it has `after: {participation: ...}` in place of `anchor`",
        )
    for path, bounded in bounded_parts(schedule):
        for key, message in _never_in(bounded, schedule, ending, repeating):
            yield (*path, key), message


def bounded_parts(schedule: Schedule) -> list[tuple[Path, Schedule | Repeat]]:
    """The assessment and each of its repeats, with their places in the assessment."""
    several = len(schedule.repeat) > 1
    repeats = (((("repeat", index) if several else ("repeat",)), each) for index, each in enumerate(schedule.repeat))
    return [((), schedule), *repeats]


def _never_in(
    bounded: Schedule | Repeat, schedule: Schedule, ending: Collection[str], repeating: Collection[str]
) -> Iterator[tuple[str, str]]:
    begins, ends = bounded.from_event, bounded.until_event
    if begins is not None and _always(begins, ending):
        yield "from", f"`{_shown(begins)}` ends participation: nothing is asked from that day on"
    if begins is not None and begins == ends:
        yield "until", f"nothing is ever asked: it begins and ends with `{_shown(begins)}`"
    elif ends is not None and ends == schedule.anchor and not set(kinds(ends)) & set(repeating):
        yield "until", f"this never ends it: `{_shown(ends)}` is the anchor itself, and happens once"
    elif ENROLMENT in _deciding(ends) and schedule.anchor != ENROLMENT:
        yield "until", "nothing is asked before enrolment"


def _always(choice: Choice, ending: Collection[str]) -> bool:
    """Whether a choice can only be decided when participation has ended."""
    parts = [kind in ending for kind in kinds(choice)]
    return all(parts) if isinstance(choice, str | FirstEvent | AnyEvent) else any(parts)


def _deciding(ends: Choice | None) -> tuple[str, ...]:
    """The event kinds of which each alone ends a series."""
    return kinds(ends) if isinstance(ends, str | FirstEvent) else ()


def _shown(choice: Choice) -> str:
    return choice if isinstance(choice, str) else ", ".join(kinds(choice))
