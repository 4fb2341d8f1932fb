"""Tells an open page of the worklist that the list has changed. It asks the database, and needs no Kafka."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from pro_collector.domain.account.permission import Sites
from pro_collector.postgres.questions.worklist import OpenList, news
from pro_collector.runtime import Runtime
from pro_collector.web.event_stream import HEARTBEAT, encode

EVERY = 5.0
"""Real seconds between two looks at the list."""
LASTS = 600.0
"""Real seconds after which a stream ends; the browser connects again by itself."""


@dataclass(frozen=True, slots=True)
class ShownList:
    """The list that a page shows: of which study, at which sites, since when, and its mark.

    `still`: whether whoever looks may see it. `last`: the mark that a browser was told of which connects again.
    """

    study: str
    sites: Sites
    since: datetime
    mark: str
    still: Callable[[], Awaitable[bool]]
    last: str = ""


async def changes(rt: Runtime, shown: ShownList) -> AsyncIterator[str]:
    """A message each time that the list is another one than the page shows, with how many items are new.

    The mark of the list is the id of each message. What changes while a stream is cut shows in the mark, so that
    nothing is lost, and nothing is told twice.
    """
    told, silent, waited = shown.last or shown.mark, 0.0, 0.0
    yield encode(("hello", {}), told)
    while waited < LASTS and await shown.still():
        found = await _look(rt, shown)
        if found.mark != told:
            told, silent = found.mark, 0.0
            yield encode(("work", {"new": found.new, "changed": found.mark != shown.mark}), told)
        elif silent >= HEARTBEAT:
            silent = 0.0
            yield encode(None)
        await asyncio.sleep(EVERY)
        silent, waited = silent + EVERY, waited + EVERY


async def _look(rt: Runtime, shown: ShownList) -> OpenList:
    async with rt.database.transaction() as tx:
        return await news(tx, shown.study, shown.sites, shown.since)
