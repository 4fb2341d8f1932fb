"""The changes of a plan as rows for a table or a terminal, in order of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scheduler.occasion import Occasion
from scheduler.replan import Diff, Moved

Change = Literal["added", "moved", "renamed", "cancelled", "kept"]


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One occasion that a plan changes or keeps; times are wall times where the participant lives.

    `was`: the time before, if it moves; `note`: why, or what else changes; `due_at` is for sorting.
    """

    change: Change
    when: datetime
    what: str
    note: str
    due_at: datetime
    was: datetime | None = None


def rows(diff: Diff, *, kept: bool) -> Iterator[PlanRow]:
    """One row for each occasion: those that change, then those that stay if `kept`."""
    for added in diff.added:
        why = f"{added.state}: {added.reason}" if added.state != "planned" else _moved_by(added)
        yield _row("added", added, why)
    for moved in diff.moved:
        yield _moved(moved)
    for dropped in diff.cancelled:
        yield _row("cancelled", dropped, f"{dropped.state}: {dropped.reason}")
    for stopped in diff.stopped:
        yield _row("cancelled", stopped, f"was {stopped.state}")
    for same in diff.kept if kept else ():
        yield _row("kept", same, same.state)


def _moved(moved: Moved) -> PlanRow:
    before, after = moved.before, moved.after
    if not moved.in_time:
        return _row("renamed", after, _labels(before, after))
    if before.due_at == after.due_at:
        return _row("moved", after, "its reminders or its window")
    return _row("moved", after, _moved_by(after), before.due_local)


def _row(change: Change, occasion: Occasion, note: str, was: datetime | None = None) -> PlanRow:
    what = f"{occasion.assessment} {occasion.point} {occasion.reporter}"
    return PlanRow(change, occasion.due_local, what, note, occasion.due_at, was)


def _labels(before: Occasion, after: Occasion) -> str:
    """What changes though no time does: the number of the event, the number after it, or something else."""
    numbers = [(after.anchor, before.anchor_n, after.anchor_n), ("number", before.n, after.n)]
    changed = [f"{what} {was} -> {now}" for what, was, now in numbers if was != now]
    return ", ".join(changed) or "its date of origin, its instruments or its priority"


def _moved_by(occasion: Occasion) -> str:
    return f"moved by {occasion.moved_by}" if occasion.moved_by else ""
