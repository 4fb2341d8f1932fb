"""Warnings about schedules: allowed, and often not meant. Some are found by planning for ideal participants."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import combinations, pairwise

from pro_collector.domain.study.budget_check import ideal_people
from pro_collector.domain.study.definition import Study
from scheduler.anchors import TRIGGER, Anchor, Timeline
from scheduler.bundles import bundles
from scheduler.duration import Duration, add_calendar
from scheduler.event_choice import references
from scheduler.occasion import Occasion
from scheduler.plan import plan
from scheduler.rulebook import Rules
from scheduler.rules import Repeat, Schedule

_IDEAL_DAY = date(2027, 1, 4)
_LONG_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
_HORIZON = datetime(2030, 1, 1, tzinfo=UTC)
_EVENTS = 3


def schedule_warnings(study: Study) -> Iterator[str]:
    """What a person should look at again in the schedules of a study, each with its place in the file."""
    for name, schedule in study.assessments.items():
        where = f"assessments.{name}"
        yield from (f"{where}{message}" for message in _open_bounds(schedule, study.repeating))
        yield from (f"{where}{message}" for message in _short_repeats(schedule))
        yield from (f"{where}{message}" for message in _known_ahead(schedule, set(study.expectations)))
        yield from (f"{where}{message}" for message in _hours_known(schedule))
    for kind, expectation in study.expectations.items():
        if expectation.until is None:
            yield f"timeline.{kind}: the next one is expected for ever: say with `until` which event ends that"
    yield from _folded(study.assessments)
    yield from _met_while_planning(study)


def _open_bounds(schedule: Schedule, repeating: frozenset[str]) -> Iterator[str]:
    """Bounds on an event that repeats, which do not say which one is meant."""
    bounds = [(f".{key}", bound) for key, bound in (("from", schedule.from_event), ("until", schedule.until_event))]
    for repeat in schedule.repeat:
        bounds += [
            (f".repeat.{key}", bound) for key, bound in (("from", repeat.from_event), ("until", repeat.until_event))
        ]
    for key, bound in bounds:
        for which, kind in references(bound) if bound is not None else ():
            own = key.endswith("until") and kind in schedule.anchor_kinds  # the next one of its own kind
            if kind in repeating and not which and not own:
                yield (
                    f"{key}: `{kind}` repeats: write `next {kind}` (the first after the day of the anchor) or "
                    f"`first {kind}` (the first ever); as it stands, the first on that day or later"
                )


def _short_repeats(schedule: Schedule) -> Iterator[str]:
    """A `count` that `for` does not leave room for."""
    for repeat in schedule.repeat:
        room = _room(repeat)
        if repeat.count is not None and room is not None and room < repeat.count:
            yield f".repeat: `for` ({repeat.lasting}) has room for {room}, so `count` ({repeat.count}) is never reached"


def _room(repeat: Repeat) -> int | None:
    """How many intervals begin before the end of `for`; None without it, or with days of the week."""
    if repeat.lasting is None or repeat.weekdays:
        return None
    end, room, at = add_calendar(_IDEAL_DAY, repeat.lasting), 0, _IDEAL_DAY
    while at < end and room < (repeat.count or 0):
        room += 1
        at = add_calendar(_IDEAL_DAY, Duration(repeat.every.months * room, repeat.every.days * room))
    return room


def _known_ahead(schedule: Schedule, expected: set[str]) -> Iterator[str]:
    """Time points before their anchor: they can be asked only if the event is recorded, or expected, before."""
    if not set(schedule.anchor_kinds) <= expected and any(
        distance.approximate_days() < 0 for distance in schedule.distances
    ):
        yield (
            f": asks before `{schedule.anchor_words}`: only if that is recorded before it happens, as an appointment; "
            "otherwise these are missed (late_anchor), or, if it repeats, give it `expect: next`"
        )


def _hours_known(schedule: Schedule) -> Iterator[str]:
    """Hours after an event: its time of day must be recorded."""
    if schedule.hours_after and schedule.anchor != TRIGGER:
        yield (
            f".offsets: hours after `{schedule.anchor_words}` count from its time of day: without it (`timeline add "
            "CODE EVENT 2027-03-01T14:30`) they are not asked (time_unknown)"
        )


def _folded(assessments: Mapping[str, Schedule]) -> Iterator[str]:
    """Hours of a day that the preferred hour of a person makes one."""
    moved = {name: each for name, each in assessments.items() if isinstance(each.at, time) and not each.fixed_time}
    for (one, first), (other, second) in combinations(moved.items(), 2):
        if first.at != second.at and _at_half_a_day(first, second) and first.anchor == second.anchor:
            yield (
                f"assessments.{other}.at: who prefers an hour gets `{one}` and `{other}` together, at that hour; "
                "to keep them apart, write `fixed_time: true`, or one assessment with several hours"
            )


def _at_half_a_day(first: Schedule, second: Schedule) -> bool:
    hours = [each.at.hour + each.at.minute / 60 for each in (first, second) if isinstance(each.at, time)]
    return abs(hours[0] - hours[-1]) >= 4


def _met_while_planning(study: Study) -> Iterator[str]:
    """Windows of one series that overlap, and surveys of one person on one day, for ideal participants."""
    told: dict[str, str] = {}
    kinds = dict.fromkeys(kind for schedule in study.assessments.values() for kind in schedule.anchor_kinds)
    for kind in kinds:
        schedules = {name: each for name, each in study.assessments.items() if kind in each.anchor_kinds}
        rules = Rules.of(schedules, days_off=study.rules().days_off)
        for person in ideal_people(rules, schedules):
            occasions = plan(rules, person, _ideal_timeline(study, kind), _LONG_BEFORE, _HORIZON).occasions
            asked = [each for each in occasions if each.state == "planned"]
            for key, message in (*_overlapping(asked), *_on_one_day(asked, study.ways)):
                told.setdefault(key, message)
    yield from told.values()


def _ideal_timeline(study: Study, kind: str) -> Timeline:
    """One event, or three at their usual pace if the file says it."""
    event = study.timeline.get(kind)
    days = [_IDEAL_DAY]
    while event and event.happens == "repeatedly" and event.every and len(days) < _EVENTS:
        days.append(add_calendar(days[-1], event.every))
    return Timeline.of(Anchor(kind, on, key=str(n) if len(days) > 1 else "") for n, on in enumerate(days))


def _overlapping(asked: Sequence[Occasion]) -> Iterator[tuple[str, str]]:
    series: dict[tuple[str, str], list[Occasion]] = {}
    for occasion in asked:
        series.setdefault((occasion.assessment, occasion.reporter), []).append(occasion)
    for (name, _), occasions in series.items():
        for earlier, later in pairwise(occasions):
            if later.due_at < earlier.closes_at:
                yield (
                    f"overlap {name}",
                    f"assessments.{name}.window: still open when the next one is asked ({earlier.point} and "
                    f"{later.point} after {later.anchor}): two are open at once; close it earlier",
                )


def _on_one_day(asked: Sequence[Occasion], ways: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    days: dict[tuple[date, str], list[Occasion]] = {}
    for occasion in asked:
        days.setdefault((occasion.due_local.date(), occasion.reporter), []).append(occasion)
    for together in days.values():
        names = list(dict.fromkeys(group[0].assessment for group in bundles(together, ways)))
        if len(names) > 1:
            listed = ", ".join(f"`{name}`" for name in names)
            place = f"{together[0].point} after {together[0].anchor}"
            yield (
                f"day {' '.join(sorted(names))}",
                f"assessments.{names[-1]}: asked on one day with others ({listed}: {place}): one invitation for each; "
                "set `bundles: true`, put their instruments into one assessment, or ask on other days",
            )
