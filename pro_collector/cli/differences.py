"""Prints the changes of a plan: one line for each occasion in order of time, and the totals."""

from collections.abc import Iterator
from datetime import datetime

from pro_collector.display.plan_change import PlanRow, rows
from scheduler.replan import Diff, DiffTotals


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
    for row in rows(diff, kept=kept):
        yield row.due_at, _line(row)


def _line(row: PlanRow) -> str:
    was = f"{row.was:%Y-%m-%d %H:%M} -> " if row.was else ""
    note = f" ({row.note})" if row.note else ""
    return f"{row.change:<9}  {was}{row.when:%Y-%m-%d %H:%M}  {row.what}{note}"
