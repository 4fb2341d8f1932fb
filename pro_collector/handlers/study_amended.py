"""study.amended: plan participants again under the study version that is now in force."""

from collections.abc import Sequence

from pro_collector.casework.planning import apply, compare_plans
from pro_collector.casework.streaming import follow
from pro_collector.domain.events import StudyAmended
from pro_collector.runtime import Runtime


async def handle(events: Sequence[StudyAmended], rt: Runtime) -> None:
    """Plan each participant under their new version; begun surveys are finished under the old one."""
    async with rt.database.once(events) as (tx, fresh):
        versions = {event.participant_id: event.version for event in fresh}
        for planned in await compare_plans(tx, rt, versions):
            await apply(tx, rt, [planned], f"amendment to {versions[planned.person.id]}")
        await follow(tx, list(versions), "amendment", rt.clock.now())
