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
    from pro_collector.postgres.tables.applied_feeds import AppliedFeed
    from pro_collector.postgres.tables.feeds import FeedRun
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

    Whoever has an event that ends participation is paused until somebody confirms it with --yes. `feed apply` has the
    worker read it by itself.
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


@group.command()
def apply(file: Annotated[Path, typer.Argument(help="mapping file with a `schedule`; docs/feeds.md")]) -> None:
    """Have the worker read a feed by itself, now and then as often as its file says.

    The worker needs the variables with the secrets that the file names.
    """
    from pro_collector.commands.apply_feed import apply_feed

    text = read_text(file)
    fed = with_runtime(lambda rt: apply_feed(rt, text, str(file), whoami()))
    print(f"applied: the worker reads {fed.name} of {fed.study} every {fed.every_minutes} minutes")


@group.command()
def stop(
    name: Annotated[str, typer.Argument(help="the name of the feed")],
    study: Annotated[str | None, typer.Option(help="the study; required if several have this feed")] = None,
) -> None:
    """Read a feed no more by itself; what it recorded stays. `feed apply` begins again."""
    from pro_collector.commands.apply_feed import stop_feed

    fed = with_runtime(lambda rt: stop_feed(rt, study, name))
    print(f"stopped: {fed.name} of {fed.study} is read only when somebody asks")


@group.command()
def address(
    name: Annotated[str, typer.Argument(help="the name of the feed")],
    study: Annotated[str | None, typer.Option(help="the study; required if several have this feed")] = None,
) -> None:
    """Print the secret address at which a source says that something changed, so that the feed is read soon.

    For a subscription of a FHIR server (empty payload), or REDCap's data entry trigger.
    """
    from pro_collector.commands.apply_feed import hint_address

    print(with_runtime(lambda rt: hint_address(rt, study, name)))


@group.command("list")
def list_all() -> None:
    """List the feeds: when each was last read without failure, what it changed, and when it is read next."""
    from pro_collector.postgres.tables import applied_feeds, feeds

    async def work(rt: "Runtime") -> None:
        async with rt.database.transaction() as tx:
            applied = {(each.study, each.name): each for each in await applied_feeds.of_study(tx)}
            read = {(each.study, each.feed): each for each in await feeds.last_runs(tx)}
        for key in sorted({*applied, *read}):
            last, fed = read.get(key), applied.get(key)
            print("  ".join([*key, _last(last)]) + (f"; {_next(fed)}" if fed else ""))

    with_runtime(work)


def _last(run: "FeedRun | None") -> str:
    """When a feed was last read, up to which time of its source, and what it changed."""
    if run is None:
        return "not read yet"
    until = f", up to {run.read_until:%Y-%m-%d %H:%M} UTC of its clock" if run.read_until else ""
    counts = ", ".join(f"{n} {what}" for what, n in sorted(run.counts.items())) or "nothing new"
    return f"read {run.ended_at:%Y-%m-%d %H:%M} UTC{until}: {counts}"


def _next(fed: "AppliedFeed") -> str:
    return f"next {fed.due_at:%Y-%m-%d %H:%M} UTC" if fed.due_at else "stopped"
