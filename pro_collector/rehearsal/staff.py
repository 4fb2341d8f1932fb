"""The study team of a rehearsal: enrols a cohort, and writes down what happens to it on the day it learns of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.commands.tell_treatment import tell
from pro_collector.rehearsal.activity import Activity
from pro_collector.rehearsal.cohort import Character, Happening
from pro_collector.runtime import Runtime

AT_WORK = time(7, 0, tzinfo=UTC)
BY = "rehearsal"


class Staff:
    """Enrols people in `study` and keeps their treatment up to date, by the commands that a real team uses."""

    def __init__(self, rt: Runtime, study: str) -> None:
        self.activity = Activity(rt.clock)
        self._rt, self._study = rt, study

    async def enrol(self, characters: Sequence[Character]) -> None:
        """Enrol all at once; what is known of their treatment by now is told at once, the rest in its time."""
        await enrol(self._rt, self._study, [Enrolment.model_validate(one.enrolment()) for one in characters])
        today = self._rt.clock.now().date()
        for one in characters:
            for happening in one.happenings:
                if happening.told_on <= today:
                    await self._tell(one, happening)
        later = sorted({h.told_on for one in characters for h in one.happenings if h.told_on > today})
        for day in later:
            self.activity.spawn(self._write_down(day, characters))

    async def stop(self) -> None:
        """Go home."""
        await self.activity.stop()

    async def _write_down(self, day: date, characters: Sequence[Character]) -> None:
        """On the morning of `day`: everything that is learnt that day."""
        wait = datetime.combine(day, AT_WORK) - self._rt.clock.now()
        await self.activity.pause(wait / timedelta(seconds=1))
        for one in characters:
            for happening in one.happenings:
                if happening.told_on == day:
                    await self._tell(one, happening)

    async def _tell(self, one: Character, happening: Happening) -> None:
        await tell(self._rt, one.code, happening.kind, happening.on, by=BY, study=self._study)
