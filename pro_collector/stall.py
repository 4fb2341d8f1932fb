"""The rule of the watchdog: for how long a part has done nothing, although work waits and every server answers."""

from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class OldestWork:
    """The oldest work that waits for a part: its id, and for how many seconds it has waited."""

    id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look at a part found.

    `oldest`: the id of the oldest work that waits for it; None if nothing waits. `done`: how much this process has
    done of such work; it only grows. `able`: whether the servers that the part needs can be reached.
    """

    oldest: str | None
    done: int
    able: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """How a part stood at the last look: what was seen, when (seconds of a steady clock), for how long it has stalled.

    `seconds` is 0 if it does not stall.
    """

    look: Observation
    at: float
    seconds: float = 0.0


class Verdict(Enum):
    """What the watchdog does about a part."""

    FINE = auto()
    SAY = auto()
    """It has stalled for another `say_every` seconds: an error line."""
    END = auto()
    """It has stalled for too long: the process ends, so that its supervisor starts it again."""


def follow(before: Progress | None, look: Observation, now: float, *, longest_step: float) -> Progress:
    """How a part stands after another look.

    It stalls while the same oldest work waits, this process does nothing, and every server can be reached. If another
    process does the work, the oldest work changes. A gap between two looks counts for at most `longest_step` seconds:
    a process that was paused did not stall.
    """
    stalls = before is not None and look.able and look.oldest is not None and look == before.look
    if before is None or not stalls:
        return Progress(look, now)
    return Progress(look, now, before.seconds + min(max(0.0, now - before.at), longest_step))


def judge(before: Progress | None, after: Progress, *, say_every: float, limit: float) -> Verdict:
    """What to do about a part that stood as `before` and stands as `after`; a `limit` of 0 seconds ends nothing."""
    if 0 < limit <= after.seconds:
        return Verdict.END
    said = before.seconds if before and before.seconds <= after.seconds else 0.0
    return Verdict.SAY if after.seconds // say_every > said // say_every else Verdict.FINE
