"""Simulates the study team: it enrols a cohort, and records treatment events on the day it learns of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.commands.record_treatment import record_event
from pro_collector.rehearsal.activity import Activity
from pro_collector.rehearsal.cohort import Persona
from pro_collector.runtime import Runtime

AT_WORK = time(7, 0, tzinfo=UTC)
BY = "rehearsal"


class Staff:
    """Enrols people in `study` and records their treatment, with the commands that a real team uses."""

    def __init__(self, rt: Runtime, study: str) -> None:
        self.activity = Activity(rt.clock)
        self._rt, self._study = rt, study

    async def look_after(self, characters: Sequence[Persona]) -> None:
        """Do all work that is due by today, and start tasks that do the rest on the morning of its day."""
        today = self._rt.clock.now().date()
        days = {persona.enrolled_on for persona in characters}
        days |= {happening.told_on for persona in characters for happening in persona.happenings}
        await self._work(date.min, today, characters)
        for day in sorted(day for day in days if day > today):
            self.activity.spawn(self._morning(day, characters))

    async def stop(self) -> None:
        """Cancel the remaining work."""
        await self.activity.stop()

    async def _morning(self, day: date, characters: Sequence[Persona]) -> None:
        wait = datetime.combine(day, AT_WORK) - self._rt.clock.now()
        await self.activity.pause(wait / timedelta(seconds=1))
        await self._work(day, day, characters)

    async def _work(self, since: date, until: date, characters: Sequence[Persona]) -> None:
        """Enrol the people who join from `since` until `until`, and record what the team learns in that time."""
        joining = [persona for persona in characters if since <= persona.enrolled_on <= until]
        new = [Enrolment.model_validate(persona.enrolment()) for persona in joining]
        if new:
            await enrol(self._rt, self._study, new)
        for persona in characters:
            for happening in persona.happenings:
                if since <= happening.told_on <= until:
                    await record_event(self._rt, persona.code, happening.kind, happening.on, by=BY, study=self._study)
