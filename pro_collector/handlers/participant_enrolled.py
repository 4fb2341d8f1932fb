"""participant.enrolled: plan the occasions of a new participant."""

from collections.abc import Sequence

from pro_collector.casework.planning import apply, compare_plans
from pro_collector.domain.events import ParticipantEnrolled
from pro_collector.runtime import Runtime


async def handle(events: Sequence[ParticipantEnrolled], rt: Runtime) -> None:
    """Plan the new participants."""
    async with rt.database.once(events) as (tx, fresh):
        await apply(tx, rt, await compare_plans(tx, rt, [event.participant_id for event in fresh]), "enrolment")
