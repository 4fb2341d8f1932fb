"""Publishes the whole state of scores and treatments again, for a Kafka that is new or has lost its records."""

from pro_collector.casework.streaming import refill
from pro_collector.postgres.tables import participants, studies
from pro_collector.runtime import Runtime

BATCH_SIZE = 50
"""How many participants are locked at a time."""


async def refill_streams(rt: Runtime, study: str | None = None) -> int:
    """Publish what `scores.latest` and `timeline.latest` should hold, of a study or of all (None).

    Returns of how many participants. It may run at any time: a consumer gets the same state again.
    """
    async with rt.database.transaction() as tx:
        chosen = [one.id for one in await studies.all_in_force(tx) if study in (None, one.id)]
        people = [row.id for name in chosen for row in await participants.of_study(tx, name)]
    for start in range(0, len(people), BATCH_SIZE):
        async with rt.database.transaction() as tx:
            locked = await participants.lock(tx, people[start : start + BATCH_SIZE])
            await refill(tx, list(locked), rt.clock.now())
    return len(people)
