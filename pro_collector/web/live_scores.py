"""Sends live updates to browsers by server-sent events; the browsers then fetch the data themselves."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
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

_POINT = re.compile(r"[0-9]{1,18}")
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

    @contextlib.contextmanager
    def joined(self) -> Iterator[AsyncIterator[Message | None]]:
        """The messages from now on, for the block; None after HEARTBEAT seconds without a message."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue(MAX_QUEUED)
        self._queues.add(queue)
        try:
            yield self._read(queue)
        finally:
            self._queues.discard(queue)

    async def messages(self) -> AsyncIterator[Message | None]:
        """Yield the messages from the first step on; None after HEARTBEAT seconds without a message."""
        with self.joined() as messages:
            async for message in messages:
                yield message

    async def _read(self, queue: asyncio.Queue[Message | None]) -> AsyncIterator[Message | None]:
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


@dataclass(frozen=True, slots=True)
class SeenUntil:
    """How far a browser has seen the scores, as a point in the outbox.

    `last`: what it sends as Last-Event-ID; empty at first. `point`: the point now. `missed`: the questionnaires with
    new scores after a point, None if nobody can say.
    """

    last: str
    point: Callable[[], Awaitable[int]]
    missed: Callable[[int], Awaitable[Sequence[str] | None]]

    async def again(self) -> AsyncIterator[Message]:
        """What a browser that connects again has missed; a message `reset` if it must look at everything again."""
        if not self.last:
            return
        found = await self.missed(int(self.last)) if _POINT.fullmatch(self.last) else None
        if found is None:
            yield "reset", {}
        for instrument in found or ():
            yield "score", {"instrument": instrument}


class Scores:
    """Sends a message to a hub for every recorded score. Consumes from Kafka while any browser is connected."""

    def __init__(self, settings: Settings, hub: Hub) -> None:
        self._settings, self._hub = settings, hub
        self._browsers = 0
        self._lock = asyncio.Lock()
        self._subscription: AsyncExitStack | None = None

    async def stream(self, watching: Watching, seen: SeenUntil) -> AsyncIterator[str]:
        """The stream of one browser. After its first message, `hello`, no score is missed, also if the stream is cut.

        Each message has the point in the outbox as its id. A browser that comes back with it first gets what it missed.

        It ends when whoever watches may not see the study any more: that is asked before each message, and at the
        latest after HEARTBEAT seconds. Without Kafka it ends at once: the browser shows that, and reconnects by itself.
        """
        try:
            await self._connect()
        except Unavailable as error:
            log.warning("no live charts", error=str(error))
            return
        try:
            with self._hub.joined() as messages:
                point = await seen.point()  # from here on the hub has what comes
                async for missed in seen.again():
                    yield encode(missed)
                yield encode(("hello", {}), point)
                async for message in watching.of(messages):
                    yield encode(message, None if message is None else await seen.point())
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
