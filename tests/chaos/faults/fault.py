"""A fault: it begins, holds for a while, and ends. `recovers` is how many seconds the product may then take."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from random import Random

from tests.chaos.house import House
from tests.chaos.needs import Need, nothing

Hold = Callable[[House, Random], AbstractAsyncContextManager[None]]

RECOVERS = 90.0
"""Seconds. What Kafka lost, or what died in a process, is published again after 60 s; the relay looks every 15 s."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: for how long it holds, and within how many seconds after its end nothing may be late any more."""

    name: str
    hold: Hold
    lasts: float
    recovers: float
    needs: Need


FAULTS: dict[str, Fault] = {}


def fault(
    *, lasts: float, recovers: float = RECOVERS, needs: Need = nothing
) -> Callable[[Callable[[House, Random], AsyncIterator[None]]], Hold]:
    """Name a fault after its function."""

    def named(function: Callable[[House, Random], AsyncIterator[None]]) -> Hold:
        hold: Hold = asynccontextmanager(function)
        name = function.__name__.replace("_", " ")
        FAULTS[name] = Fault(name, hold, lasts, recovers, needs)
        return hold

    return named


def chosen(names: Sequence[str], dice: Random, kafka: str = "embedded") -> list[Fault]:
    """The faults with these names, or all that can be had here, in an order that the dice choose."""
    unknown = set(names) - FAULTS.keys()
    if unknown:
        raise SystemExit(f"no such fault: {', '.join(sorted(unknown))}; there are: {', '.join(FAULTS)}")
    lacking = {name: lacks for name in names if (lacks := FAULTS[name].needs(kafka))}
    if lacking:
        raise SystemExit("\n".join(f"the fault {name!r} needs {lacks}" for name, lacks in lacking.items()))
    faults = [FAULTS[name] for name in names] or [each for each in FAULTS.values() if not each.needs(kafka)]
    dice.shuffle(faults)
    return faults


def left_out(kafka: str) -> list[str]:
    """What cannot be had here, a line for each fault."""
    return [f"left out: {each.name}: it needs {lacks}" for each in FAULTS.values() if (lacks := each.needs(kafka))]
