"""Have a feed read by itself, stop that, or ask for a look or a reading now."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pro_collector.commands.take_feed import study_of_feed
from pro_collector.domain.feed.mapping import check_mapping, load_mapping
from pro_collector.domain.near import did_you_mean
from pro_collector.errors import BadInput, Conflict, NotFound, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import feed_age
from pro_collector.postgres.questions.feed_age import FeedAge
from pro_collector.postgres.tables import applied_feeds, feeds
from pro_collector.postgres.tables.applied_feeds import AppliedFeed
from pro_collector.postgres.tables.feeds import RunKind
from pro_collector.runtime import Runtime

HINT_PATH = "/webhooks/feeds"
HINT_WAITS = timedelta(minutes=1)
"""So long after a hint the feed is read: sources hint once for each form, and may show a change late."""


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """What somebody asks of a feed: a look that takes nothing, or a reading; `whole`: of everything.

    `confirmed`: the look whose ends of participation and deletions they have seen and want recorded.
    """

    what: RunKind
    whole: bool = False
    confirmed: UUID | None = None


async def apply_feed(rt: Runtime, text: str, file: str, by: str) -> AppliedFeed:
    """Put a mapping file in force: the feed is read at once, and then by its schedule. Raises BadInput, NotFound."""
    mapping, now = load_mapping(text, file), rt.clock.now()
    if mapping.schedule is None:
        advice = "say how often the feed is read: schedule: {every_minutes: 30}"
        raise BadInput([Problem(file, None, "schedule", advice)])
    feed = AppliedFeed(
        mapping.study, mapping.feed, text, now, by, mapping.schedule.every_minutes,
        mapping.schedule.silent_after_hours * 60, now, running=False, asked=None, asked_by=None, asked_whole=False,
        asked_run=None,
    )  # fmt: skip
    async with rt.database.transaction() as tx:
        check_mapping(text, file, await study_of_feed(tx, rt, mapping.study))
        await applied_feeds.put(tx, feed)
    return feed


async def stop_feed(rt: Runtime, study: str | None, name: str) -> AppliedFeed:
    """Read a feed no more by itself. Raises NotFound, or Conflict when several studies have a feed of this name."""
    async with rt.database.transaction() as tx:
        feed = await find_feed(tx, study, name)
        await applied_feeds.stop(tx, feed.study, feed.name)
    return feed


async def ask_feed(rt: Runtime, study: str, name: str, asked: FeedRequest, *, by: str) -> None:
    """Ask for a look or a reading as soon as possible. Raises NotFound; Conflict if somebody has asked already.

    Raises Conflict too if what is confirmed was not shown in the newest look.
    """
    async with rt.database.transaction() as tx:
        feed = await find_feed(tx, study, name)
        if asked.confirmed is not None:
            shown = await feeds.last_look(tx, study, name)
            if asked.what != "read" or shown is None or shown.id != asked.confirmed:
                raise Conflict("this is not what was shown last: look again")
        if not await applied_feeds.ask(
            tx, study, name, asked.what, by, whole=asked.whole, run=asked.confirmed
        ):  # fmt: skip
            raise Conflict(f"{feed.asked_by or 'somebody'} has asked for this feed; it is read in a moment")


def hint_secret(rt: Runtime, study: str, name: str) -> str:
    """What stands in the address at which a source says that something changed."""
    return rt.vault.sign(f"feed hint {study} {name}")


async def hint_address(rt: Runtime, study: str | None, name: str) -> str:
    """The address at which a source says that something changed. Raises NotFound, Conflict."""
    async with rt.database.transaction() as tx:
        feed = await find_feed(tx, study, name)
    secret = hint_secret(rt, feed.study, feed.name)
    return f"{rt.settings.public_url}{HINT_PATH}/{feed.study}/{feed.name}/{secret}"


async def hasten_feed(rt: Runtime, study: str, name: str) -> None:
    """Have a feed read soon, unless it was stopped; several hints together cause one reading."""
    async with rt.database.transaction() as tx:
        await applied_feeds.hasten(tx, study, name, rt.clock.now() + HINT_WAITS)


async def silent_feeds(rt: Runtime) -> list[FeedAge]:
    """The feeds that were not read without failure for longer than they may be."""
    async with rt.database.transaction() as tx:
        ages = await feed_age.ages(tx)
    return [each for each in ages if rt.clock.now() - each.since > timedelta(minutes=each.silent_minutes)]


async def find_feed(tx: Tx, study: str | None, name: str) -> AppliedFeed:
    """A feed that is in force. Raises NotFound, or Conflict when several studies have a feed of this name."""
    found = await applied_feeds.of_study(tx, study, name)
    if not found:
        known = [each.name for each in await applied_feeds.of_study(tx, study)]
        raise NotFound(f"no feed {name!r} is applied{did_you_mean(name, known)}")
    if len(found) > 1:
        raise Conflict(f"{name} is in several studies ({', '.join(each.study for each in found)}): say --study")
    return found[0]
