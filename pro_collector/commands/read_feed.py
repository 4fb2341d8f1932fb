"""Read a feed as its mapping file and its schedule say, or as somebody asked: a look, or a reading."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from pro_collector.commands.run_feed import fetch, record_run, take_fetched
from pro_collector.commands.take_feed import FedChange, Feed, preview_feed, study_of_feed
from pro_collector.domain.feed.fhir_mapping import FhirMapping
from pro_collector.domain.feed.mapping import check_mapping, load_mapping
from pro_collector.domain.feed.redcap_mapping import RedcapMapping
from pro_collector.domain.feed.source import FeedMapping
from pro_collector.errors import ProCollectorError
from pro_collector.postgres.tables import feeds
from pro_collector.postgres.tables.applied_feeds import AppliedFeed
from pro_collector.runtime import Runtime

BY_ITSELF = "the schedule"
"""Who reads a feed when nobody asked for it."""


async def read_feed(rt: Runtime, feed: AppliedFeed) -> Mapping[str, int]:
    """Read a feed once; how many records were added, corrected, ...; of a look, how many would be.

    Nobody is ended without a person: whose participation would end is paused, unless somebody confirmed just that. What
    is gone in numbers is not retracted before somebody confirmed it. Raises ProCollectorError, which is recorded.
    """
    mapping, by = await _mapping(rt, feed), feed.asked_by or BY_ITSELF
    fetched = await fetch(rt, mapping, by=by, whole=feed.asked_whole or await _whole_is_due(rt, mapping))
    seen = await preview_feed(rt, fetched.feed, fetched.records)
    if feed.asked == "look":
        gone = fetched.gone if fetched.doubtful else 0
        shown = {change.participant: _shown(change) for change in seen.changes}
        await record_run(
            rt, fetched.feed, fetched.began, None, seen.counts, whole=fetched.whole, gone=gone, shown=shown
        )
        return seen.counts
    confirmed = await _confirmed(rt, feed)
    ended = [each for each in seen.changes if each.ends and confirmed.changes.get(each.participant) != _shown(each)]
    taken = await take_fetched(rt, fetched, ended, keep_gone=fetched.doubtful and fetched.gone > confirmed.gone)
    return taken.counts


async def _mapping(rt: Runtime, feed: AppliedFeed) -> RedcapMapping | FhirMapping:
    """The mapping of a feed, if it fits the study in force; else the failure is recorded and raised."""
    file = f"feed {feed.name}"
    try:
        async with rt.database.transaction() as tx:
            check_mapping(feed.document, file, await study_of_feed(tx, rt, feed.study))
    except ProCollectorError as error:
        by = Feed(feed.study, feed.name, feed.asked_by or BY_ITSELF)
        await record_run(rt, by, rt.clock.now(), None, {}, str(error))
        raise
    return load_mapping(feed.document, file)


async def _whole_is_due(rt: Runtime, mapping: FeedMapping) -> bool:
    async with rt.database.transaction() as tx:
        last = await feeds.last_whole(tx, mapping.study, mapping.feed)
    hours = mapping.schedule.whole_every_hours if mapping.schedule else 24
    return last is None or rt.clock.now() - last >= timedelta(hours=hours)


@dataclass(frozen=True, slots=True)
class _SeenLook:
    """What somebody has seen in a look and wants recorded: what changes for whom, and how many records are gone."""

    changes: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    gone: int = 0


async def _confirmed(rt: Runtime, feed: AppliedFeed) -> _SeenLook:
    if feed.asked_run is None:
        return _SeenLook()
    async with rt.database.transaction() as tx:
        run = await feeds.find_run(tx, feed.asked_run)
        shown = {each.participant_id: each.changes for each in await feeds.shown_in(tx, feed.asked_run)}
        return _SeenLook(shown, run.gone if run else 0)


def _shown(change: FedChange) -> dict[str, Any]:
    """What changes for one participant, as plain data; the plan as totals."""
    events = [
        {"what": "retract" if said.retracted else "correct" if said.was else "add", "kind": said.kind,
         "on": said.on.isoformat(), "was": said.was.isoformat() if said.was and not said.retracted else None}
        for said in change.statements
    ]  # fmt: skip
    return {"events": events, "ends": change.ends, "totals": asdict(change.diff.totals)}
