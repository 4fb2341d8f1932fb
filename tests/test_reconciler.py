"""Settling doubts: the provider may take its time, and nobody waits for it but the reconciler."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pro_collector.reconciler import Reconciler
from tests.channels.provider import answers, provider, twilio
from tests.handlers.scenes import in_conversation
from tests.office import Office

NOTHING = json.dumps({"messages": [], "next_page_uri": None})


@asynccontextmanager
async def asking(office: Office) -> AsyncIterator[tuple[asyncio.Task[int], asyncio.Event]]:
    """A reconciler that asks a provider which answers, when it is told to, that it knows of no text; it has asked."""
    go = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        await go.wait()
        await answers("200 OK", NOTHING)(writer)

    async with provider(answer) as it, twilio(it.url) as slow:
        task = asyncio.ensure_future(Reconciler(replace(office.rt, twilio=slow)).settle(timedelta()))
        while not it.seen and not task.done():
            await asyncio.sleep(0.01)
        yield task, go
        go.set()
        await task


async def doubtful(office: Office) -> Any:
    """The answer to our last text was lost; its id."""
    await in_conversation(office)
    return await office.one(
        "UPDATE message SET state = 'unknown', provider_id = NULL, ended_at = NULL WHERE id ="
        " (SELECT id FROM message WHERE channel = 'sms' ORDER BY requested_at DESC LIMIT 1) RETURNING id"
    )


async def test_nothing_is_locked_while_the_provider_is_asked(office: Office) -> None:
    id = await doubtful(office)
    async with asking(office) as (task, go):
        assert await office.one("SELECT state FROM message WHERE id = %s FOR UPDATE NOWAIT", id) == "unknown"
        again = Reconciler(office.rt)
        assert await again.settle(timedelta(minutes=1)) == 0, "another sender leaves it to this one"
        go.set()
        assert await task == 1
    assert await office.one("SELECT state FROM message WHERE id = %s", id) == "requested"


async def test_what_is_learnt_while_the_provider_is_asked_counts(office: Office) -> None:
    id = await doubtful(office)
    async with asking(office) as (task, go):
        await office.one("UPDATE message SET state = 'delivered', ended_at = now() WHERE id = %s RETURNING id", id)
        go.set()
        await task
    assert await office.one("SELECT state FROM message WHERE id = %s", id) == "delivered"
    assert await office.rows("SELECT 1 FROM outbox WHERE type = 'message.requested' AND handled_at IS NULL") == []
