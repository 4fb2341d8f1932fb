"""What people wrote from addresses that nobody in a study has: kept as it came, and read by a person or by nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_collector.casework.inbound.written import words
from pro_collector.postgres.tables import inbound
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Stranger:
    """One text or mail of somebody unknown; `address` is empty unless it was asked for."""

    received_at: datetime
    provider: str
    words: str
    address: str = ""


async def strangers(rt: Runtime, within: timedelta, *, address: bool = False) -> list[Stranger]:
    """Those of the time `within`, oldest first; their addresses stay sealed unless somebody must be called back."""
    async with rt.database.transaction() as tx:
        rows = await inbound.of_strangers(tx, rt.clock.now() - within)
    return [Stranger(row.received_at, row.provider, words(rt, row), _from(rt, row) if address else "") for row in rows]


def _from(rt: Runtime, row: InboundRow) -> str:
    return str(rt.vault.unseal_json(row.sealed)["sender"])


async def strangers_wrote(rt: Runtime, within: timedelta) -> int:
    """How many of these there are; nobody's words are opened for that."""
    async with rt.database.transaction() as tx:
        return await inbound.count_of_strangers(tx, rt.clock.now() - within)
