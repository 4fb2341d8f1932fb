"""silence.noticed: raise the alerts of the rules that wait until somebody has answered nothing for so long."""

from collections.abc import Sequence

from pro_collector.casework.alerting import raise_for_silence
from pro_collector.domain.events import SilenceNoticed
from pro_collector.postgres.tables import participants
from pro_collector.runtime import Runtime


async def handle(events: Sequence[SilenceNoticed], rt: Runtime) -> None:
    """Evaluate the rules for each of these people, who may have answered meanwhile."""
    async with rt.database.once(events) as (tx, fresh):
        people = await participants.lock(tx, [event.participant_id for event in fresh])
        await raise_for_silence(tx, rt, people)
