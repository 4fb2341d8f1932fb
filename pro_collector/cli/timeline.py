"""Commands about treatment: record, correct and retract events; each shows the changes of the plan."""

from datetime import date, datetime, time
from functools import partial
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from pro_collector.cli.app import app
from pro_collector.cli.confirm import confirmed
from pro_collector.cli.differences import show
from pro_collector.cli.participant import Study, Yes, day
from pro_collector.cli.session import whoami, with_runtime
from pro_collector.errors import BadInput, Problem

if TYPE_CHECKING:
    from pro_collector.commands.record_treatment import TreatmentChange
    from pro_collector.runtime import Runtime

    class Record(Protocol):
        """Records an event, or only shows what recording it would change."""

        async def __call__(self, *, dry_run: bool = False) -> TreatmentChange: ...


group = typer.Typer(help="Record events of a treatment; the plan is updated.", no_args_is_help=True)
app.add_typer(group, name="timeline")

Reason = Annotated[str, typer.Option(help="why, for the record")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="show the changes of the plan; change nothing")]


@group.command()
def add(
    code: str, event: str, on: str, reason: Reason = "", study: Study = None, dry_run: DryRun = False, yes: Yes = False
) -> None:
    """Record that EVENT happened to participant CODE on the day ON (YYYY-MM-DD, or YYYY-MM-DDTHH:MM of local time).

    An event that ends participation, or lies more than a year ahead, is shown first and must be confirmed.
    """
    from pro_collector.commands.record_treatment import record_event

    async def work(rt: "Runtime") -> "TreatmentChange | None":
        day, clock = _moment(on)
        record = partial(record_event, rt, code, event, day, by=whoami(), study=study, reason=reason, at=clock)
        return await _confirmed(record, code, dry_run=dry_run, yes=yes)

    change = with_runtime(work)
    if change is not None:
        _show(change, code, dry_run=dry_run)


@group.command()
def correct(
    code: str,
    event: str,
    was: str,
    on: Annotated[str, typer.Option(help="the right day, YYYY-MM-DD; or day and local time, YYYY-MM-DDTHH:MM")],
    reason: Reason = "",
    study: Study = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Correct the day of an EVENT recorded on WAS, or its time. The record keeps the earlier ones too."""
    _correct(code, event, was, _moment(on), reason, study, dry_run, yes)


@group.command()
def retract(code: str, event: str, was: str, reason: Reason = "", study: Study = None, dry_run: DryRun = False) -> None:
    """Retract an EVENT recorded on WAS, which did not happen. To undo that, add it again."""
    _correct(code, event, was, (None, None), reason, study, dry_run)


def _correct(
    code: str,
    event: str,
    was: str,
    right: tuple[date | None, time | None],
    reason: str,
    study: str | None,
    dry_run: bool,
    yes: bool = True,
) -> None:
    from pro_collector.commands.record_treatment import correct as correct_event

    async def work(rt: "Runtime") -> "TreatmentChange | None":
        on, at = right
        change = partial(correct_event, rt, code, event, _day(was), on, at=at)
        record = partial(change, by=whoami(), study=study, reason=reason)
        return await _confirmed(record, code, dry_run=dry_run, yes=yes)

    change = with_runtime(work)
    if change is not None:
        _show(change, code, dry_run=dry_run)


def _show(change: "TreatmentChange", code: str, *, dry_run: bool) -> None:
    """Print the changes of the plan, and what was asked for the day that was corrected."""
    show(change.diff, dry_run=dry_run)
    for each in change.displaced:
        print(f"asked already, and kept: {each.assessment} {each.point} {each.reporter} of {each.due_local:%Y-%m-%d}")
    if change.displaced:
        print(f"to keep one as unscheduled and ask it on the right day: pro-collector ask apart {code} CHECK_IN")


async def _confirmed(record: "Record", code: str, *, dry_run: bool, yes: bool) -> "TreatmentChange | None":
    """Record an event and return the changes; None if its consequences or its date are not confirmed."""
    seen = await record(dry_run=True)
    if dry_run:
        return seen
    if not yes and (seen.ends or seen.doubt):
        show(seen.diff, dry_run=False, asks=True)
    if seen.doubt and not yes and not confirmed(f"{seen.doubt}. Is that right?", seen.doubt):
        return None
    what = f"{code} {seen.row.kind}, and gets no more questions"
    if seen.ends and not yes and not confirmed(f"{what}. To record it, type {code}", what, word=code):
        return None
    return await record()


@group.command("show")
def show_history(code: str, study: Study = None) -> None:
    """List every record of a participant's treatment, in the order of recording."""
    from pro_collector.commands.record_treatment import find_participant
    from pro_collector.postgres.tables import timelines

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            person = await find_participant(tx, code, study)
            for row in (await timelines.history(tx, [person.id]))[person.id]:
                now = "retracted" if row.retracted else "superseded" if row.superseded_at else "believed"
                said = f"said {row.recorded_at:%Y-%m-%d %H:%M} by {row.recorded_by}"
                on = f"{row.happened_on}{f' {row.happened_time:%H:%M}' if row.happened_time else ''}"
                print(f"{on:<10}  {row.kind:<18} {now:<11} {said}{f': {row.reason}' if row.reason else ''}")

    with_runtime(work)


def _moment(text: str) -> tuple[date, time | None]:
    """A day, and the local time of day if it is there."""
    try:
        read = datetime.fromisoformat(text)  # a wall time
    except ValueError:
        return _day(text), None
    if read.tzinfo is not None:
        raise BadInput([Problem("", None, "on", "expected the local time of the participant, without a zone")])
    return read.date(), read.time() if len(text) > len("YYYY-MM-DD") else None


def _day(text: str) -> date:
    parsed = day(text)
    if parsed is None:
        raise BadInput([Problem("", None, "on", "expected a date as YYYY-MM-DD")])
    return parsed
