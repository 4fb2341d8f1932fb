"""The study team of a rehearsal: enrols a cohort, and writes down what happens to it on the day it learns of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.commands.tell_treatment import tell
from pro_collector.rehearsal.activity import Activity
from pro_collector.rehearsal.cohort import Persona
from pro_collector.runtime import Runtime

AT_WORK = time(7, 0, tzinfo=UTC)
BY = "rehearsal"


class Staff:
    """Enrols people in `study` and keeps their treatment up to date, by the commands that a real team uses."""

    def __init__(self, rt: Runtime, study: str) -> None:
        self.activity = Activity(rt.clock)
        self._rt, self._study = rt, study

    async def look_after(self, characters: Sequence[Persona]) -> None:
        """Enrol everybody who is to be in by today, and do the rest on the morning of its day."""
        today = self._rt.clock.now().date()
        days = {one.enrolled_on for one in characters} | {h.told_on for one in characters for h in one.happenings}
        await self._work(date.min, today, characters)
        for day in sorted(day for day in days if day > today):
            self.activity.spawn(self._morning(day, characters))

    async def stop(self) -> None:
        """Go home."""
        await self.activity.stop()

    async def _morning(self, day: date, characters: Sequence[Persona]) -> None:
        wait = datetime.combine(day, AT_WORK) - self._rt.clock.now()
        await self.activity.pause(wait / timedelta(seconds=1))
        await self._work(day, day, characters)

    async def _work(self, since: date, until: date, characters: Sequence[Persona]) -> None:
        """Enrol whoever comes from `since` until `until`, and write down what is learnt in that time."""
        new = [Enrolment.model_validate(one.enrolment()) for one in characters if since <= one.enrolled_on <= until]
        if new:
            await enrol(self._rt, self._study, new)
        for one in characters:
            for happening in one.happenings:
                if since <= happening.told_on <= until:
                    await tell(self._rt, one.code, happening.kind, happening.on, by=BY, study=self._study)
