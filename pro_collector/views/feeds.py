"""What the page of a study's feeds shows: how old each is, its last readings, the last look, and contradictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_collector.domain.account.permission import Sites
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import feed_age, feed_page
from pro_collector.postgres.questions.feed_age import FeedAge
from pro_collector.postgres.questions.feed_page import FeedConflict, LookRow
from pro_collector.postgres.tables import applied_feeds, feeds
from pro_collector.postgres.tables.applied_feeds import AppliedFeed
from pro_collector.postgres.tables.feeds import FeedRun
from pro_collector.runtime import Runtime

LAST = 10
"""So many of the last readings are shown."""


@dataclass(frozen=True, slots=True)
class FeedLook:
    """The newest look, if the feed was not read since, with what it shows of people at the sites of whoever asks."""

    run: FeedRun
    people: Sequence[LookRow]


@dataclass(frozen=True, slots=True)
class ShownFeed:
    """A feed of a study. `applied`: None if a command reads it. `silent`: it is older than it may be.

    `read_at`: when it was read without failure; `failing`: why the last reading failed, empty if it did not.
    """

    name: str
    applied: AppliedFeed | None
    read_at: datetime | None
    silent: bool
    failing: str
    runs: Sequence[FeedRun]
    look: FeedLook | None

    @property
    def waits(self) -> str:
        """What happens now: `running`, `asked`, or nothing."""
        if self.applied is None:
            return ""
        return "running" if self.applied.running else "asked" if self.applied.asked else ""

    @property
    def due_at(self) -> datetime | None:
        """When it is read next by itself."""
        return self.applied.due_at if self.applied else None

    @property
    def every_minutes(self) -> int | None:
        """How often it is read by itself; None if it is not."""
        return self.applied.every_minutes if self.applied and self.applied.due_at else None


@dataclass(frozen=True, slots=True)
class FeedsPage:
    """The feeds of a study, and where they contradict what a person recorded."""

    now: datetime
    feeds: Sequence[ShownFeed]
    conflicts: Sequence[FeedConflict]


async def feeds_page(rt: Runtime, study: str, sites: Sites) -> FeedsPage:
    """The feeds of a study; of people, only those at these sites. Raises NotFound for an unknown study."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        await rt.studies.in_force(tx, study)
        applied = {each.name: each for each in await applied_feeds.of_study(tx, study)}
        ages = {each.feed: each for each in await feed_age.ages(tx, study)}
        names = sorted({*applied, *ages, *(each.feed for each in await feeds.last_runs(tx, study))})
        shown = [await _feed(tx, study, name, applied, ages, sites, now) for name in names]
        return FeedsPage(now, shown, await feed_page.conflicts(tx, study, sites.listed))


async def _feed(
    tx: Tx, study: str, name: str, applied: Mapping[str, AppliedFeed], ages: Mapping[str, FeedAge], sites: Sites,
    now: datetime,
) -> ShownFeed:  # fmt: skip
    runs, age = await feeds.newest_runs(tx, study, name, LAST), ages.get(name)
    good = [run.ended_at for run in await feeds.last_runs(tx, study, name)]
    readings = [run for run in runs if run.kind == "read"]
    look = await feeds.last_look(tx, study, name)
    return ShownFeed(
        name, applied.get(name), good[0] if good else None,
        age is not None and now - age.since > timedelta(minutes=age.silent_minutes),
        readings[0].failure if readings else "", runs,
        FeedLook(look, await feed_page.look(tx, look.id, sites.listed)) if look else None,
    )  # fmt: skip
