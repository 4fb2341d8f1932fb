"""When nobody has a role that a rule wants to tell: gaps of a roster in watched hours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from pro_collector.domain.alert.roster import Roster
from pro_collector.domain.alert.watching import WatchedTime

LOOKED_AHEAD = timedelta(days=14)
STEP = timedelta(minutes=30)
"""Gaps are found to the half hour."""


@dataclass(frozen=True, slots=True)
class Gap:
    """From `begins` on, for `hours` of watched time, nobody has this role at this site (None: without a site)."""

    site: str | None
    role: str
    begins: datetime
    hours: float


def gaps(roster: Roster, roles: Sequence[str], sites: Mapping[str | None, WatchedTime], now: datetime) -> Iterator[Gap]:
    """The gaps of each role at each site in the next two weeks, whole watched hours only."""
    start = now.replace(minute=0, second=0, microsecond=0)
    moments = [start + STEP * n for n in range(int(LOOKED_AHEAD / STEP))]
    for site, time in sites.items():
        watched = [at for at in moments if time.watched(at)]
        for role in roles:
            covered = ((at, bool(roster.on_duty(role, site, at, time.zone))) for at in watched)
            for somebody, span in groupby(covered, key=lambda each: each[1]):
                if not somebody:
                    empty = [at for at, _ in span]
                    yield Gap(site, role, empty[0], len(empty) * (STEP / timedelta(hours=1)))
