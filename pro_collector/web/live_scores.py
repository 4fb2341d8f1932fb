"""Sends live updates to browsers by server-sent events; the browsers then fetch the data themselves."""

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from pro_collector.domain.account.permission import Sites
from pro_collector.domain.events import ScoreRecorded
from pro_collector.errors import Unavailable
from pro_collector.kafka.listening import listen
from pro_collector.settings import Settings
from pro_collector.web.event_stream import HEARTBEAT, Message, encode

log = structlog.get_logger(__name__)

MAX_QUEUED = 500
"""Most messages in the queue of a browser. A slower browser is disconnected, and reconnects by itself."""


class Hub:
    """Sends each message to every connected browser."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Message | None]] = set()

    @property
    def listeners(self) -> int:
        """The number of connected browsers."""
        return len(self._queues)

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Send `data` to every browser as the event `name`. Never waits."""
        for queue in list(self._queues):
            try:
                queue.put_nowait((name, data))
            except asyncio.QueueFull:
                self._end_stream(queue)

    def close(self) -> None:
        """End every stream, so that a stopping server does not wait for its browsers."""
        for queue in list(self._queues):
            self._end_stream(queue)

    async def messages(self) -> AsyncIterator[Message | None]:
        """Yield the messages from now on; None after HEARTBEAT seconds without a message."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue(MAX_QUEUED)
        self._queues.add(queue)
        try:
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT):  # wait_for can lose a cancellation
                        message = await queue.get()
                except TimeoutError:
                    yield None
                    continue
                if message is None:
                    return
                yield message
        finally:
            self._queues.discard(queue)

    def _end_stream(self, queue: asyncio.Queue[Message | None]) -> None:
        self._queues.discard(queue)
        while queue.full():
            queue.get_nowait()
        queue.put_nowait(None)


@dataclass(frozen=True, slots=True)
class Watching:
    """What a browser may be told: the scores of one study at these sites, for as long as `still` says so.

    `site_of` gives the site of a participant.
    """

    study: str
    sites: Sites
    still: Callable[[], Awaitable[bool]]
    site_of: Callable[[UUID], Awaitable[str | None]]

    async def of(self, messages: AsyncIterable[Message | None]) -> AsyncIterator[Message | None]:
        """What of these messages the browser gets, without whose score it is; ends when it may not watch any more."""
        async for message in messages:
            if not await self.still():
                return
            if message is None:
                yield None
            elif await self._may_know(message[1]):
                yield message[0], {"instrument": message[1]["instrument"]}

    async def _may_know(self, score: Mapping[str, Any]) -> bool:
        if score["study"] != self.study:
            return False
        return None in self.sites or await self.site_of(score["participant"]) in self.sites


class Scores:
    """Sends a message to a hub for every recorded score. Consumes from Kafka while any browser is connected."""

    def __init__(self, settings: Settings, hub: Hub) -> None:
        self._settings, self._hub = settings, hub
        self._browsers = 0
        self._lock = asyncio.Lock()
        self._subscription: AsyncExitStack | None = None

    async def stream(self, watching: Watching) -> AsyncIterator[str]:
        """The stream of one browser. After its first message, `hello`, no score is missed.

        It ends when whoever watches may not see the study any more: that is asked before each message, and at the
        latest after HEARTBEAT seconds. Without Kafka it ends at once: the browser shows that, and reconnects by itself.
        """
        try:
            await self._connect()
        except Unavailable as error:
            log.warning("no live charts", error=str(error))
            return
        try:
            yield encode(("hello", {}))
            async with contextlib.aclosing(self._hub.messages()) as messages:  # type: ignore[type-var]
                async for message in watching.of(messages):
                    yield encode(message)
        finally:
            await asyncio.shield(self._disconnect())

    async def _connect(self) -> None:
        async with self._lock:
            if self._subscription is None:
                stack = AsyncExitStack()
                await stack.enter_async_context(listen(self._settings, ScoreRecorded, self._on_score))
                self._subscription = stack
            self._browsers += 1

    async def _disconnect(self) -> None:
        async with self._lock:
            self._browsers -= 1
            if self._browsers == 0 and self._subscription is not None:
                subscription, self._subscription = self._subscription, None
                await subscription.aclose()

    def _on_score(self, event: ScoreRecorded) -> None:
        told = {"study": event.study, "instrument": event.instrument, "participant": event.participant_id}
        self._hub.tell("score", told)
