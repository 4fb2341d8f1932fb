"""The check-ins of the next months, for somebody's own calendar: codes and titles, nothing about a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.permission import Sites
from pro_collector.postgres.questions import calendar as rows
from pro_collector.postgres.questions.calendar import ComingCheckIn
from pro_collector.runtime import Runtime
from pro_collector.views.people import study_in_force, titles_of

AHEAD = timedelta(days=90)
MOST = 2_000
"""So many check-ins at most, the next ones: a calendar program holds no more, and one fetch costs no more."""


@dataclass(frozen=True, slots=True)
class CalendarFeed:
    """The check-ins that are open, or come in the next `AHEAD`, by time; `titles` of assessments."""

    study: str
    title: str
    titles: Mapping[str, str]
    check_ins: Sequence[ComingCheckIn]
    stamp: datetime
    """The beginning of the day (UTC): the same check-ins are the same calendar all day."""

    @property
    def tag(self) -> str:
        """Changes when anything of it changes."""
        content = self.title, sorted(self.titles.items()), self.check_ins, self.stamp
        return sha256(repr(content).encode()).hexdigest()[:32]


async def calendar_feed(rt: Runtime, study: str, sites: Sites, person: UUID | None) -> CalendarFeed:
    """The check-ins of one person, or of everybody at these sites. Raises NotFound for an unknown study."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        applied = await study_in_force(tx, rt, study)
        found = await rows.check_ins(tx, study, sites.listed, person, now + AHEAD, MOST)
    stamp = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return CalendarFeed(study, spoken(applied.title), titles_of(applied), found, stamp)
