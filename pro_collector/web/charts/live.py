"""Sends live updates to browsers by server-sent events; the browsers then fetch the data themselves."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import structlog
from starlette.responses import StreamingResponse

from pro_collector.domain.events import ScoreRecorded
from pro_collector.errors import Unavailable
from pro_collector.kafka.listening import listen
from pro_collector.settings import Settings

log = structlog.get_logger(__name__)

HEARTBEAT = 15.0
"""Real seconds after which a silent stream sends a comment, so that no proxy closes it."""
MAX_QUEUED = 500
"""Most messages in the queue of a browser. A slower browser is disconnected, and reconnects by itself."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Message = tuple[str, Mapping[str, Any]]


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


class Scores:
    """Sends a message to a hub for every recorded score. Consumes from Kafka while any browser is connected."""

    def __init__(self, settings: Settings, hub: Hub) -> None:
        self._settings, self._hub = settings, hub
        self._browsers = 0
        self._lock = asyncio.Lock()
        self._subscription: AsyncExitStack | None = None

    async def stream(self) -> AsyncIterator[str]:
        """The stream of one browser. After its first message, `hello`, no score is missed.

        Without Kafka it ends at once: the browser shows that, and reconnects by itself.
        """
        try:
            await self._connect()
        except Unavailable as error:
            log.warning("no live charts", error=str(error))
            return
        try:
            yield encode(("hello", {}))
            async with contextlib.aclosing(self._hub.messages()) as messages:  # type: ignore[type-var]
                async for message in messages:
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
        self._hub.tell("score", {"study": event.study, "instrument": event.instrument})


def encode(message: Message | None) -> str:
    """Encode a message as a server-sent event; None becomes a comment, which browsers ignore."""
    if message is None:
        return ": still here\n\n"
    name, data = message
    return f"event: {name}\ndata: {json.dumps(data, default=str, ensure_ascii=False)}\n\n"


def stream_response(stream: AsyncIterator[str]) -> StreamingResponse:
    """An HTTP response with the stream."""
    return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)
