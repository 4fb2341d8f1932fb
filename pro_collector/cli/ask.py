"""Commands with which the team has somebody asked: now, once more, later, on the telephone, or at the hospital."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.participant import Study
from pro_collector.cli.session import whoami, with_runtime
from pro_collector.errors import BadInput, Problem

if TYPE_CHECKING:
    from pro_collector.commands.ask_by_hand import AskedByHand

group = typer.Typer(
    help="Have a participant asked now, again, later, on the telephone or in clinic.", no_args_is_help=True
)
app.add_typer(group, name="ask")

CheckIn = Annotated[
    str, typer.Argument(help="the beginning of a check-in's id, or an assessment with one that is open")
]

EarlyCheckIn = Annotated[
    str, typer.Argument(help="the beginning of a check-in's id, or an assessment with one whose window has opened")
]


@group.command()
def now(
    code: str,
    check_in: EarlyCheckIn = "",
    reporter: Annotated[str, typer.Option(help="whom to ask for the report: self (default) or proxy")] = "",
    study: Study = None,
) -> None:
    """Ask a planned check-in before it is due, if its window has opened; without CHECK_IN: how they are now.

    For the latter they get the report that the study offers, outside of the schedule.
    """
    from pro_collector.commands.ask_by_hand import ask_early, ask_now
    from pro_collector.commands.write_to import read_reporter

    who = read_reporter(reporter or None)
    if check_in and who:
        raise BadInput([Problem("", None, "--reporter", "a check-in has its reporter; only the report takes one")])
    if check_in:
        _print(with_runtime(partial(ask_early, code=code, check_in=check_in, by=whoami(), study=study)))
    else:
        _print(with_runtime(partial(ask_now, code=code, reporter=who or "self", by=whoami(), study=study)))


@group.command()
def again(code: str, check_in: CheckIn, study: Study = None) -> None:
    """Send the waiting question, or the link, of an open check-in again."""
    from pro_collector.commands.ask_by_hand import ask_again

    _print(with_runtime(partial(ask_again, code=code, check_in=check_in, by=whoami(), study=study)))


@group.command()
def later(
    code: str,
    check_in: CheckIn,
    until: Annotated[str, typer.Option(help="when it is asked again, where they live: YYYY-MM-DD HH:MM")],
    study: Study = None,
) -> None:
    """Put an open check-in off: nothing about it is sent before that time, and one reminder then."""
    from pro_collector.commands.ask_by_hand import put_off_check_in

    work = partial(put_off_check_in, code=code, check_in=check_in, until=_moment(until), by=whoami(), study=study)
    _print(with_runtime(work))


@group.command()
def call(code: str, check_in: CheckIn, study: Study = None) -> None:
    """Print the address of the form into which you enter the answers that they give on the telephone."""
    from pro_collector.commands.ask_by_hand import open_interview

    print(with_runtime(partial(open_interview, code=code, check_in=check_in, by=whoami(), study=study)))


@group.command("in-clinic")
def in_clinic(code: str, check_in: EarlyCheckIn = "", study: Study = None) -> None:
    """Open a check-in on a device at the hospital: its address, also as a QR code. Nothing is sent; answers are marked.

    CHECK_IN is needed if several can be answered now.
    """
    import segno

    from pro_collector.commands.ask_by_hand import ask_in_clinic

    work = partial(ask_in_clinic, code=code, check_in=check_in or None, by=whoami(), study=study)
    opened = with_runtime(work)
    print(f"{opened.assessment} ({opened.reporter}), for a device at the hospital: {opened.url}")
    segno.make(opened.url).terminal(compact=True)


@group.command()
def unscheduled(
    code: str,
    assessment: Annotated[str, typer.Argument(help="an assessment of the study")],
    reason: Annotated[str, typer.Option(help="why it is asked outside of the schedule, for the record")],
    reporter: Annotated[str, typer.Option(help="whom to ask: self (default) or proxy")] = "",
    in_clinic: Annotated[bool, typer.Option("--in-clinic", help="send nothing; print the address of the form")] = False,
    over_budget: Annotated[bool, typer.Option("--over-budget", help="even if the burden budget has no room")] = False,
    study: Study = None,
) -> None:
    """Ask an assessment now that has no planned check-in. What is planned stays as it is.

    Data for researchers mark it as unscheduled.
    """
    from pro_collector.commands.ask_unscheduled import ask_unscheduled
    from pro_collector.commands.write_to import read_reporter

    work = partial(
        ask_unscheduled, code=code, assessment=assessment, reporter=read_reporter(reporter or None) or "self",
        reason=reason, by=whoami(), study=study, at_hospital=in_clinic, over_budget=over_budget,
    )  # fmt: skip
    asked = with_runtime(work)
    print(f"{assessment} ({str(asked.occasion_id)[:8]}) is {f'open: {asked.url}' if asked.url else 'asked now'}")


@group.command()
def apart(
    code: str,
    check_in: Annotated[
        str, typer.Argument(help="the beginning of a check-in's id, or an assessment that was asked before its day")
    ],
    reason: Annotated[str, typer.Option(help="why, for the record")],
    study: Study = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the changes of the plan; change nothing")] = False,
) -> None:
    """Keep what went out before a delayed day as unscheduled, and ask it again on the right day.

    For a check-in whose event was corrected to a later day. Without this, its answers stay those of that time point.
    """
    from pro_collector.cli.differences import show
    from pro_collector.commands.set_apart import set_apart

    work = partial(
        set_apart, code=code, check_in=check_in, reason=reason, by=whoami(), study=study, dry_run=dry_run
    )  # fmt: skip
    done = with_runtime(work)
    show(done.diff, dry_run=dry_run)


@group.command("release")
def release_one(
    code: str,
    check_in: Annotated[str, typer.Argument(help="the assessment, or the beginning of the id of its occasion")],
    decline_it: Annotated[bool, typer.Option("--decline", help="decide that they are not asked")] = False,
    reason: Annotated[str, typer.Option(help="with --decline: why, for the record; no names")] = "",
    study: Study = None,
) -> None:
    """Have somebody asked because participation ended, which waits for the team; or decide that they are not asked."""
    from pro_collector.commands.release import decline, release

    if decline_it:
        row = with_runtime(partial(decline, code=code, check_in=check_in, by=whoami(), reason=reason, study=study))
        print(f"{row.assessment} ({str(row.id)[:8]}) is not asked")
        return
    row = with_runtime(partial(release, code=code, check_in=check_in, by=whoami(), study=study))
    print(f"{row.assessment} ({str(row.id)[:8]}) is released: the {row.reporter} is asked, outside of quiet hours")


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007  # a wall time, without a zone
    except ValueError:
        raise BadInput([Problem("", None, "--until", "expected a time as YYYY-MM-DD HH:MM")]) from None


def _print(asked: "AskedByHand") -> None:
    when = f"{asked.at.astimezone(asked.zone):%Y-%m-%d %H:%M %Z}" if asked.waits else "now"
    print(f"{asked.assessment} ({str(asked.occasion_id)[:8]}) is asked {when}")
