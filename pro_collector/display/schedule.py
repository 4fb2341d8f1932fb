"""Says in words when an assessment is asked, of whom and how; for the study team."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from types import MappingProxyType

from scheduler.anchors import TRIGGER
from scheduler.duration import Duration
from scheduler.event_choice import in_words
from scheduler.numbers import EveryNumber, Numbers
from scheduler.rules import Band, Repeat, Rung, Schedule, Turn, Window
from scheduler.times_of_day import RandomTimes, parts

NO_TITLES: Mapping[str, str] = MappingProxyType({})
_CHANNELS = {"sms": "a text", "email": "a mail", "call": "a call by the team"}
_WHO = {"self": "themselves", "proxy": "a proxy", "both": "both themselves and a proxy", "nobody": "nobody"}


def when_asked(schedule: Schedule, titles: Mapping[str, str] = NO_TITLES) -> str:
    """At which days and hours, in one sentence. `titles`: what the study calls its kinds of events."""
    days = [*_on_days(schedule.on_days), *(f"{_long(offset)} after" for offset in schedule.offsets)]
    moments = [
        *([f"{_and(days)} of the event"] if schedule.on_days and not schedule.offsets else days and [_and(days)])
    ]
    moments += [_repeat(each, titles) for each in schedule.repeat]
    clauses = [f"Counted from {_anchor(schedule, titles)}{_cycles(schedule.cycles)}: {'; and '.join(moments)}"]
    if schedule.move_to:
        clauses.append(f"moved to the next {_or(map(_weekday, schedule.move_to))}")
    clauses.append(f"at {_and(_hour(part) for part in parts(schedule.at))}")
    if schedule.from_event is not None:
        clauses.append(f"from {in_words(schedule.from_event, titles)} on")
    if schedule.until_event is not None:
        clauses.append(f"until {in_words(schedule.until_event, titles)}")
    return f"{', '.join(clauses)}."


def how_asked(schedule: Schedule, titles: Mapping[str, str] = NO_TITLES) -> list[str]:
    """By which channels, for how long, with which reminders; and of whom, if not of everybody: a sentence each.

    `titles`: what the study calls its kinds of events, and its arms and sites.
    """
    return [
        f"By {', then '.join(map(_rung, schedule.ladder))}.",
        _window(schedule.window, titles),
        *([f"Reminded {_and(f'{_long(each)} later' for each in schedule.reminders)}."] if schedule.reminders else []),
        *(f"{name} only {_turn(turn)}." for name, turn in schedule.sometimes.items()),
        *([f"Answered by {'; '.join(map(_band, schedule.reporter))}."] if schedule.reporter else []),
        *(["Answered by a caregiver, about themselves."] if schedule.asks_caregiver else []),
        *_only(schedule, titles),
    ]


def _anchor(schedule: Schedule, titles: Mapping[str, str]) -> str:
    return schedule.anchor_words if schedule.anchor == TRIGGER else in_words(schedule.anchor, titles)


def _on_days(days: Iterable[int]) -> list[str]:
    numbers = [str(day) for day in days]
    return [f"on day{'s' if len(numbers) > 1 else ''} {_and(numbers)}"] if numbers else []


def _repeat(each: Repeat, titles: Mapping[str, str]) -> str:
    every = _long(each.every)
    words = [f"every {every.removeprefix('1 ') if every.count(' ') == 1 else every}"]
    if each.weekdays:
        words.append(f"on {_and(map(_weekday, each.weekdays))}")
    if each.starting != Duration():
        words.append(f"from {_long(each.starting)} after the event")
    if each.from_event is not None:
        words.append(f"from {in_words(each.from_event, titles)} on")
    if each.lasting is not None:
        words.append(f"for {_long(each.lasting)}")
    if each.count is not None:
        words.append(f"{each.count} times")
    if each.until_event is not None:
        words.append(f"until {in_words(each.until_event, titles)}")
    return " ".join(words)


def _window(window: Window, titles: Mapping[str, str]) -> str:
    words = f"Open for {_long(window.closes)}"
    if window.opens != Duration():
        early = window.opens.approximate_days() < 0
        words += f", from {_long(window.opens).removeprefix('-')} {'before' if early else 'after'} on"
    if window.until_event is not None:
        words += f", at most until {in_words(window.until_event, titles)}"
    if window.late_entry != Duration():
        words += f"; late answers are taken for {_long(window.late_entry)} more"
    return f"{words}."


def _rung(rung: Rung) -> str:
    after = "" if rung.after == Duration() else f" after {_long(rung.after)} without an answer"
    return f"{_CHANNELS[rung.channel]}{after}"


def _band(band: Band) -> str:
    if band.below is None:
        ages = f"from {band.from_age} years on" if band.from_age else "at any age"
    else:
        ages = f"from {band.from_age} to {band.below - 1} years" if band.from_age else f"below {band.below} years"
    return f"{_WHO[band.by]} {ages}"


def _only(schedule: Schedule, titles: Mapping[str, str]) -> Iterator[str]:
    only = schedule.only
    for words, names in (
        ("the arm", only.arms), ("the site", only.sites), ("the language", only.languages), ("the sex", only.sexes)
    ):  # fmt: skip
        if names:
            yield f"Only for {words} {_or(titles.get(name, name) for name in names)}."
    if only.ages is not None:
        below = f" and below {only.ages.below}" if only.ages.below is not None else ""
        yield f"Only for people of {only.ages.from_age} years or more{below}."


def _turn(turn: Turn) -> str:
    at = [f"after event {_numbers(turn.cycles)}"] if turn.cycles else []
    return " and ".join([*at, *([f"at time point {_numbers(turn.times)}"] if turn.times else [])])


def _cycles(numbers: Numbers) -> str:
    return f" {_numbers(numbers)}" if numbers else ""


def _numbers(numbers: Numbers) -> str:
    return _and(_number(each) for each in numbers)


def _number(each: int | EveryNumber) -> str:
    if isinstance(each, int):
        return str(each)
    to = f" to {each.to}" if each.to is not None else ""
    return f"every {each.every}. from {each.from_number}{to}" if each.every > 1 else f"from {each.from_number}{to}"


def _hour(part: time | RandomTimes) -> str:
    if isinstance(part, time):
        return f"{part:%H:%M}"
    times = "a random time" if part.times == 1 else f"{part.times} random times"
    return f"{times} between {part.from_time:%H:%M} and {part.until:%H:%M}"


def _weekday(name: str) -> str:
    return name.replace("_", " ")


_UNITS = {"y": "year", "mo": "month", "w": "week", "d": "day", "h": "hour", "min": "minute"}


def _long(duration: Duration) -> str:
    """A duration in words: `2 weeks`, `1 day 6 hours`."""
    words = []
    for part in str(duration).split():
        number, unit = part.rstrip("abcdefghijklmnopqrstuvwxyz"), part.lstrip("-0123456789")
        words.append(f"{number} {_UNITS[unit]}{'' if number.lstrip('-') == '1' else 's'}")
    return " ".join(words)


def _and(words: Iterable[str]) -> str:
    return _joined(words, "and")


def _or(words: Iterable[str]) -> str:
    return _joined(words, "or")


def _joined(words: Iterable[str], word: str) -> str:
    *first, last = words
    return f"{', '.join(first)} {word} {last}" if first else last
