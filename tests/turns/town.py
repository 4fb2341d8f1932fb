"""People who answer their texts, and their carrier: small, so that what is measured is the product."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

from aiohttp import web

from tests.chaos.carrier import ACCOUNT, NUMBER, Carrier, Temper
from tests.chaos.judge import asked_in
from tests.chaos.log import Log

THINKS = (4.4, 9.0)
"""Seconds until somebody answers. A reply within four seconds may have crossed the text that it seems to answer."""
REPORTS = ("sent", "delivered")


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody wrote at an instant of the steady clock, and so many seconds later the carrier had the next text."""

    at: float
    seconds: float


class QuietLog(Log):
    """Notes nothing: a line for each text would be measured too."""

    def note(self, what: str, /, **values: Any) -> None:
        """Do nothing."""


class TwoReports(Carrier):
    """Takes every text, and reports that it was sent and that it was delivered. `delay`: seconds until it answers."""

    def __init__(self, log: Log, delay: float) -> None:
        super().__init__(log, 1, Temper(delay=delay))
        self._by_id: dict[str, dict[str, Any]] = {}
        self._known = 0

    def _report(self, path: str, sid: str, phone: str) -> None:
        for status in REPORTS:
            fields = {"MessageSid": sid, "MessageStatus": status, "To": phone, "From": NUMBER}
            self._call(path, {**fields, "AccountSid": ACCOUNT})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.temper.delay)
        self._by_id |= {text["sid"]: text for text in self._texts[self._known :]}
        self._known = len(self._texts)
        return web.json_response(self._by_id[request.match_info["sid"]])


class Town:
    """Everybody with a phone. So many are in a conversation at a time; when one ends, somebody else begins."""

    def __init__(self, carrier: TwoReports) -> None:
        self._carrier, self._dice = carrier, Random(1)
        self._waiting: deque[str] = deque()
        self._asked: dict[str, str] = {}
        self._wrote: dict[str, float] = {}
        self._talking: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = count()
        self.most = 0
        """How many may be in a conversation at a time."""
        self.turns: list[Turn] = []
        self.asked = 0
        """How many questions have come."""
        carrier.hear = self._hear

    @property
    def talking(self) -> int:
        """How many are in a conversation."""
        return len(self._talking)

    def phones(self, people: int) -> Sequence[str]:
        """The numbers of so many more people."""
        return [f"+1{202 + n // 10_000}555{n % 10_000:04}" for n in (next(self._numbers) for _ in range(people))]

    def let_talk(self, most: int) -> None:
        """From now on so many answer at a time; people who are asked already begin at once."""
        self.most = most
        while self._waiting and len(self._talking) < self.most:
            self._begin(self._waiting.popleft())

    async def stop(self) -> None:
        """Everybody puts the phone away."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, phone: str) -> None:
        self._talking.add(phone)
        self._think(phone)

    def _hear(self, phone: str, message: str, body: str) -> None:
        wrote = self._wrote.pop(phone, None)
        if wrote is not None:
            self.turns.append(Turn(wrote, time.monotonic() - wrote))
        if asked_in(body) is None:
            self._talking.discard(phone)
            return self.let_talk(self.most)
        self.asked += 1
        self._asked[phone] = message
        if phone in self._talking:
            self._think(phone)
        elif phone not in self._waiting:
            self._waiting.append(phone)
            self.let_talk(self.most)

    def _think(self, phone: str) -> None:
        task = asyncio.create_task(self._answer(phone))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, phone: str) -> None:
        await asyncio.sleep(self._dice.uniform(*THINKS))
        self._wrote[phone] = time.monotonic()
        self._carrier.write(phone, str(self._dice.randint(0, 10)))
