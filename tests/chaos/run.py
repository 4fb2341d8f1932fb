"""Plays a run: people are enrolled and answer while one fault after another strikes; then all of it is judged."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from random import Random

import psycopg

from pro_collector.errors import ProCollectorError
from tests.chaos.faults.fault import Fault
from tests.chaos.house import House
from tests.chaos.judge import judge
from tests.chaos.log import read
from tests.chaos.record import Connection, ages, connect, record, stored, unfinished

FRESH = {"events": 6.0, "texts": 20.0, "agenda": 8.0}
"""Seconds: work that has waited longer is late."""
LOOKS_EVERY = 1.0
FAILED = (ProCollectorError, psycopg.Error, OSError)
"""Errors of a fault itself, of our own servers: told, and the run goes on and is judged."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two faults, at least and at most; after so many looks without anything late it has recovered."""

    between: tuple[float, float] = (1, 5)
    steady: int = 5


@dataclass
class Outcome:
    """What a run came to. `recovered`: by fault, seconds each time; `wrong`: everything that must not be."""

    recovered: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


async def play(
    house: House,
    faults: Sequence[Fault],
    dice: Random,
    *,
    people: int,
    minutes: float,
    quiet_within: float,
    say: Say,
    pace: Pace = Pace(),
) -> Outcome:
    """Enrol `people` in the course of `minutes`, let each fault strike at least once, wait for quiet, and judge."""
    outcome = Outcome()
    ends = time.monotonic() + 60 * minutes
    enrolling = asyncio.create_task(_enrol(house, people, ends))
    try:
        while not house.carrier.taken:
            await asyncio.sleep(0.1)
        for number, fault in enumerate(cycle(faults)):
            if number >= len(faults) and time.monotonic() > ends:
                break
            await asyncio.sleep(dice.uniform(*pace.between))
            await _strike(house, fault, dice, outcome, say, pace.steady)
        await enrolling
    finally:
        enrolling.cancel()
    await _until_quiet(house, quiet_within, say)
    judge_run(house, outcome)
    return outcome


async def _enrol(house: House, people: int, ends: float) -> None:
    """So many each minute, and at least once; an attempt that a fault foils is repeated."""
    waves = max(1, round((ends - time.monotonic()) / 60))
    each = max(1, people // waves)
    for _ in range(waves):
        began = time.monotonic()
        while not await house.enrol(each):
            await asyncio.sleep(2)
        await asyncio.sleep(max(0.0, min(60 - (time.monotonic() - began), ends - time.monotonic())))


async def _strike(house: House, fault: Fault, dice: Random, outcome: Outcome, say: Say, steady: int) -> None:
    house.log.note("fault", name=fault.name)
    try:
        async with fault.hold(house, dice):
            await asyncio.sleep(fault.lasts)
    except FAILED as error:
        outcome.wrong.append(f"FAULT-FAILED {fault.name}: {error}")
    seconds = await _recovery(house, fault.recovers, steady)
    house.log.note("recovered", name=fault.name, seconds=seconds)
    say(f"{fault.name:44} {'not recovered' if seconds is None else f'{seconds:.0f} s'}")
    if seconds is None:
        outcome.wrong.append(f"NOT-RECOVERED {fault.name} in {fault.recovers:.0f} s")
    outcome.recovered.setdefault(fault.name, []).append(fault.recovers if seconds is None else seconds)


async def _recovery(house: House, within: float, looks: int) -> float | None:
    """Seconds until so many looks in a row found nothing late; None when something was late for too long."""
    began, steady, since = time.monotonic(), 0, 0.0
    while steady < looks:
        late = await asyncio.to_thread(_late, house)
        steady = 0 if late else steady + 1
        since = time.monotonic() - began if late else since
        if late:
            house.log.note("late", of=late)
        if since > within:
            return None
        await asyncio.sleep(LOOKS_EVERY)
    return since


def _late(house: House) -> dict[str, float]:
    """What has waited for too long, and for how long."""
    try:
        with connect(house.database.direct) as connection:
            waited = ages(connection)
    except psycopg.Error:
        return {"database": 0.0}
    return {name: round(seconds, 1) for name, seconds in waited.items() if seconds > FRESH[name]}


async def _until_quiet(house: House, within: float, say: Say) -> None:
    """Until nobody is about to answer and nothing waits, three looks in a row."""
    deadline, quiet = time.monotonic() + within, 0
    while quiet < 3 and time.monotonic() < deadline:
        waiting = await asyncio.to_thread(_waiting, house)
        quiet = 0 if any(waiting.values()) or not house.people.idle() else quiet + 1
        house.log.note("waiting", of=waiting)
        await asyncio.sleep(LOOKS_EVERY)
    say("quiet" if quiet else "not quiet")


def _waiting(house: House) -> dict[str, int]:
    with connect(house.database.direct) as connection:
        return {**unfinished(connection), "replies": house.carrier.written - stored(connection)}


def judge_run(house: House, outcome: Outcome) -> None:
    """Judge what was logged and recorded so far."""
    log = read(house.log.path)
    with connect(house.database.direct) as connection:
        found = record(connection)
        outcome.counts = _counts(connection, log)
    outcome.wrong += [*house.wrong, *judge(log, found)]


def _counts(connection: Connection, log: Sequence[dict[str, object]]) -> dict[str, int]:
    logged = ("took", "wrote", "mailed", "posted", "busy", "failed", "reset", "silent", "garbled", "ended")
    counts = {name: sum(line["what"] == name for line in log) for name in logged}
    for table in ("answer", "response", "score", "occasion", "dead_letter"):
        counts[table] = connection.execute(f"SELECT count(*) AS n FROM {table}".encode()).fetchall()[0]["n"]
    completed = connection.execute(b"SELECT count(*) AS n FROM occasion WHERE state = 'completed'").fetchall()[0]["n"]
    return {**counts, "completed": completed}
