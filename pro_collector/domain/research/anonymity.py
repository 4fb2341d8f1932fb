"""k-anonymity of participants by the traits that others may know of them: how coarse the traits must be. Pure.

A group is everybody with the same traits. In a bundle no group is smaller than `k` (Sweeney, Int J Uncertain Fuzz
2002;10:557, doi 10.1142/S0218488502001648): traits are given up one after the other until few participants are left in
smaller groups, and these are left out. It protects from being singled out by traits, not from somebody who knows the
answers of a participant.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from pro_collector.domain.research.tables import ParticipantOfStudy

OLDEST = 90
"""From this age on everybody is in one band (45 CFR 164.514(b)(2))."""


class Coarseness(NamedTuple):
    """How coarse the traits are: the years of an age band (None: no age), and the other traits that are kept."""

    band: int | None
    kept: frozenset[str]


_ALL = ("arm", "sex", "country", "site", "language")
LEVELS: Sequence[Coarseness] = (
    Coarseness(10, frozenset(_ALL)),
    Coarseness(10, frozenset(_ALL[:4])),
    Coarseness(10, frozenset(_ALL[:3])),
    Coarseness(20, frozenset(_ALL[:3])),
    Coarseness(20, frozenset(_ALL[:2])),
    Coarseness(None, frozenset(_ALL[:2])),
    Coarseness(None, frozenset(_ALL[:1])),
)
"""From fine to coarse. The arm stays: without it the data answer little."""


@dataclass(frozen=True, slots=True)
class CoarsenessTried:
    """What one level would mean: its smallest group, how many groups, how many participants are in too small ones."""

    level: Coarseness
    smallest: int
    groups: int
    below: int


@dataclass(frozen=True, slots=True)
class Anonymised:
    """The level that was chosen, who is left out at it, and what each level would have meant."""

    level: Coarseness
    left_out: frozenset[UUID]
    tried: Sequence[CoarsenessTried]
    smallest: int
    """The smallest group of those who stay: k as it was reached; 0 if nobody stays."""


def age_band(age: int | None, years: int | None) -> str | None:
    """The band of an age, such as `50-59`; None without an age, or where no age is kept."""
    if age is None or years is None:
        return None
    if age >= OLDEST:
        return f"{OLDEST}+"
    first = age // years * years
    return f"{first}-{min(first + years, OLDEST) - 1}"


def anonymise(people: Collection[ParticipantOfStudy], k: int, at_most: float) -> Anonymised:
    """The finest level at which at most this share of participants is in groups smaller than `k`; else the coarsest."""
    tried, chosen = [], LEVELS[-1]
    for level in reversed(LEVELS):
        sizes = Counter(traits(person, level) for person in people)
        below = sum(size for size in sizes.values() if size < k)
        tried.append(CoarsenessTried(level, min(sizes.values(), default=0), len(sizes), below))
        if below <= at_most * len(people):
            chosen = level
    sizes = Counter(traits(person, chosen) for person in people)
    out = frozenset(person.participant_id for person in people if sizes[traits(person, chosen)] < k)
    smallest = min((size for size in sizes.values() if size >= k), default=0)
    return Anonymised(chosen, out, tried[::-1], smallest)


def traits(person: ParticipantOfStudy, level: Coarseness) -> tuple[str | None, ...]:
    """What others may know of somebody, as coarse as the level says. The arm is each arm that they were in."""
    arms = f"{person.arm} {person.last_arm}" if person.crossed_over_on else person.arm
    known = {"arm": arms, "sex": person.sex, "country": person.country, "site": person.site}
    kept = {**known, "language": person.language}
    return age_band(person.age_at_enrolment, level.band), *(kept[name] if name in level.kept else None for name in _ALL)


def masked(count: int, k: int) -> int | str:
    """A number of participants as it may be told: `<5` instead of 1 to 4."""
    return count if count == 0 or count >= k else f"<{k}"
