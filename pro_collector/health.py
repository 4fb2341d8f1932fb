"""Looks whether the parts of this process can do their work, for monitoring."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from pro_collector.errors import NotMigrated, Unavailable
from pro_collector.kafka.broker import check_reachable
from pro_collector.postgres.connection import TRANSIENT, takes_changes
from pro_collector.postgres.database import READ_ONLY, UNREACHABLE
from pro_collector.readiness import Facts, WorkFacts, reasons
from pro_collector.runtime import Runtime
from pro_collector.stall import OldestWork
from pro_collector.watchdog import WatchedWork

ANSWER_WITHIN = 3.0
"""Seconds within which each server answers a look; monitoring commonly waits for 5 s."""
KEEP_FOR = 1.0
"""Seconds for which a look counts, so that many requests make no more connections than one."""
NOT_STARTED = ("it has not started yet",)


class Health:
    """The parts of this process, and whether each can do its work.

    `parts`: those that it runs. A part can do its work only after `started`.
    """

    def __init__(self, rt: Runtime, parts: Sequence[str]) -> None:
        self._rt = rt
        self._works: dict[str, Sequence[WatchedWork] | None] = dict.fromkeys(parts)
        self._looking = asyncio.Lock()
        self._seen: Mapping[str, Sequence[str]] = {}
        self._seen_at = float("-inf")
        self._was_read_only = False

    def started(self, part: str, works: Sequence[WatchedWork] = ()) -> None:
        """Note that a part has started, and what it works on."""
        self._works[part] = works
        self._seen_at = float("-inf")

    async def look(self) -> Mapping[str, Sequence[str]]:
        """For each part the reasons why it cannot do its work; no reason: it can."""
        async with self._looking:
            if time.monotonic() - self._seen_at > KEEP_FOR:
                self._seen = await self._look()
                self._seen_at = time.monotonic()
            return self._seen

    async def _look(self) -> Mapping[str, Sequence[str]]:
        works = [work for of_part in self._works.values() for work in of_part or ()]
        (database, oldest), kafka = await asyncio.gather(self._ask_database(works), self._ask_kafka(works))
        return {
            part: NOT_STARTED if of_part is None else reasons(_facts(database, kafka, of_part, oldest))
            for part, of_part in self._works.items()
        }

    async def _ask_database(self, works: Sequence[WatchedWork]) -> tuple[str, Mapping[str, OldestWork | None]]:
        """What is wrong with PostgreSQL, and the oldest of each work; on a connection that no work waits for."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN), self._rt.database.apart() as tx:
                oldest = {work.name: await work.oldest(tx) for work in works}
                writable = await takes_changes(tx)
        except (*TRANSIENT, TimeoutError):
            return UNREACHABLE, {}
        except NotMigrated as error:
            return str(error), {}
        if writable and self._was_read_only:
            await self._rt.database.replace_sessions()
        self._was_read_only = not writable
        return "" if writable else READ_ONLY, oldest

    async def _ask_kafka(self, works: Sequence[WatchedWork]) -> str:
        if not any(work.needs_kafka for work in works):
            return ""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await check_reachable(self._rt.settings)
        except Unavailable as error:
            return str(error)
        except TimeoutError:
            return f"PRO_KAFKA_BOOTSTRAP: no Kafka broker has answered within {ANSWER_WITHIN:.0f} s"
        return ""


def _facts(database: str, kafka: str, works: Sequence[WatchedWork], oldest: Mapping[str, OldestWork | None]) -> Facts:
    return Facts(
        database,
        kafka if any(work.needs_kafka for work in works) else "",
        [
            WorkFacts(
                work.name, found.seconds if (found := oldest.get(work.name)) else None, work.limit, work.partitions()
            )
            for work in works
        ],
    )
