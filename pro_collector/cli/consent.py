"""`participant consent`: what each reporter agreed to, and that somebody does not agree any more."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pro_collector.cli.differences import show
from pro_collector.cli.participant import Study, day, group
from pro_collector.cli.session import whoami, with_runtime

if TYPE_CHECKING:
    from pro_collector.postgres.tables.consents import ConsentRow


@group.command()
def consent(
    code: str,
    reporter: Annotated[str | None, typer.Argument(help="who agreed: self, proxy or caregiver; without it, all are "
                                                         "listed")]
    = None,
    covers: Annotated[str, typer.Option("--for", help="participation; exit: after leaving; bereavement: after a death")]
    = "participation",
    on: Annotated[str, typer.Option(help="the day, YYYY-MM-DD; default: today, where the patient lives")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="they do not agree any more: nothing more is asked")]
    = False,
    exclude_data: Annotated[bool, typer.Option("--exclude-data", help="with --withdraw: exports leave out all their "
                                                                      "answers from now on")] = False,
    reason: Annotated[str, typer.Option(help="why, for the record; no names")] = "",
    study: Study = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change; change nothing")] = False,
) -> None:  # fmt: skip
    """Record the consent of a reporter, or its withdrawal; the plan follows. Without a reporter, list all consents."""
    from pro_collector.commands.record_consent import give_consent, list_consents, read_covers, withdraw_consent
    from pro_collector.commands.write_to import read_reporter
    from pro_collector.errors import BadInput, Problem

    if reporter is None:
        for line in _lines(with_runtime(partial(list_consents, code=code, study=study))):
            print(line)
        return
    if exclude_data and not withdraw:
        raise BadInput([Problem("", None, "--exclude-data", "goes with --withdraw")])
    tell: Any = partial(withdraw_consent, exclude_data=exclude_data) if withdraw else give_consent
    whose, what = read_reporter(reporter) or "self", read_covers(covers)
    work = partial(
        tell, code=code, reporter=whose, covers=what, on=day(on), by=whoami(), reason=reason, study=study,
        dry_run=dry_run,
    )  # fmt: skip
    show(with_runtime(work), dry_run=dry_run)


def _lines(rows: "Sequence[ConsentRow]") -> list[str]:
    """Each consent as a line: whose, for what, from when until when, and who recorded it."""
    return [
        f"{row.reporter}  {row.covers}  from {row.given_on}, recorded by {row.recorded_by}"
        + (f"; withdrawn on {row.withdrawn_on}, recorded by {row.withdrawal_recorded_by}" if row.withdrawn_on else "")
        + ("; exports leave out the answers" if row.excludes_data else "")
        for row in rows
    ]
