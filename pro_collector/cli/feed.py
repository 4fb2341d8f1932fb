"""Commands about feeds: read treatment data from the system where it is recorded, and list the feeds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pro_collector.cli.app import app
from pro_collector.cli.confirm import confirmed
from pro_collector.cli.files import read_text
from pro_collector.cli.session import whoami, with_runtime

if TYPE_CHECKING:
    from pro_collector.commands.run_feed import Fetched
    from pro_collector.commands.take_feed import FedChange, FeedResult
    from pro_collector.runtime import Runtime

group = typer.Typer(help="Take treatment data from where it is recorded.", no_args_is_help=True)
app.add_typer(group, name="feed")


@group.command()
def run(
    file: Annotated[Path, typer.Argument(help="mapping file; docs/feeds.md")],
    whole: Annotated[bool, typer.Option("--whole", help="read everything, not only what changed")] = False,
    occasions: Annotated[bool, typer.Option("--occasions", help="also show each occasion that changes")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change; change nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="also end participation, also if much is gone")] = False,
) -> None:
    """Read a feed: what changed in its source since the last reading is recorded, and the plans follow.

    Whoever has an event that ends participation is paused until somebody confirms it with --yes.
    """
    from pro_collector.cli.timeline_import import counted, shown
    from pro_collector.commands.run_feed import fetch, take_fetched
    from pro_collector.commands.take_feed import preview_feed, study_of_feed
    from pro_collector.domain.feed.mapping import check_mapping, load_mapping

    text = read_text(file)
    mapping = load_mapping(text, str(file))

    async def work(rt: "Runtime") -> str:
        async with rt.database.transaction() as tx:
            check_mapping(text, str(file), await study_of_feed(tx, rt, mapping.study))
        fetched = await fetch(rt, mapping, by=whoami(), whole=whole)
        seen = await preview_feed(rt, fetched.feed, fetched.records)
        for line in shown(seen, occasions=occasions):
            print(line)
        if dry_run:
            return "nothing was changed (--dry-run)"
        if not yes and not _trusted(fetched):
            return ""
        ended = [] if yes else _ended(seen)
        return f"recorded: {counted((await take_fetched(rt, fetched, ended)).counts) or 'nothing new'}"

    if told := with_runtime(work):
        print(told)


def _ended(seen: "FeedResult") -> "list[FedChange]":
    """The changes that end participation; their codes are said on standard error."""
    ended = [change for change in seen.changes if change.ends]
    if ended:
        codes = ", ".join(sorted(change.code for change in ended))
        typer.echo(f"paused until confirmed with --yes, because participation ends: {codes}", err=True)
    return ended


def _trusted(fetched: "Fetched") -> bool:
    """Whether a reading may be taken: if many records are gone, somebody must have looked."""
    what = "many records are gone from the source, or its token does not see them any more"
    return not fetched.doubtful or confirmed(f"{what}. Retract them?", what)


@group.command("list")
def list_all() -> None:
    """List the feeds: when each was last read without failure, up to which time of its source, and what it changed."""
    from pro_collector.postgres.tables import feeds

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            for last in await feeds.last_runs(tx):
                until = f", up to {last.read_until:%Y-%m-%d %H:%M} UTC of its clock" if last.read_until else ""
                counts = ", ".join(f"{n} {what}" for what, n in sorted(last.counts.items())) or "nothing new"
                print(f"{last.study}  {last.feed}  read {last.ended_at:%Y-%m-%d %H:%M} UTC{until}: {counts}")

    with_runtime(work)
