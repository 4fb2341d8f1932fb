"""The Kaplan-Meier estimate of times to an event: Kaplan EL, Meier P, J Am Stat Assoc 1958;53:457-481."""

from collections import Counter
from collections.abc import Iterable
from math import exp, log, sqrt
from statistics import NormalDist
from typing import NamedTuple


class SurvivalStep(NamedTuple):
    """One time at which something happened.

    `at_risk` people had neither event nor censoring before it. `free` is the estimated share without the event just
    after it (0 to 1), `low` and `high` its confidence limits (log-log, Greenwood's variance; Kalbfleisch & Prentice).
    They are None where the share is 1 or 0.
    """

    time: float
    at_risk: int
    events: int
    censored: int
    free: float
    low: float | None
    high: float | None


def kaplan_meier(times: Iterable[tuple[float, bool]], level: float = 0.95) -> list[SurvivalStep]:
    """The steps of the estimate, by time, from each person's time and whether it ended with the event.

    At one time, events come before censoring. `level` is the level of confidence (0 to 1).
    """
    people = list(times)
    events, all_ends = Counter(time for time, event in people if event), Counter(time for time, _ in people)
    at_risk, free, variance = len(people), 1.0, 0.0
    steps = []
    for time in sorted(all_ends):
        happened = events[time]
        free *= 1 - happened / at_risk
        variance += happened / (at_risk * (at_risk - happened)) if at_risk > happened else 0
        low, high = _limits(free, variance, level)
        steps.append(SurvivalStep(time, at_risk, happened, all_ends[time] - happened, free, low, high))
        at_risk -= all_ends[time]
    return steps


def median_time(steps: Iterable[SurvivalStep]) -> float | None:
    """The first time at which the share without the event is at most one half; None if it stays above."""
    return next((step.time for step in steps if step.free <= 0.5 + 1e-12), None)


def at_risk(times: Iterable[float], when: float) -> int:
    """How many people have neither event nor censoring before the time `when`, from each person's time.

    A time of days in weeks or months is not exact, so one within 0.000000001 of `when` is not before it.
    """
    return sum(time >= when - 1e-9 for time in times)


def _limits(free: float, variance: float, level: float) -> tuple[float | None, float | None]:
    if not 0 < free < 1:
        return None, None
    width = NormalDist().inv_cdf((1 + level) / 2) * sqrt(variance) / log(free)
    return free ** exp(-width), free ** exp(width)
