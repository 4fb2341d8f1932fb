"""Mistakes in assessments that answers trigger: conditions, loops without an end, and limits that cannot hold."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pro_collector.domain.document import Path
from pro_collector.domain.study.alert_check import KnownNames, condition_mistakes
from pro_collector.domain.study.budget_check import burden_of, ideal_people
from pro_collector.domain.study.trigger import Trigger, endless
from scheduler.anchors import TRIGGER, UNSCHEDULED, Anchor, Timeline
from scheduler.event_choice import references
from scheduler.plan import plan
from scheduler.rulebook import Rules
from scheduler.rules import Reporter, Schedule

Mistake = tuple[Path, str]
_TRIGGER = TypeAdapter(Trigger)
_IDEAL_DAY = date(2027, 1, 4)
_IDEAL_HOUR = time(9)
_BEGIN = datetime(2027, 1, 4, tzinfo=UTC)
_IDEAL_YEARS = timedelta(days=3 * 365)


def triggers_of(data: Mapping[str, Any]) -> dict[str, Trigger]:
    """The triggers of a study file by assessment, as far as they can be read."""
    section = data.get("assessments")
    found = {}
    for name, raw in section.items() if isinstance(section, dict) else ():
        said = raw.get("trigger") if isinstance(raw, dict) else None
        try:
            if said is not None:
                found[str(name)] = _TRIGGER.validate_python(said)
        except ValidationError:
            continue
    return found


def trigger_mistakes(
    data: Mapping[str, Any], schedules: Mapping[str, Schedule], known: KnownNames, questions: Mapping[str, int]
) -> Iterator[Mistake]:
    """Each mistake in the triggers of a study file, and an event that has their name."""
    timeline = data.get("timeline")
    if isinstance(timeline, dict) and TRIGGER in timeline:
        yield ("timeline", TRIGGER), "this name is for what answers trigger: choose another"
    if isinstance(timeline, dict) and UNSCHEDULED in timeline:
        yield ("timeline", UNSCHEDULED), "this name is for what is asked by hand: choose another"
    triggers = {name: trigger for name, trigger in triggers_of(data).items() if name in schedules}
    for name in triggers:
        said = data["assessments"][name]["trigger"]
        for key in ("when", "stop_when"):
            yield from condition_mistakes(("assessments", name, "trigger", key), said.get(key), known)
        yield from _before_it(name, schedules[name])
        yield from _never_holds(name, schedules[name], data, questions)
    yield from _loops(data, schedules, triggers)


def answering(
    schedules: Mapping[str, Schedule], triggers: Mapping[str, Trigger], usual: Mapping[str, Collection[Reporter]]
) -> dict[str, list[Reporter]]:
    """Who may answer each assessment. `usual` is that by the ages alone.

    Where the age does not matter, whoever gave the answers that trigger an assessment answers it.
    """
    found = {name: list(reporters) for name, reporters in usual.items()}
    following = {name: trigger for name, trigger in triggers.items() if not schedules[name].reporter}
    heard = _listening(schedules, following)
    for name in following:
        found[name] = []
    for _ in following:  # a way from one to another has at most as many steps
        for name, trigger in following.items():
            giving = {reporter for source in heard[name] for reporter in found[source]}
            found[name] = [reporter for reporter in trigger.reporters if reporter in giving]
    return found


def _listening(schedules: Mapping[str, Schedule], triggers: Mapping[str, Trigger]) -> dict[str, list[str]]:
    """By assessment, the assessments whose check-ins may trigger it."""
    return {
        name: [source for source, each in schedules.items() if trigger.listens_to(source, each.instruments)]
        for name, trigger in triggers.items()
    }


def _before_it(name: str, schedule: Schedule) -> Iterator[Mistake]:
    if any(distance.approximate_days() < 0 for distance in schedule.distances):
        yield ("assessments", name), "nothing can be asked before the answers that trigger it"


def _never_holds(
    name: str, schedule: Schedule, data: Mapping[str, Any], questions: Mapping[str, int]
) -> Iterator[Mistake]:
    """A limit that one check-in alone exceeds, for ideal participants."""
    rules = Rules.of({name: schedule}, burden=burden_of(data), questions=questions)
    once = Anchor(TRIGGER, _IDEAL_DAY, key="once", at=_IDEAL_HOUR)
    timeline = Timeline(triggered={name: (once,)})
    for person in ideal_people(rules, {name: schedule}):
        made = plan(rules, person, timeline, _BEGIN, _BEGIN + _IDEAL_YEARS).occasions
        over = next((each for each in made if each.reason in ("at_most", "budget")), None)
        if over is not None:
            limit = "`at_most`" if over.reason == "at_most" else "the burden budget"
            yield (
                ("assessments", name),
                f"{limit} can never hold this: {over.point} after the check-in that triggers it, it would be "
                f"{over.detail}; ask less often, or raise the limit",
            )
            return


def _loops(
    data: Mapping[str, Any], schedules: Mapping[str, Schedule], triggers: Mapping[str, Trigger]
) -> Iterator[Mistake]:
    ending = {name for name, trigger in triggers.items() if trigger.in_all or _has_end(schedules[name], data)}
    for name, way in endless(_listening(schedules, triggers), ending).items():
        yield (
            ("assessments", name, "trigger"),
            f"its own answers may trigger it again, for ever ({' -> '.join(way)}): say how often with `in_all`, "
            "or `until` which event that happens once",
        )


def _has_end(schedule: Schedule, data: Mapping[str, Any]) -> bool:
    """Whether an event that happens once, or the first of its kind, ends the schedule for good."""
    if schedule.until_event is None:
        return False
    timeline = data.get("timeline")
    kinds = timeline if isinstance(timeline, dict) else {}
    return all(which == "first" or not _repeats(kinds.get(kind)) for which, kind in references(schedule.until_event))


def _repeats(kind: object) -> bool:
    return isinstance(kind, dict) and kind.get("happens") == "repeatedly"
