"""Does in one go what several requests ask for at the same time, such as to store delivery reports."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from pro_collector.backoff import rest
from pro_collector.postgres.connection import TRANSIENT

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Gathering(Generic[Asked, Answer]):
    """While one batch is done, the next one gathers. `do` returns an answer for each item of a batch, in its order."""

    def __init__(self, do: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]], most: int = 200) -> None:
        self._do, self._most = do, most
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, asked: Asked) -> Answer:
        """The answer to one item, once its batch is done. Raises what `do` raised for it."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="gathering")
        return await answer

    async def _work(self) -> None:
        while self._waiting:
            loop = asyncio.get_running_loop()
            began = loop.time()
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            await self._answer(batch)
            await rest(began)

    async def _answer(self, batch: Sequence[tuple[Asked, "asyncio.Future[Answer]"]]) -> None:
        """Answer a batch. If it fails for one of its items, each gets its own answer."""
        try:
            answers = await self._do([asked for asked, _ in batch])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, TRANSIENT):
                for each in batch:
                    await self._answer([each])
                return
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if not waiting.done():
                waiting.set_result(answer)
