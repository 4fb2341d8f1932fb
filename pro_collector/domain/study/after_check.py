"""Mistakes in assessments that follow the end of participation; a death above all is nobody's routine."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pro_collector.domain.document import Path
from scheduler.duration import Duration
from scheduler.rules import Schedule

Mistake = tuple[Path, str]
SOONEST_AFTER_DEATH = timedelta(days=14)
"""How long after a death nobody is asked anything, whatever a study file says."""
USUAL_DELAY: Mapping[str, str] = {"deceased": "42d", "withdrawn": "7d", "completed": "7d"}
"""When an assessment after the end is asked that does not say when."""


def with_usual_delay(assessment: Any) -> Any:
    """An assessment of a file with the usual delay, if it follows the end and does not say when."""
    after = assessment.get("after") if isinstance(assessment, dict) else None
    if not isinstance(after, dict) or {"on_days", "offsets", "repeat"} & assessment.keys():
        return assessment
    delay = USUAL_DELAY.get(str(after.get("participation")))
    return {**assessment, "offsets": [delay]} if delay else assessment


def after_mistakes(name: str, schedule: Schedule, data: Mapping[str, Any]) -> Iterator[Mistake]:
    """The mistakes in an assessment that follows the end of participation."""
    after = schedule.after
    if after is None:
        return
    where: Path = ("assessments", name)
    raw = data["assessments"][name]
    if schedule.reporter:
        yield (*where, "reporter"), "after the end of participation `after: {asks: ...}` says who answers"
    if len(schedule.reminders) > 1:
        yield (*where, "reminders"), "after the end of participation nobody is reminded more than once"
    if raw.get("mode") == "conversation":
        yield (*where, "mode"), "questions after the end are asked by link, never one by one in texts: `mode: link`"
    if after.participation == "completed" and not _completing(data):
        yield (
            (*where, "after", "participation"),
            "no event says that the study is completed: add `as: completed` to one that `ends: participation`",
        )
    if after.participation == "deceased":
        yield from _after_death(where, schedule)


def _after_death(where: Path, schedule: Schedule) -> Iterator[Mistake]:
    told = f"nobody is asked within {SOONEST_AFTER_DEATH.days} days of a death; the usual delay is 42d"
    for index, day in enumerate(schedule.on_days):
        if day <= SOONEST_AFTER_DEATH.days:
            yield (*where, "on_days", index), told
    for index, offset in enumerate(schedule.offsets):
        if _too_soon(offset):
            yield (*where, "offsets", index), told
    for index, repeat in enumerate(schedule.repeat):
        if _too_soon(repeat.starting):
            place: Path = ("repeat", index, "starting") if len(schedule.repeat) > 1 else ("repeat", "starting")
            yield (*where, *place), told


def _too_soon(offset: Duration) -> bool:
    return offset.approximate_days() < SOONEST_AFTER_DEATH.days


def _completing(data: Mapping[str, Any]) -> bool:
    timeline = data.get("timeline")
    kinds = timeline.values() if isinstance(timeline, dict) else ()
    return any(isinstance(kind, dict) and kind.get("as") == "completed" for kind in kinds)
