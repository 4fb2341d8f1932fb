"""Tells browsers what happens while it happens, by server-sent events; they fetch the rest themselves."""

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
"""Real seconds after which a silent stream says that it lives, so that no proxy closes it."""
WAITING = 500
"""Messages a browser may be behind; one that is further behind is let go, and comes back by itself."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Message = tuple[str, Mapping[str, Any]]


class Hub:
    """Hands each message to every browser that listens."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Message | None]] = set()

    @property
    def listeners(self) -> int:
        """How many browsers listen."""
        return len(self._queues)

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Send `data` to every browser as the event `name`; never waits."""
        for queue in list(self._queues):
            try:
                queue.put_nowait((name, data))
            except asyncio.QueueFull:
                self._let_go(queue)

    def close(self) -> None:
        """End every stream, so that a server that stops need not wait for its browsers."""
        for queue in list(self._queues):
            self._let_go(queue)

    async def messages(self) -> AsyncIterator[Message | None]:
        """What is told from now on; None where nothing was for HEARTBEAT seconds."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue(WAITING)
        self._queues.add(queue)
        try:
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT):  # wait_for would swallow a cancellation now and then
                        message = await queue.get()
                except TimeoutError:
                    yield None
                    continue
                if message is None:
                    return
                yield message
        finally:
            self._queues.discard(queue)

    def _let_go(self, queue: asyncio.Queue[Message | None]) -> None:
        self._queues.discard(queue)
        while queue.full():
            queue.get_nowait()
        queue.put_nowait(None)


class Scores:
    """Tells a hub of every score that is recorded, by what Kafka carries, for as long as anybody listens."""

    def __init__(self, settings: Settings, hub: Hub) -> None:
        self._settings, self._hub = settings, hub
        self._watchers = 0
        self._lock = asyncio.Lock()
        self._listening: AsyncExitStack | None = None

    async def stream(self) -> AsyncIterator[str]:
        """The stream of one browser, from the moment on from which no score is missed.

        Without Kafka it ends at once: the browser says so, and comes back by itself.
        """
        try:
            await self._come()
        except Unavailable as error:
            log.warning("no live charts", error=str(error))
            return
        try:
            yield as_text(("hello", {}))
            async with contextlib.aclosing(self._hub.messages()) as messages:  # type: ignore[type-var]
                async for message in messages:
                    yield as_text(message)
        finally:
            await asyncio.shield(self._go())

    async def _come(self) -> None:
        async with self._lock:
            if self._listening is None:
                stack = AsyncExitStack()
                await stack.enter_async_context(listen(self._settings, ScoreRecorded, self._heard))
                self._listening = stack
            self._watchers += 1

    async def _go(self) -> None:
        async with self._lock:
            self._watchers -= 1
            if self._watchers == 0 and self._listening is not None:
                listening_to, self._listening = self._listening, None
                await listening_to.aclose()

    def _heard(self, event: ScoreRecorded) -> None:
        self._hub.tell("score", {"study": event.study, "instrument": event.instrument})


def as_text(message: Message | None) -> str:
    """A message in the wire format of server-sent events; None is a comment that browsers ignore."""
    if message is None:
        return ": still here\n\n"
    name, data = message
    return f"event: {name}\ndata: {json.dumps(data, default=str, ensure_ascii=False)}\n\n"


def stream_response(stream: AsyncIterator[str]) -> StreamingResponse:
    """A stream as an HTTP answer."""
    return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)
