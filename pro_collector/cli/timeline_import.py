"""The command that records a file of treatment events; it first shows what would change."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.confirm import confirmed
from pro_collector.cli.differences import lines, totals
from pro_collector.cli.files import read_text
from pro_collector.cli.participant import Yes
from pro_collector.cli.session import whoami, with_runtime
from pro_collector.cli.timeline import group as timeline
from pro_collector.errors import BadInput, NotFound, Problem

if TYPE_CHECKING:
    from pro_collector.commands.take_feed import FedChange, Feed, FeedResult
    from pro_collector.domain.feed.csv_file import ReadRows
    from pro_collector.domain.feed.record import TreatmentRecord
    from pro_collector.runtime import Runtime


@timeline.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV with a header; docs/feeds.md lists the columns")],
    study: Annotated[str | None, typer.Option(help="the study; required if several are applied")] = None,
    feed: Annotated[str, typer.Option(help="the name of the source: a correction there is a correction here")] = "file",
    whole: Annotated[bool, typer.Option("--whole", help="the file has all events of this source: what it does not "
                                                        "have any more is retracted")] = False,
    every_line: Annotated[bool, typer.Option("--occasions", help="also show each occasion that changes")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change; change nothing")] = False,
    yes: Yes = False,
) -> None:  # fmt: skip
    """Record the treatment events of a CSV file: all of them, or none if a row has a mistake.

    It first shows what changes for whom, and asks for confirmation. Importing a file twice changes nothing.
    """
    from pro_collector.commands.take_feed import preview_feed, take_feed

    text = read_text(file)

    async def work(rt: "Runtime") -> str:
        chosen, records = await _read(rt, text, file, study, feed, whole=whole)
        seen = await preview_feed(rt, chosen, records)
        for line in shown(seen, occasions=every_line):
            print(line)
        if dry_run:
            return "nothing was changed (--dry-run)"
        if seen.changes and not yes and not _agreed(seen):
            return ""
        return f"recorded: {counted((await take_feed(rt, chosen, records)).counts)}"

    if told := with_runtime(work):
        print(told)


async def _read(
    rt: "Runtime", text: str, file: Path, study: str | None, feed: str, *, whole: bool
) -> "tuple[Feed, list[TreatmentRecord]]":
    """The feed and the records of a file. Raises NotFound, and BadInput with every mistake and its line."""
    from pro_collector.commands.take_feed import Feed, missing, preview_feed, study_of_feed
    from pro_collector.domain.feed.csv_file import read_treatment_csv
    from pro_collector.postgres.tables import studies

    async with rt.database.transaction() as tx:
        id = study or _only([row.id for row in await studies.all_in_force(tx)])
        repeating = (await study_of_feed(tx, rt, id)).repeating
    now = rt.clock.now()
    rows = read_treatment_csv(text, str(file), study=id, feed=feed, repeating=repeating, now=now)
    chosen = Feed(id, feed, whoami())
    refused = _refused(rows, await preview_feed(rt, chosen, rows.records), str(file))
    if problems := sorted([*rows.problems, *refused], key=lambda each: each.line or 0):
        raise BadInput(problems)
    return chosen, rows.records + (await missing(rt, chosen, rows.records, now) if whole else [])


def _only(studies: Sequence[str]) -> str:
    if len(studies) != 1:
        known = f"say --study; there are: {', '.join(studies)}" if studies else "no study is applied here"
        raise NotFound(known)
    return studies[0]


def _refused(rows: "ReadRows", seen: "FeedResult", file: str) -> list[Problem]:
    """The lines that cannot be taken: of somebody who is not in the study, or with an impossible event or date."""
    columns = {"unknown": "code", "unreadable": ""}
    return [
        Problem(file, line, columns[step.what], f"{step.record.code}: {step.why}")
        for line, step in zip(rows.lines, seen.steps, strict=True)
        if step.what in columns
    ]


def shown(seen: "FeedResult", *, occasions: bool) -> Iterator[str]:
    """What a batch changes, person by person, and what a person must decide."""
    for change in sorted(seen.changes, key=lambda each: each.code):
        yield change.code
        yield from _events(change)
        yield from (f"    {line}" for _, line in sorted(lines(change.diff, kept=False)) if occasions)
        yield f"    occasions: {totals(change.diff.totals)}"
    for step in seen.steps:
        if step.what == "conflict":
            said = "was deleted" if step.record.deleted else f"on {step.record.on}"
            yield f"conflict   {step.record.code}  {step.record.kind} {said}; here: {step.why}"
    yield counted(seen.counts) or "the file has no events"


def _events(change: "FedChange") -> Iterator[str]:
    for said in change.statements:
        if said.retracted:
            yield f"  retract  {said.kind} {said.on}"
        elif said.was:
            yield f"  correct  {said.kind} {said.was} -> {said.on}"
        else:
            yield f"  add      {said.kind} {said.on}{', which ends participation' if said.kind == change.ends else ''}"


def _agreed(seen: "FeedResult") -> bool:
    """Whether the user agrees; who would get no more questions is to be confirmed by their number."""
    ended = sorted(change.code for change in seen.changes if change.ends)
    if not ended:
        return confirmed("Record them?", "events would be recorded")
    what = f"no more questions for {len(ended)}: {', '.join(ended)}"
    return confirmed(f"{what}. To record all of it, type {len(ended)}", what, word=str(len(ended)))


def counted(counts: "dict[str, int]") -> str:
    """How many records were added, corrected, ..., as a text; empty if there are none."""
    names = {"add": "added", "correct": "corrected", "retract": "retracted", "conflict": "in conflict"}
    return ", ".join(f"{n} {names.get(what, what)}" for what, n in sorted(counts.items()))
