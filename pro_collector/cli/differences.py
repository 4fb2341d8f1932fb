"""Prints the changes of a plan: one line for each occasion in order of time, and the totals."""

from collections.abc import Iterator
from datetime import datetime

from scheduler.occasion import Occasion
from scheduler.replan import Diff, DiffTotals, Moved


def show(diff: Diff, *, dry_run: bool, asks: bool = False) -> None:
    """Print a difference and its totals; a dry run also prints what stays. `asks`: it is not confirmed yet."""
    for _, line in sorted(lines(diff, kept=dry_run)):
        print(line)
    done = "not recorded yet" if asks else "nothing was changed (--dry-run)" if dry_run else "recorded"
    print(f"{totals(diff.totals)}: {done}")


def totals(totals: DiffTotals) -> str:
    """The numbers of moved, added, cancelled and kept occasions, and of renamed ones if there are any."""
    counts = f"{totals.moved} moved, {totals.added} added, {totals.cancelled} cancelled, {totals.kept} kept"
    counts += f", {totals.renamed} renamed" if totals.renamed else ""
    return counts + (f" (and {totals.extended} later, as the plan now reaches further)" if totals.extended else "")


def lines(diff: Diff, *, kept: bool) -> Iterator[tuple[datetime, str]]:
    """One line for each occasion, with the instant to sort by."""
    for added in diff.added:
        why = f" ({added.state}: {added.reason})" if added.state != "planned" else _moved_by(added)
        yield added.due_at, f"added      {_when(added)}  {_what(added)}{why}"
    for moved in diff.moved:
        yield moved.after.due_at, _moved(moved)
    for dropped in diff.cancelled:
        yield dropped.due_at, f"cancelled  {_when(dropped)}  {_what(dropped)} ({dropped.state}: {dropped.reason})"
    for stopped in diff.stopped:
        yield stopped.due_at, f"cancelled  {_when(stopped)}  {_what(stopped)} (was {stopped.state})"
    for same in diff.kept if kept else ():
        yield same.due_at, f"kept       {_when(same)}  {_what(same)} ({same.state})"


def _moved(moved: Moved) -> str:
    before, after = moved.before, moved.after
    if not moved.in_time:
        return f"renamed    {_when(after)}  {_what(after)} ({_labels(before, after)})"
    if before.due_at == after.due_at:
        return f"moved      {_when(after)}  {_what(after)} (its reminders or its window)"
    return f"moved      {_when(before)} -> {_when(after)}  {_what(after)}{_moved_by(after)}"


def _labels(before: Occasion, after: Occasion) -> str:
    """What changes though no time does: the number of the event, the number after it, or something else."""
    numbers = [(after.anchor, before.anchor_n, after.anchor_n), ("number", before.n, after.n)]
    changed = [f"{what} {was} -> {now}" for what, was, now in numbers if was != now]
    return ", ".join(changed) or "its date of origin, its instruments or its priority"


def _when(occasion: Occasion) -> str:
    return f"{occasion.due_local:%Y-%m-%d %H:%M}"


def _what(occasion: Occasion) -> str:
    return f"{occasion.assessment} {occasion.point} {occasion.reporter}"


def _moved_by(occasion: Occasion) -> str:
    return f" (moved by {occasion.moved_by})" if occasion.moved_by else ""
