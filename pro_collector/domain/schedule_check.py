"""Contradictions inside schedules: windows, reminders, ends, ages, quiet hours, and budgets that cannot hold."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from pro_collector.domain.document import Path
from scheduler.anchors import Anchor, Timeline
from scheduler.duration import Duration
from scheduler.person import Person
from scheduler.plan import plan
from scheduler.rulebook import Rules, silence_of
from scheduler.rules import Band, Burden, Hours, Schedule

Mistake = tuple[Path, str]
_HOURS: TypeAdapter[list[Hours]] = TypeAdapter(list[Hours])
_BURDEN = TypeAdapter(Burden)
_IDEAL_DAY = date(2027, 1, 4)
_IDEAL_YEARS = timedelta(days=3 * 365)


def schedule_mistakes(schedule: Schedule, data: Mapping[str, Any]) -> Iterator[Mistake]:
    """What contradicts itself in one assessment; paths start inside it."""
    yield from _window(schedule)
    yield from _follow_ups(schedule)
    yield from _bands(schedule)
    if not _ends_participation(data):
        yield from _endless(schedule)
    quiet = quiet_hours(data)
    if silence_of(quiet, ()).covers(datetime.combine(_IDEAL_DAY, schedule.at)):
        shown = ", ".join(f"{each.from_time:%H:%M}-{each.until:%H:%M}" for each in quiet)
        yield ("at",), f"{schedule.at:%H:%M} lies in the quiet hours ({shown}): no invitation would go at its time"


def study_wide_mistakes(
    data: Mapping[str, Any], schedules: Mapping[str, Schedule], questions: Mapping[str, int]
) -> Iterator[Mistake]:
    """Quiet hours that never end, blackouts that run backwards, and a budget that the schedules always break."""
    listed = isinstance(data.get("quiet_hours"), list)
    for index, hours in enumerate(quiet_hours(data)):
        if hours.from_time == hours.until:
            yield ("quiet_hours", index) if listed else ("quiet_hours",), "these quiet hours cover the whole day"
    for index, raw in enumerate(data.get("blackout") or [] if isinstance(data.get("blackout"), list) else []):
        if isinstance(raw, dict) and str(raw.get("until", "9")) < str(raw.get("from", "")):
            yield ("blackout", index), f"it ends ({raw['until']}) before it begins ({raw['from']})"
    burden = _burden(data)
    if burden is not None:
        yield from _over_budget(burden, schedules, questions)


def quiet_hours(data: Mapping[str, Any]) -> list[Hours]:
    """The quiet hours of the file, if they can be read."""
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


def _follow_ups(schedule: Schedule) -> Iterator[Mistake]:
    closes = schedule.window.closes
    for index, after in enumerate(schedule.reminders):
        if _days(after) <= 0:
            yield ("reminders", index), "a reminder comes after the invitation"
        elif _days(after) >= _days(closes):
            yield ("reminders", index), f"this reminder ({after}) comes after the window has closed ({closes})"
    for index, rung in enumerate(schedule.ladder):
        if _days(rung.after) >= _days(closes):
            yield ("ladder", index), f"this rung ({rung.after}) comes after the window has closed ({closes})"
        elif index and _days(rung.after) <= _days(schedule.ladder[index - 1].after):
            yield ("ladder", index), "each rung waits longer, from the invitation on, than the one before it"


def _endless(schedule: Schedule) -> Iterator[Mistake]:
    for index, repeat in enumerate(schedule.repeat):
        if repeat.lasting is None and repeat.count is None and repeat.until_event is None:
            path: Path = ("repeat", index) if len(schedule.repeat) > 1 else ("repeat",)
            yield path, "no end: give `for`, `count` or `until`, or an event with `ends: participation`"


def _ends_participation(data: Mapping[str, Any]) -> bool:
    timeline = data.get("timeline")
    kinds = timeline.values() if isinstance(timeline, dict) else ()
    return any(isinstance(kind, dict) and kind.get("ends") == "participation" for kind in kinds)


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
    if schedule.reporter:
        first = ages.from_age if ages else 0
        last = (ages.below if ages and ages.below else 120) - 1
        unasked = [age for age in range(first, last + 1) if not any(band.holds(age) for band in schedule.reporter)]
        if unasked:
            yield ("reporter",), f"nobody answers at age {_spans(unasked)}: add a band, `by: nobody`, or `only: ages`"


def _overlap(one: Band, other: Band) -> bool:
    return (other.below is None or one.from_age < other.below) and (one.below is None or other.from_age < one.below)


def _spans(ages: list[int]) -> str:
    spans: list[list[int]] = []
    for age in ages:
        if spans and age == spans[-1][1] + 1:
            spans[-1][1] = age
        else:
            spans.append([age, age])
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in spans)


def _burden(data: Mapping[str, Any]) -> Burden | None:
    try:
        return _BURDEN.validate_python(data.get("burden")) if data.get("burden") is not None else None
    except ValidationError:
        return None


def _over_budget(burden: Burden, schedules: Mapping[str, Schedule], questions: Mapping[str, int]) -> Iterator[Mistake]:
    """What an ideal participant, for whom one kind of event happens once, would lose to the budget at once."""
    rules = Rules.of(schedules, burden=burden, questions=questions)
    begin = datetime.combine(_IDEAL_DAY, datetime.min.time(), UTC)
    found: dict[str, str] = {}
    for anchor in sorted({schedule.anchor for schedule in schedules.values()}):
        timeline = Timeline.of([Anchor(anchor, _IDEAL_DAY, key="1")])
        for person in _kinds_of_people(schedules):
            made = plan(rules, person, timeline, begin - timedelta(days=400), begin + _IDEAL_YEARS)
            for occasion in made.occasions:
                if occasion.reason == "budget" and occasion.anchor == anchor:
                    found.setdefault(
                        occasion.assessment,
                        f"the burden budget can never hold this: {occasion.point} after {anchor} it would be "
                        f"{occasion.detail}; ask less often, together, or raise the budget",
                    )
    for name, message in found.items():
        yield ("assessments", name), message


def _kinds_of_people(schedules: Mapping[str, Schedule]) -> Iterator[Person]:
    """One ideal participant for each combination of what the schedules distinguish."""
    conditions = [schedule.only for schedule in schedules.values()]
    arms = _told_apart(arm for only in conditions for arm in only.arms)
    sites = _told_apart(site for only in conditions for site in only.sites)
    languages = _told_apart(language for only in conditions for language in only.languages)
    sexes = _told_apart(sex for only in conditions for sex in only.sexes)
    ages = {40, *(only.ages.from_age for only in conditions if only.ages)}
    ages |= {band.from_age for schedule in schedules.values() for band in schedule.reporter}
    for arm, site, language, sex in product(arms, sites, languages, sexes):
        for age in sorted(ages):
            born = date(_IDEAL_DAY.year - age, 1, 1)
            yield Person(UUID(int=0), "UTC", _IDEAL_DAY, born, arm, site, language, sex)


def _told_apart(names: Iterable[str]) -> list[str | None]:
    return [None, *sorted(set(names))]


def _days(duration: Duration) -> float:
    return duration.approximate_days()
