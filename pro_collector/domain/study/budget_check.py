"""Schedules that can never fit the burden budget of their study: found by planning for ideal participants."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from pro_collector.domain.document import Path
from scheduler.anchors import Anchor, Timeline
from scheduler.bundles import ways_of
from scheduler.consent import Consent
from scheduler.duration import Duration, add_calendar
from scheduler.event_choice import LaterEvent
from scheduler.occasion import Occasion
from scheduler.person import Person
from scheduler.plan import plan
from scheduler.rulebook import Rules
from scheduler.rules import Burden, Schedule

Mistake = tuple[Path, str]
_BURDEN = TypeAdapter(Burden)
_IDEAL_DAY = date(2027, 1, 4)
_IDEAL_YEARS = timedelta(days=3 * 365)
_REPEATS = 3


def burden_of(data: Mapping[str, Any]) -> Burden | None:
    """The burden budget of the file, or None if there is none that can be read."""
    try:
        return _BURDEN.validate_python(data.get("burden")) if data.get("burden") is not None else None
    except ValidationError:
        return None


def over_budget(
    data: Mapping[str, Any], schedules: Mapping[str, Schedule], questions: Mapping[str, int]
) -> Iterator[Mistake]:
    """The assessments that an ideal participant would lose to the budget: each kind of event at its usual pace."""
    burden = burden_of(data)
    messages: dict[str, str] = {}
    anchors = {kind for schedule in schedules.values() for kind in schedule.anchor_kinds}
    for anchor in sorted(anchors) if burden is not None else ():
        on_anchor = {name: schedule for name, schedule in schedules.items() if anchor in schedule.anchor_kinds}
        ways = ways_of(on_anchor) if data.get("bundles") is True else {}
        rules = Rules.of(on_anchor, burden=burden, questions=questions, ways=ways)
        pace = _pace(data, anchor)
        for name, occasion in _lost(rules, anchor, pace, on_anchor):
            again = f", one every {pace}," if occasion.anchor_n > 1 else ""
            messages.setdefault(
                name,
                f"the burden budget can never hold this: {occasion.point} after {anchor}{again} it would be "
                f"{occasion.detail}; ask less often, together, or raise the budget",
            )
    for name, message in messages.items():
        yield ("assessments", name), message


def _lost(
    rules: Rules, anchor: str, pace: Duration | None, schedules: Mapping[str, Schedule]
) -> Iterator[tuple[str, Occasion]]:
    begin = datetime.combine(_IDEAL_DAY, datetime.min.time(), UTC)
    days = [_IDEAL_DAY]
    while pace is not None and len(days) < _REPEATS:
        days.append(add_calendar(days[-1], pace))
    with_it = {kind for schedule in schedules.values() if _needs_all(schedule) for kind in schedule.anchor_kinds}
    others = [Anchor(kind, _IDEAL_DAY) for kind in sorted(with_it - {anchor})]
    timeline = Timeline.of([*(Anchor(anchor, on, key=str(k)) for k, on in enumerate(days)), *others])
    for person in ideal_people(rules, schedules):
        made = plan(rules, person, timeline, begin - timedelta(days=400), begin + _IDEAL_YEARS)
        yield from ((each.assessment, each) for each in made.occasions if each.reason == "budget")


def _needs_all(schedule: Schedule) -> bool:
    """Whether a schedule counts from the last of several events: then all of them happen on the ideal day."""
    return isinstance(schedule.anchor, LaterEvent)


def _pace(data: Mapping[str, Any], anchor: str) -> Duration | None:
    """The usual time between two events of a repeating kind, or None if the file does not say."""
    timeline = data.get("timeline")
    kind = timeline.get(anchor) if isinstance(timeline, dict) else None
    if not isinstance(kind, dict) or kind.get("happens") != "repeatedly":
        return None
    try:
        pace = Duration.parse(str(kind.get("every", "")))
    except ValueError:
        return None
    return pace if pace.approximate_days() >= 1 else None


def ideal_people(rules: Rules, schedules: Mapping[str, Schedule]) -> Iterator[Person]:
    """One ideal participant for each set of schedules that a person can have, at each age where the set changes."""
    conditions = [schedule.only for schedule in schedules.values()]
    arms = _told_apart(arm for only in conditions for arm in only.arms)
    sites = _told_apart(site for only in conditions for site in only.sites)
    languages = _told_apart(language for only in conditions for language in only.languages)
    sexes = _told_apart(sex for only in conditions for sex in only.sexes)
    ages = {40, *(only.ages.from_age for only in conditions if only.ages)}
    ages |= {band.from_age for schedule in schedules.values() for band in schedule.reporter}
    yielded: set[tuple[bool, ...]] = set()
    for arm, site, language, sex in product(arms, sites, languages, sexes):
        caring = (Consent("caregiver", "participation", _IDEAL_DAY),)
        person = Person(UUID(int=0), "UTC", _IDEAL_DAY, None, arm, site, language, sex, consents=caring)
        applicable = tuple(entry.meets(person) for entry in rules.entries)
        if applicable not in yielded:
            yielded.add(applicable)
            yield from (replace(person, birth_date=date(_IDEAL_DAY.year - age, 1, 1)) for age in sorted(ages))


def _told_apart(names: Iterable[str]) -> list[str | None]:
    return [None, *sorted(set(names))]
