"""study.amended: plan participants again under the study version that is now in force."""

from collections.abc import Sequence

from pro_collector.casework.planning import apply, compare_plans
from pro_collector.casework.streaming import follow
from pro_collector.domain.events import StudyAmended
from pro_collector.runtime import Runtime


async def handle(events: Sequence[StudyAmended], rt: Runtime) -> None:
    """Plan each participant under their new version; begun surveys are finished under the old one.

    Each in a transaction of their own: after ten years one plan takes some dozens of milliseconds, and a reply of
    everybody who is locked waits for it.
    """
    for event in {event.id: event for event in events}.values():
        async with rt.database.once([event]) as (tx, fresh):
            ids = [each.participant_id for each in fresh]
            for planned in await compare_plans(tx, rt, ids):
                await apply(tx, rt, [planned], f"amendment to {event.version}")
            await follow(tx, ids, "amendment", rt.clock.now())
