"""Amendments: the rules that hold after every version of a study so far, and what a new version would change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pro_collector.domain.study.definition import Assessment, Study
from scheduler.anchors import Timeline
from scheduler.occasion import Occasion
from scheduler.person import Person
from scheduler.plan import plan
from scheduler.replan import Diff, replan
from scheduler.rulebook import Entry, Rules
from scheduler.rules import Schedule

_NOT_TIMING = {"title", "mode", "link_only", "bundle", "amendment"}


@dataclass(frozen=True, slots=True)
class VersionInForce:
    """A version of a study and the aware instant at which it came into force. A version may be in force twice."""

    study: Study
    at: datetime


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """One participant as stored: the person, the treatment timeline, every occasion, and how far they are planned."""

    person: Person
    timeline: Timeline
    occasions: tuple[Occasion, ...]
    planned_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssessmentChange:
    """What a new version does to one assessment: `differences` has the keys that differ, each before and after."""

    assessment: str
    what: Literal["added", "removed", "changed"]
    policy: str
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Affected:
    """One participant whose occasions a new version changes, and how."""

    person: UUID
    diff: Diff


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a new version would do; nothing is applied. `study_wide` are the keys that differ outside assessments."""

    before: str
    after: str
    changes: tuple[AssessmentChange, ...]
    study_wide: tuple[str, ...]
    affected: tuple[Affected, ...]
    people: int

    def count(self, assessment: str) -> dict[str, int]:
        """How many occasions of an assessment would be moved, added, cancelled, kept and renamed, for everybody."""
        counts = {"moved": 0, "added": 0, "cancelled": 0, "kept": 0, "renamed": 0}
        for affected in self.affected:
            for moved in affected.diff.moved:
                counts["moved" if moved.in_time else "renamed"] += moved.after.assessment == assessment
            for name in ("added", "cancelled", "kept"):
                counts[name] += sum(occasion.assessment == assessment for occasion in getattr(affected.diff, name))
        return counts


def amend(
    history: Sequence[VersionInForce],
    new: Study,
    people: Iterable[PlanInputs],
    now: datetime,
    horizon: datetime,
    questions: Mapping[str, int] | None = None,
) -> Amendment:
    """What would change before `horizon`, and for whom, if `new` came into force at `now`.

    `history` has every version so far, in the order in which they came into force. `questions` has the number of
    questions of each instrument.
    """
    old = history[-1].study
    rules = in_force([*history, VersionInForce(new, now)], questions)
    everybody = list(people)
    affected = []
    for participant in everybody:
        planned = plan(rules, participant.person, participant.timeline, now, horizon, participant.occasions)
        diff = replan(participant.occasions, planned, participant.planned_until)
        if not diff.empty:
            affected.append(Affected(participant.person.id, diff))
    return Amendment(
        old.version, new.version, changes(old, new), _study_wide(old, new), tuple(affected), len(everybody)
    )


def in_force(history: Sequence[VersionInForce], questions: Mapping[str, int] | None = None) -> Rules:
    """The rules that hold after these versions: those of the last version, each assessment by its own policy.

    `prospective`: an occasion that was past when its schedule came into force is not asked. `backlog`: the last of
    the past occasions is asked. `finish-old`: an anchor that was recorded earlier keeps the schedule that it began
    with, even if the new file has no such assessment.
    """
    study = history[-1].study
    names = dict.fromkeys(name for applied in reversed(history) for name in applied.study.assessments)
    entries = [entry for name in names for entry in _entries(name, history)]
    return replace(study.rules(questions), entries=tuple(entries))


def changes(old: Study, new: Study) -> tuple[AssessmentChange, ...]:
    """The assessments that a new version adds, removes or changes, each with its policy."""
    differing = []
    for name in dict.fromkeys([*old.assessments, *new.assessments]):
        before, after = old.assessments.get(name), new.assessments.get(name)
        if before is None and after is not None:
            differing.append(AssessmentChange(name, "added", after.amendment))
        elif before is not None and after is None:
            differing.append(AssessmentChange(name, "removed", before.amendment))
        elif before is not None and after is not None and before != after:
            differing.append(AssessmentChange(name, "changed", after.amendment, _differences(before, after)))
    return tuple(differing)


def _entries(name: str, history: Sequence[VersionInForce]) -> list[Entry]:
    """The entries of one assessment: its present schedule, and older schedules that older anchors still follow."""
    assessment = history[-1].study.assessments.get(name)
    began = len(history) - 1
    while began > 0 and _same_timing(assessment, history[began - 1].study.assessments.get(name)):
        began -= 1
    since, older = history[began].at, history[:began]
    if not older:
        return [] if assessment is None else [Entry(name, assessment)]
    if assessment is None:
        last = older[-1].study.assessments[name]
        return _finishing(_entries(name, older), since) if last.amendment == "finish-old" else []
    if assessment.amendment == "prospective":
        return [Entry(name, assessment, asks_from=since)]
    if assessment.amendment == "backlog":
        return [Entry(name, assessment, backlog_until=since)]
    return [*_finishing(_entries(name, older), since), Entry(name, assessment, anchored_from=since)]


def _finishing(entries: list[Entry], until: datetime) -> list[Entry]:
    return [replace(entry, anchored_until=min(until, entry.anchored_until or until)) for entry in entries]


def _same_timing(first: Assessment | None, second: Assessment | None) -> bool:
    if first is None or second is None:
        return first is second
    names = (name for name in Schedule.model_fields if name not in _NOT_TIMING)
    return all(getattr(first, name) == getattr(second, name) for name in names)


def _differences(before: Assessment, after: Assessment) -> tuple[str, ...]:
    old, new = (each.model_dump(mode="json", by_alias=True) for each in (before, after))
    return tuple(f"{key}: {_shown(old[key])} -> {_shown(new[key])}" for key in old if old[key] != new[key])


def _study_wide(old: Study, new: Study) -> tuple[str, ...]:
    before, after = (each.model_dump(mode="json", by_alias=True) for each in (old, new))
    return tuple(key for key in before if key not in ("assessments", "version") and before[key] != after[key])


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(each)}" for key, each in value.items() if each not in (None, [], {}))
    if isinstance(value, list):
        return "; ".join(_shown(each) for each in value) or "nothing"
    return str(value)
