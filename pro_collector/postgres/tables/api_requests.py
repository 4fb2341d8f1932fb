"""Rows of `api_request`: requests of programs that have an idempotency key, with their answers, for a day."""

from dataclasses import astuple, dataclass
from datetime import datetime

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The key that a program or a person gave to a request about a study."""

    by_whom: str
    study: str
    key: str


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """What was asked with a key: the hash of the request, and its answer; None until it is answered."""

    request_hash: bytes
    http_status: int | None
    answer: str | None


async def begin(tx: Tx, name: RequestKey, request_hash: bytes, now: datetime, forgotten: datetime) -> bool:
    """Take a key for a request; false if it is taken. One that was taken before `forgotten` is free again."""
    taken = await tx.execute(
        """
        INSERT INTO api_request AS r (by_whom, study, key, request_hash, asked_at) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (by_whom, study, key) DO UPDATE
        SET request_hash = excluded.request_hash, asked_at = excluded.asked_at, http_status = NULL, answer = NULL
        WHERE r.asked_at < %s
        """,
        (*astuple(name), request_hash, now, forgotten),
    )
    return bool(taken.rowcount)


async def find(tx: Tx, name: RequestKey) -> ApiRequest | None:
    """What was asked with a key; None if nothing was."""
    async with tx.cursor(row_factory=class_row(ApiRequest)) as cursor:
        await cursor.execute(
            "SELECT request_hash, http_status, answer FROM api_request WHERE (by_whom, study, key) = (%s, %s, %s)",
            astuple(name),
        )
        return await cursor.fetchone()


async def end(tx: Tx, name: RequestKey, http_status: int, answer: str) -> None:
    """Keep the answer of a request."""
    await tx.execute(
        "UPDATE api_request SET http_status = %s, answer = %s WHERE (by_whom, study, key) = (%s, %s, %s)",
        (http_status, answer, *astuple(name)),
    )


async def free(tx: Tx, name: RequestKey) -> None:
    """Let a key be used again: its request has changed nothing."""
    await tx.execute("DELETE FROM api_request WHERE (by_whom, study, key) = (%s, %s, %s)", astuple(name))


async def forget(tx: Tx, before: datetime) -> int:
    """Delete requests from before this; return how many."""
    return (await tx.execute("DELETE FROM api_request WHERE asked_at < %s", (before,))).rowcount
