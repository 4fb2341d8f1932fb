"""Commands about participants: import, list, and the states of their lives."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.files import read_text
from pro_collector.cli.session import as_json, whoami, with_runtime
from pro_collector.errors import BadInput, NotFound, Problem

if TYPE_CHECKING:
    from pro_collector.runtime import Runtime


group = typer.Typer(help="Enrol participants and follow their lives.", no_args_is_help=True)
app.add_typer(group, name="participant")

LISTED = ("study", "code", "site", "arm", "zone", "language", "enrolled_on")
Study = Annotated[str | None, typer.Option(help="the study, when the code is in several")]


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV with a header; see docs/enrolment.md for the columns")],
    study: Annotated[str | None, typer.Option(help="the study; needed when several are applied")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="import the good rows of a file with bad ones")] = False,
) -> None:
    """Enrol the people of a CSV file: all of them, or none when a row has a mistake."""
    from pro_collector.commands.enrol import enrol, read_csv
    from pro_collector.postgres import studies

    text = read_text(file)

    async def work(rt: "Runtime") -> tuple[int, list[Problem]]:
        async with rt.database.transaction() as tx:
            id = study or await _only_study(await studies.every(tx))
            current = await studies.current(tx, id)
            if current is None:
                raise NotFound(f"no study {id!r} is applied here; apply one with: pro-collector study apply FILE")
            force = await rt.studies.get(tx, id, current["version"])
        people, problems = read_csv(text, str(file), force.study)
        if problems and not skip_bad:
            raise BadInput(problems)
        return len(await enrol(rt, id, people, file=str(file))), problems

    enrolled, problems = with_runtime(work)
    for problem in problems:
        typer.echo(f"left out: {problem}", err=True)
    print(f"enrolled {enrolled}" + (f", left out {len({p.line for p in problems})} rows" if problems else ""))


@group.command("list")
def list_all(study: Study = None) -> None:
    """Everyone enrolled, one JSON object a line; no names, no addresses."""
    from pro_collector.postgres import participants, studies

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            for one in await studies.every(tx):
                if study in (None, one["id"]):
                    for row in await participants.of_study(tx, one["id"]):
                        print(as_json({column: getattr(row, column) for column in LISTED}))

    with_runtime(work)


@group.command()
def state(
    code: str,
    kind: Annotated[str, typer.Argument(help="paused, hospital, holiday, stopped_texting, moved, withdrew or died")],
    since: Annotated[str, typer.Option(help="first day, YYYY-MM-DD; default today")] = "",
    until: Annotated[str, typer.Option(help="the day it ends (that day is asked again); open when not given")] = "",
    zone: Annotated[str, typer.Option(help="the new time zone, with `moved`")] = "",
    reason: Annotated[str, typer.Option(help="why, for the record")] = "",
    study: Study = None,
) -> None:
    """Record a state of someone's life (paused, in hospital, away, moved, withdrew, died); plans follow at once."""
    from pro_collector.commands.tell_state import tell_state

    async def work(rt: "Runtime") -> str:
        today = rt.clock.now().date()
        return await tell_state(
            rt, code, kind, day(since) or today, day(until), zone=zone, reason=reason, by=whoami(), study=study
        )

    print(with_runtime(work))


def day(text: str) -> date | None:
    """A date from the command line."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput([Problem("", None, text, "expected a date as YYYY-MM-DD")]) from None


async def _only_study(applied: list[dict[str, object]]) -> str:
    if len(applied) == 1:
        return str(applied[0]["id"])
    if not applied:
        raise NotFound("no study is applied here; apply one with: pro-collector study apply FILE")
    raise BadInput([Problem("", None, "--study", f"say which: {', '.join(str(one['id']) for one in applied)}")])
