"""How many visits were expected and received in each group, and why the others did not come. Pure.

The standing of a visit, and with it who is not expected any more, is that of `missingness`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pro_collector.domain.research.missingness import EXPECTED, RECEIVED, VisitStanding

Counted = tuple[str, str, str, str, VisitStanding, str | None]
"""Of one visit of one participant: assessment, reporter, visit, group, standing, reason."""


@dataclass(frozen=True, slots=True)
class VisitCount:
    """One visit in one group of participants."""

    assessment: Annotated[str, "assessment of the study"]
    reporter: Annotated[str, "who answers: self, proxy, or a caregiver about themselves"]
    visit: Annotated[str, "name of the visit"]
    group: Annotated[str, "arm or site, or all participants"]
    expected: Annotated[int, "participants who were alive, in the study and due"]
    received: Annotated[int, "of these: something was received"]
    complete: Annotated[int, "of these: every question was answered, declined or skipped by skip logic"]
    reasons: Annotated[Mapping[tuple[str, str | None], int], "how many did not come, by standing and reason"]

    @property
    def completion_rate(self) -> float | None:
        """Received by expected; None if nothing was expected."""
        return self.received / self.expected if self.expected else None


def count_visits(visits: Iterable[Counted]) -> list[VisitCount]:
    """A row for each visit and group, in the order in which the visits come, then by group."""
    found: dict[tuple[str, str, str], dict[str, Counter[tuple[VisitStanding, str | None]]]] = {}
    for assessment, reporter, visit, group, place, reason in visits:
        groups = found.setdefault((assessment, reporter, visit), defaultdict(Counter))
        groups[group][place, reason] += 1
    return [_counted(key, group, counts) for key, groups in found.items() for group, counts in sorted(groups.items())]


def _counted(
    key: tuple[str, str, str], group: str, counts: Mapping[tuple[VisitStanding, str | None], int]
) -> VisitCount:
    by_standing: Counter[VisitStanding] = Counter()
    for (place, _), n in counts.items():
        by_standing[place] += n
    reasons = {
        (place.value, reason): n
        for (place, reason), n in sorted(counts.items(), key=str)
        if place not in RECEIVED and place is not VisitStanding.PENDING
    }
    return VisitCount(
        *key, group,
        expected=sum(by_standing[place] for place in EXPECTED),
        received=sum(by_standing[place] for place in RECEIVED),
        complete=by_standing[VisitStanding.COMPLETE],
        reasons=reasons,
    )  # fmt: skip
