"""timeline.changed: plan again after a treatment event, a state or a move, and to extend a plan in time.

The alerts of somebody who has died are closed.
"""

from collections.abc import Sequence

from pro_collector.casework.alerts_of_dead import follow_deaths
from pro_collector.casework.planning import apply, compare_plans
from pro_collector.casework.streaming import follow
from pro_collector.domain.events import TimelineChanged
from pro_collector.postgres.tables import participants
from pro_collector.runtime import Runtime


async def handle(events: Sequence[TimelineChanged], rt: Runtime) -> None:
    """Plan each participant once: the plan takes all their changes into account. The log names the last one."""
    async with rt.database.once(events) as (tx, fresh):
        causes = {event.participant_id: event.cause for event in fresh}
        people = await participants.lock(tx, list(causes))
        await participants.follow_moves(tx, list(causes), rt.clock.now())
        for planned in await compare_plans(tx, rt, causes):
            await apply(tx, rt, [planned], causes[planned.person.id])
        for cause in dict.fromkeys(causes.values()):
            await follow(tx, [id for id, said in causes.items() if said == cause], cause, rt.clock.now())
        await follow_deaths(tx, rt, people)
