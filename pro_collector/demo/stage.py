"""Prepares a demonstration: applies the demo study, enrols a cohort, starts its people and the study team."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from pro_collector.commands.apply_study import apply_study, read
from pro_collector.domain.study.definition import Study
from pro_collector.embedded.servers import ShowProgress
from pro_collector.library import Library
from pro_collector.rehearsal.cohort import Persona
from pro_collector.rehearsal.people import People
from pro_collector.rehearsal.staff import Staff
from pro_collector.rehearsal.world import World
from pro_collector.resources import SCHEMAS
from pro_collector.runtime import Runtime

STUDY = "rare-tumour-story"
STUDY_FILE = SCHEMAS / "studies" / "demo.yaml"
STARTS = datetime(2026, 3, 2, 7, tzinfo=UTC)
"""A Monday, before the first survey is due; summer time begins in the following weeks."""


@dataclass(frozen=True)
class Stage:
    """A world with its simulated people and study team."""

    world: World
    people: People
    staff: Staff

    def idle(self) -> bool:
        """Whether the carrier, the people and the team have no running work at this instant."""
        actors = (self.world.carrier.activity, self.people.activity, self.staff.activity)
        return all(activity.idle() for activity in actors)

    def activity_counters(self) -> tuple[int, ...]:
        """Counters that grow whenever any work outside the database begins."""
        tallies = (self.world.carrier.tally.total(), self.world.mailbox.tally.total())
        return (*tallies, self.people.replies, self.people.visits)


def study(library: Library) -> Study:
    """Read the demo study from its file."""
    return read(STUDY_FILE.read_text(encoding="utf-8"), STUDY_FILE.name, library)


async def put_in_force(rt: Runtime, library: Library, say: ShowProgress) -> None:
    """Apply the demo study."""
    say("applying the study")
    await apply_study(rt, STUDY_FILE.read_text(encoding="utf-8"), STUDY_FILE.name, library, "demo")


@asynccontextmanager
async def open_stage(
    world: World,
    characters: Sequence[Persona],
    *,
    seed: int,
    also: Sequence[Persona] = (),
    look_every: float = 0.0,
    say: ShowProgress = lambda _: None,
) -> AsyncIterator[Stage]:
    """Start the simulated people and the team that enrols them; people in `also` are enrolled but not simulated."""
    async with AsyncExitStack() as stack:
        people = People(characters, world.carrier, world.mailbox, world.rt.clock, seed=seed, look_every=look_every)
        stack.push_async_callback(people.stop)
        staff = Staff(world.rt, STUDY)
        stack.push_async_callback(staff.stop)
        say("enrolling the first made-up people" + (" and you" if also else ""))
        await staff.look_after([*characters, *also])
        yield Stage(world, people, staff)
