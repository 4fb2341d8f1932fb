"""What can go wrong in a life, how often, and the boundaries at which it goes wrong: all of it decided by the seed."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from random import Random
from typing import Any

import psycopg

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.database import Database

RARELY, OFTEN = 0.002, 0.08
"""The range from which a life draws the probability of a fault at one crossing."""


class Died(BaseException):
    """A process ended here: what it had not committed is gone, and so is its memory."""


@dataclass(frozen=True, slots=True)
class Weather:
    """The probability of each fault at one crossing of its boundary. A life has about half of the kinds."""

    died: float = 0.0
    """The process ends at a boundary: around a transaction, a request to the carrier, a batch to Kafka."""
    rolled_back: float = 0.0
    """A transaction is lost before its commit: deadlock, or no connection."""
    commit_unknown: float = 0.0
    """The commit took place, and the connection was lost before its answer."""
    overtaken: float = 0.0
    """Another process, a text or a report goes first, between two transactions."""
    offset_lost: float = 0.0
    """A batch was handled, and Kafka delivers it again."""
    kafka_away: float = 0.0
    """Kafka takes nothing."""
    unconfirmed: float = 0.0
    """Kafka took the first part of a batch, and of the rest nobody knows."""
    record_lost: float = 0.0
    """Kafka confirmed a record, and loses it."""
    wiped: float = 0.0
    """Kafka loses every topic and every offset."""
    log_unreadable: float = 0.0
    """The carrier does not answer a question about its log."""
    mail_fault: float = 0.0
    """The mail relay cannot be reached, refuses, or its answer is lost; or an accepted mail bounces."""
    webhook_fault: float = 0.0
    """A webhook does not reach us; the carrier tries it again a few times."""
    clock_fault: float = 0.0
    """The clock of our machine jumps by some seconds."""
    asleep: float = 0.0
    """No process of ours runs for some hours."""

    @classmethod
    def of(cls, dice: Random) -> "Weather":
        """The weather of one life."""
        return cls(**{each.name: dice.uniform(RARELY, OFTEN) if dice.random() < 0.5 else 0.0 for each in fields(cls)})


class Boundaries:
    """Counts the crossings and decides what happens at each. `calm`: nothing goes wrong any more."""

    def __init__(self, weather: Weather, dice: Random) -> None:
        self.weather, self.dice = weather, dice
        self.calm = False
        self.tally: Counter[str] = Counter()
        self.crossed = 0
        self.running: list[str] = []
        """The processes at work: the last one runs, those before it wait between two of their transactions."""
        self.in_transaction = False
        self.began: dict[str, int] = {}
        """At which crossing each process began its last transaction."""
        self.notified: set[str] = set()
        self.lines: list[str] = []
        self.keep_lines = False
        self._trace = hashlib.sha256()
        self.overtake: Callable[[], Awaitable[None]] | None = None
        self.after_fault: Callable[[], None] = lambda: None

    def happens(self, kind: str, probability: float | None = None) -> bool:
        """Whether a fault happens now. Counts it."""
        chance = getattr(self.weather, kind) if probability is None else probability
        if self.calm or not chance or self.dice.random() >= chance:
            return False
        self.tally[kind] += 1
        self.note(f"fault: {kind}")
        self.after_fault()
        return True

    def cross(self, where: str) -> None:
        """Pass a boundary outside the database: here a process may die."""
        self.crossed += 1
        self.note(where)
        if self.happens("died"):
            raise Died

    async def pause(self) -> None:
        """Between two transactions: others may go first."""
        if self.overtake is not None and not self.in_transaction and self.happens("overtaken"):
            await self.overtake()

    def note(self, line: str) -> None:
        """Add a line to the trace. Two runs of a seed have the same trace."""
        whole = f"{'/'.join(self.running)}: {line}"
        self._trace.update(whole.encode())
        if self.keep_lines:
            self.lines.append(whole)

    def trace(self) -> str:
        """What happened, as a short hash."""
        return self._trace.hexdigest()[:12]


class _Notified:
    """Takes the notifications of a commit instead of PostgreSQL."""

    def __init__(self, database: "FaultyDatabase") -> None:
        self._database = database

    def notify(self, channels: Iterable[str]) -> None:
        self._database.boundaries.notified |= set(channels)

    async def stop(self) -> None: ...


class FaultyDatabase(Database):
    """The database of the product, on a real server. Around each transaction the seed decides what goes wrong."""

    def __init__(self, url: str) -> None:
        super().__init__(url, connections=4)
        self.boundaries = Boundaries(Weather(), Random(0))
        self._notifier = _Notified(self)  # type: ignore[assignment]

    async def look(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query of the judge, which crosses no boundary."""
        async with super().transaction() as tx:
            return await (await tx.execute(query.encode(), values or None)).fetchall()

    async def change(self, statements: str) -> None:
        """Run statements that are not of the product, past the triggers that keep what only grows."""
        async with super().transaction() as tx:
            await tx.execute("SET LOCAL session_replication_role = replica")
            await tx.execute(statements.encode())

    @asynccontextmanager
    async def transaction(self, *, long: bool = False) -> AsyncIterator[Tx]:
        here = self.boundaries
        await here.pause()
        here.cross("begin")
        here.began[here.running[-1] if here.running else ""] = here.crossed
        async with super().transaction(long=long) as tx:
            here.in_transaction = True
            try:
                yield tx
                here.cross("commit")
                if here.happens("rolled_back"):
                    raise self._error(psycopg.errors.DeadlockDetected("deadlock detected"))
            finally:
                here.in_transaction = False
        here.cross("committed")
        if here.happens("commit_unknown"):
            raise self._error(psycopg.OperationalError("server closed the connection unexpectedly"))
        await here.pause()

    def _error(self, error: psycopg.Error) -> BaseException:
        """The error of a lost transaction. The scheduler would wait a real second for the server, so it dies."""
        return Died() if self.boundaries.running[-1:] == ["scheduler"] else error
