"""What waits for a carrier waits apart: surveys and plans go on while a text is being looked up."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

import pytest

from pro_collector.clock import SystemClock
from pro_collector.domain.events import Event, MessageReceived, TimelineChanged
from pro_collector.embedded.servers import Servers
from pro_collector.kafka.consumer import Handle
from pro_collector.pipeline import PIPELINE
from pro_collector.postgres.tables import outbox
from pro_collector.processes import run_parts
from pro_collector.rehearsal.world import rehearsal
from pro_collector.runtime import Runtime
from tests.wire.kafka.pipe import PATIENCE

pytestmark = pytest.mark.kafka


async def test_nothing_waits_for_a_text_whose_question_is_being_looked_up(
    servers: Servers, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = asyncio.Event()

    async def looks_up(_: Sequence[MessageReceived], rt: Runtime) -> None:
        began.set()
        assert rt
        await asyncio.Event().wait()

    table, heard = cast(dict[type[Event], Handle], PIPELINE["worker"]), cast(type[Event], MessageReceived)
    monkeypatch.setitem(table, heard, looks_up)
    now = datetime.now(UTC)
    text = MessageReceived(id=uuid4(), participant_id=uuid4(), occurred_at=now, inbound_id=uuid4())
    moved = TimelineChanged(id=uuid4(), participant_id=uuid4(), occurred_at=now, cause="a correction")
    async with rehearsal(servers, SystemClock(), prefix=prefix) as world, run_parts(world.rt, ["relay", "worker"]):
        async with world.rt.database.transaction() as tx:
            await outbox.add(tx, [text])
        await asyncio.wait_for(began.wait(), PATIENCE)
        async with world.rt.database.transaction() as tx:
            await outbox.add(tx, [moved])
        deadline, handled = time.monotonic() + PATIENCE, False
        while not handled:
            assert time.monotonic() < deadline, "it waits for the text"
            await asyncio.sleep(0.05)
            async with world.rt.database.transaction() as tx:
                query = "SELECT 1 FROM outbox WHERE event_id = %s AND handled_at IS NOT NULL"
                handled = await (await tx.execute(query, (moved.id,))).fetchone() is not None
