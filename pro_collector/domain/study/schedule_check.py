"""Contradictions in schedules: windows, reminders, ends, ages, quiet hours, and assessments that are never asked."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pro_collector.domain.document import Path
from pro_collector.domain.study.choice_check import choice_mistakes
from pro_collector.domain.study.event_check import bound_mistakes, bounded_parts
from pro_collector.domain.study.hour_check import hour_mistakes
from scheduler.calendar import Silence, later, next_allowed, wall_time
from scheduler.duration import Duration
from scheduler.rulebook import silence_of
from scheduler.rules import OLDEST, Ages, Band, DateRange, Hours, Repeat, Schedule
from scheduler.times_of_day import earliest

Mistake = tuple[Path, str]
_HOURS: TypeAdapter[list[Hours]] = TypeAdapter(list[Hours])
_RANGE = TypeAdapter(DateRange)
_SOME_DAY = date(2027, 1, 4)
_LONGEST_BLACKOUT = 366


def schedule_mistakes(schedule: Schedule, data: Mapping[str, Any]) -> Iterator[Mistake]:
    """The contradictions in one assessment; their paths start at it."""
    quiet = quiet_hours(data) if schedule.quiet_hours is None else list(schedule.quiet_hours)
    silence = silence_of(quiet, ())
    yield from _window(schedule)
    if _days(schedule.window.closes) > 0:
        yield from _reminders(schedule, silence)
        yield from _ladder(schedule, silence)
    yield from _bands(schedule)
    yield from _twice(schedule)
    repeating = _kinds(data, "happens", "repeatedly")
    yield from choice_mistakes(schedule, repeating)
    yield from bound_mistakes(schedule, _kinds(data, "ends", "participation"), repeating)
    yield from _without_length(schedule)
    if schedule.after is not None or not _kinds(data, "ends", "participation"):
        yield from _endless(schedule)
    yield from hour_mistakes(schedule, quiet)
    if schedule.quiet_hours is not None and silence.whole_day:
        yield ("quiet_hours",), "these quiet hours cover the whole day"


def calendar_mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Quiet hours that cover the whole day, and blackouts that end before they begin or last more than a year."""
    hours = quiet_hours(data)
    listed = isinstance(data.get("quiet_hours"), list)
    whole = [index for index, each in enumerate(hours) if each.from_time == each.until]
    for index in whole:
        yield ("quiet_hours", index) if listed else ("quiet_hours",), "these quiet hours cover the whole day"
    if not whole and silence_of(hours, ()).whole_day:
        yield ("quiet_hours",), "together these quiet hours cover the whole day"
    for index, raw in enumerate(data.get("blackout") or [] if isinstance(data.get("blackout"), list) else []):
        dates = _range(raw)
        if dates is not None and dates.until < dates.from_date:
            yield ("blackout", index), f"it ends ({dates.until}) before it begins ({dates.from_date})"
        elif dates is not None and (dates.until - dates.from_date).days > _LONGEST_BLACKOUT:
            yield ("blackout", index), f"nothing would be sent for more than a year ({dates.from_date}-{dates.until})"


def quiet_hours(data: Mapping[str, Any]) -> list[Hours]:
    """The quiet hours of the file; an empty list if they cannot be read."""
    raw = data.get("quiet_hours") or []
    try:
        return _HOURS.validate_python(raw if isinstance(raw, list) else [raw])
    except ValidationError:
        return []


def _window(schedule: Schedule) -> Iterator[Mistake]:
    window = schedule.window
    if _days(window.closes) <= 0:
        yield ("window", "closes"), f"the window closes ({window.closes}) before or when the invitation goes"
    elif _days(window.opens) > _days(window.closes):
        yield ("window",), f"the window closes ({window.closes}) before it opens ({window.opens})"
    elif _days(window.opens) > 0:
        yield ("window", "opens"), "the window opens after the invitation: shift the schedule instead, or use 0d"
    if _days(window.late_entry) < 0:
        yield ("window", "late_entry"), "late entry comes after the window closes: it cannot be negative"


def _reminders(schedule: Schedule, silence: Silence) -> Iterator[Mistake]:
    closes = schedule.window.closes
    for index, after in enumerate(schedule.reminders):
        if _days(after) <= 0:
            yield ("reminders", index), "a reminder comes after the invitation"
        elif _days(after) >= _days(closes):
            yield ("reminders", index), f"this reminder ({after}) comes after the window has closed ({closes})"
        elif _days(after) in [_days(earlier) for earlier in schedule.reminders[:index]]:
            yield ("reminders", index), f"this reminder ({after}) comes at the time of another"
        elif _delayed_past_close(schedule, after, silence):
            yield ("reminders", index), f"this reminder ({after}) {_DELAYED_PAST_CLOSE} ({closes})"


def _ladder(schedule: Schedule, silence: Silence) -> Iterator[Mistake]:
    closes, last = schedule.window.closes, len(schedule.ladder) - 1
    for index, rung in enumerate(schedule.ladder):
        if not index and _days(rung.after):
            yield ("ladder", 0), f"the first rung is the invitation, which goes at its time and not {rung.after} later"
        elif _days(rung.after) >= _days(closes):
            yield ("ladder", index), f"this rung ({rung.after}) comes after the window has closed ({closes})"
        elif index and _days(rung.after) <= _days(schedule.ladder[index - 1].after):
            yield ("ladder", index), "each rung waits longer, from the invitation on, than the one before it"
        elif _delayed_past_close(schedule, rung.after, silence):
            yield ("ladder", index), f"this rung ({rung.after}) {_DELAYED_PAST_CLOSE} ({closes})"
        if rung.channel == "call" and index < last:
            yield ("ladder", index), "a call by the team is the last rung: nothing comes after it"


_DELAYED_PAST_CLOSE = "falls into the quiet hours, and when they end the window has closed"


def _delayed_past_close(schedule: Schedule, after: Duration, silence: Silence) -> bool:
    """Whether quiet hours delay a message that is due `after` the invitation until the window has closed."""
    invited = datetime.combine(_SOME_DAY, earliest(schedule.at))
    if silence.covers(invited):
        return False
    instant = later(invited, after, UTC)
    allowed = next_allowed(instant, wall_time(instant, UTC), UTC, silence)
    return allowed is not None and allowed[0] >= later(invited, schedule.window.closes, UTC)


def _twice(schedule: Schedule) -> Iterator[Mistake]:
    for index, day in enumerate(schedule.on_days):
        if day in schedule.on_days[:index]:
            yield ("on_days", index), f"day {day} is here twice"
    for index, offset in enumerate(schedule.offsets):
        if offset in schedule.offsets[:index]:
            yield ("offsets", index), f"{offset} is here twice"


def _without_length(schedule: Schedule) -> Iterator[Mistake]:
    for path, repeat in bounded_parts(schedule):
        if isinstance(repeat, Repeat) and repeat.lasting is not None and _days(repeat.lasting) <= 0:
            yield (*path, "for"), f"nothing is ever asked: `for` ({repeat.lasting}) has no length"


def _endless(schedule: Schedule) -> Iterator[Mistake]:
    if schedule.until_event is not None:
        return
    for path, repeat in bounded_parts(schedule):
        if isinstance(repeat, Repeat) and not (repeat.lasting or repeat.count or repeat.until_event):
            yield path, "no end: give `for`, `count` or `until`, or an event with `ends: participation`"


def _kinds(data: Mapping[str, Any], key: str, value: str) -> frozenset[str]:
    """The event kinds of the file whose `key` has this `value`."""
    timeline = data.get("timeline")
    kinds = timeline.items() if isinstance(timeline, dict) else ()
    return frozenset(str(name) for name, kind in kinds if isinstance(kind, dict) and kind.get(key) == value)


def _bands(schedule: Schedule) -> Iterator[Mistake]:
    ages = schedule.only.ages
    if ages and ages.below is not None and ages.below <= ages.from_age:
        yield ("only", "ages"), f"no age is from {ages.from_age} and below {ages.below}"
    for index, band in enumerate(schedule.reporter):
        if band.below is not None and band.below <= band.from_age:
            yield ("reporter", index), f"no age is from {band.from_age} and below {band.below}"
        for earlier in schedule.reporter[:index]:
            if _overlap(earlier, band):
                yield ("reporter", index), f"this band overlaps the one from {earlier.from_age}"
        if ages and not any(ages.includes(age) and band.includes(age) for age in range(OLDEST + 1)):
            yield ("reporter", index), f"nobody of this age is asked: `only` is for ages {_shown(ages)}"
    if schedule.reporter:
        first = ages.from_age if ages else 0
        last = (ages.below if ages and ages.below else 120) - 1
        unasked = [age for age in range(first, last + 1) if not any(band.includes(age) for band in schedule.reporter)]
        if unasked:
            yield ("reporter",), f"nobody answers at age {_spans(unasked)}: add a band, `by: nobody`, or `only: ages`"


def _overlap(a: Band, b: Band) -> bool:
    return (b.below is None or a.from_age < b.below) and (a.below is None or b.from_age < a.below)


def _spans(ages: list[int]) -> str:
    spans: list[list[int]] = []
    for age in ages:
        if spans and age == spans[-1][1] + 1:
            spans[-1][1] = age
        else:
            spans.append([age, age])
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in spans)


def _shown(ages: Ages) -> str:
    return f"from {ages.from_age}" + (f" and below {ages.below}" if ages.below is not None else "")


def _range(raw: object) -> DateRange | None:
    try:
        return _RANGE.validate_python(raw)
    except ValidationError:
        return None


def _days(duration: Duration) -> float:
    return duration.approximate_days()
