"""People who answer: they read a text, think, and write a number; some write twice or STOP; most open their mail."""

import asyncio
from collections.abc import Coroutine
from random import Random

from tests.chaos.carrier import Carrier
from tests.chaos.form import FormFiller, link_in
from tests.chaos.judge import asked_in
from tests.chaos.log import Log

THINKS = (4.4, 9.0)
"""Seconds. Below four seconds a reply may have crossed the text that it seems to answer."""
WRITES_TWICE = 0.04
STOPS = 0.01
OPENS = 0.8


class People:
    """Everybody with a phone. What each person does depends on the seed and the text alone."""

    def __init__(
        self,
        carrier: Carrier,
        log: Log,
        seed: int,
        *,
        stops: float = STOPS,
        opens: float = OPENS,
        thinks: tuple[float, float] = THINKS,
    ) -> None:
        self._carrier, self._log, self._seed = carrier, log, seed
        self._stops, self._opens, self._thinks = stops, opens, thinks
        self._last: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped: set[str] = set()
        self.away = False
        """Whether everybody has put the phone away."""
        carrier.hear = self._hear

    def idle(self) -> bool:
        """Whether nobody is about to answer."""
        return not self._tasks

    async def stop(self) -> None:
        """Everybody puts the phone away."""
        self.away = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def open_mail(self, message: str, recipient: str, body: str) -> None:
        """A mail has come: most people open it, and answer on the form."""
        dice, link = Random(f"{self._seed} {recipient}"), link_in(body)
        if link is not None and not self.away and dice.random() < self._opens:
            self._do(FormFiller(self._log, message, link, dice).fill())

    def _do(self, what: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hear(self, phone: str, message: str, body: str) -> None:
        self._last[phone] = message
        item = asked_in(body)
        if item is None or self.away:
            return
        self._do(self._answer(phone, message, Random(f"{self._seed} {phone} {item} {body}")))

    async def _answer(self, phone: str, message: str, dice: Random) -> None:
        await asyncio.sleep(dice.uniform(*self._thinks))
        if self._last[phone] != message or phone in self._stopped:
            return  # nobody answers a question that another text has followed
        if dice.random() < self._stops:
            self._stopped.add(phone)
            self._carrier.write(phone, "STOP", to=message, means="stop", value=None)
            return
        value = dice.randint(0, 10)
        self._carrier.write(phone, str(value), to=message, means="answer", value=value)
        if dice.random() < WRITES_TWICE:
            await asyncio.sleep(0.5)
            self._carrier.write(phone, str(value), to=message, means="answer", value=value)
