"""A runtime on a database of the test's own, with a clock that a test moves; no server, no broker."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from pro_collector.runtime import Runtime, open_runtime
from pro_collector.settings import Settings
from tests.shared.clock import FixedClock


@dataclass
class Desk:
    """The runtime, its clock, and a look into the database."""

    rt: Runtime
    clock: FixedClock

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.clock.time += timedelta(**time)

    async def column(self, query: str) -> list[Any]:
        """The only column of a query."""
        async with self.rt.database.transaction() as tx:
            return [next(iter(row.values())) for row in await (await tx.execute(query.encode())).fetchall()]


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    """A desk at a migrated database without any account."""
    clock = FixedClock()
    settings = Settings.load(
        database_url=database_url, kafka_bootstrap="127.0.0.1:1", vault_key="1" * 64, link_key="2" * 64,
        public_url="https://pro.example.org",
    )  # fmt: skip
    async with open_runtime(settings, clock) as rt:
        yield Desk(rt, clock)
