"""An alert waits for nobody: not for a carrier that takes one text a second, with hundreds before it."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from pro_collector.channels.pacing import Pace, Pacer
from pro_collector.clock import SystemClock
from pro_collector.domain.events import AlertRaised, Event, MessageRequested
from pro_collector.embedded.servers import Servers
from pro_collector.postgres.tables import outbox
from pro_collector.processes import run_parts
from pro_collector.rehearsal.world import rehearsal
from tests.wire.kafka.pipe import PATIENCE

pytestmark = pytest.mark.kafka


async def test_an_alert_does_not_wait_for_the_pace_of_texts(servers: Servers, prefix: str) -> None:
    now = datetime.now(UTC)
    slow = Pacer(Pace(0.01), now)
    slow.record_sent(100, now)
    async with rehearsal(servers, SystemClock(), prefix=prefix) as world:
        rt = replace(world.rt, pacer=slow)

        async def handled(event: Event) -> bool:
            async with rt.database.transaction() as tx:
                query = "SELECT 1 FROM outbox WHERE event_id = %s AND handled_at IS NOT NULL"
                rows = await tx.execute(query, (event.id,))
                return await rows.fetchone() is not None

        async with rt.database.transaction() as tx:
            texts = [
                MessageRequested(id=uuid4(), participant_id=uuid4(), occurred_at=now, message_id=uuid4(), channel="sms")
                for _ in range(20)
            ]
            await outbox.add(tx, texts)
        async with run_parts(rt, ["relay", "sender"]):
            await asyncio.sleep(4)  # the first text waits for its turn by now
            alert = AlertRaised(id=uuid4(), participant_id=uuid4(), occurred_at=now, alert_id=uuid4(), kind="urgent")
            async with rt.database.transaction() as tx:
                await outbox.add(tx, [alert])
            deadline = time.monotonic() + PATIENCE / 2
            while not await handled(alert) and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
            assert await handled(alert)
            assert not await handled(texts[0])
