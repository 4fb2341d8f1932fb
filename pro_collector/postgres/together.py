"""Sends several queries of one transaction to PostgreSQL at once, and waits once for all of their results."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import psycopg

from pro_collector.postgres.connection import Tx

T = TypeVar("T")
NO_RESULT = (psycopg.errors.PipelineAborted, psycopg.ProgrammingError)
"""What a query raises that was not carried out because another one failed; psycopg raises these, not the server."""


class Ask(Protocol):
    """Takes a query that does not depend on the others; its result is in the task once the block has ended."""

    def __call__(self, query: Coroutine[Any, Any, T], /) -> "asyncio.Task[T]": ...


@asynccontextmanager
async def together(tx: Tx) -> AsyncIterator[Ask]:
    """Ask several queries in two round trips, one for their results and one to end: `ask` in the block takes each.

    In pipeline mode psycopg sends a statement without waiting for the result of the one before. Each query is a task,
    because a task waits for its own result. While the lock of the connection is held, all tasks come to wait for it, to
    send their statements: so those are sent before anybody waits for a result, with the lock. Raises what a query
    raised; the server ignores the statements after it.
    """
    queries: list[asyncio.Task[Any]] = []

    def ask(query: Coroutine[Any, Any, T], /) -> "asyncio.Task[T]":
        task = asyncio.create_task(query)
        queries.append(task)
        return task

    try:
        async with tx.pipeline():
            yield ask
            async with tx.lock:
                await asyncio.sleep(0)
            await asyncio.gather(*queries, return_exceptions=True)
    finally:
        for query in queries:
            query.cancel()
        await asyncio.gather(*queries, return_exceptions=True)
    _raise_cause([error for query in queries if (error := query.exception())])


def _raise_cause(errors: list[BaseException]) -> None:
    """Raise the error that made the server ignore what followed, if there is one; the others only say: no result."""
    told = [error for error in errors if isinstance(error, psycopg.Error) and error.sqlstate]
    for error in (*told, *(each for each in errors if not isinstance(each, NO_RESULT)), *errors):
        raise error
