"""Show messages from unknown addresses. They are stored as they arrived, and only a person reads them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_collector.casework.inbound.written import Viewer, show_strangers
from pro_collector.postgres.tables import inbound
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Stranger:
    """One text or mail from an unknown address; `address` is empty unless it was requested."""

    received_at: datetime
    provider: str
    words: str
    address: str = ""


async def strangers(rt: Runtime, within: timedelta, viewer: Viewer, *, address: bool = False) -> list[Stranger]:
    """Messages from strangers within this time, oldest first; records who looks.

    `address` unseals their addresses, to call back.
    """
    async with rt.database.transaction() as tx:
        rows = await inbound.of_strangers(tx, rt.clock.now() - within)
        shown = await show_strangers(tx, rt, viewer, rows, address=address)
    return [Stranger(row.received_at, row.provider, *each) for row, each in zip(rows, shown, strict=True)]


async def strangers_wrote(rt: Runtime, within: timedelta) -> int:
    """The number of messages from strangers within this time; it unseals nothing."""
    async with rt.database.transaction() as tx:
        return await inbound.count_of_strangers(tx, rt.clock.now() - within)
