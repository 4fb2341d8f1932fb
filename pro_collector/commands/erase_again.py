"""Does again, after a restore, the erasures that were done since the backup was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

import structlog

from pro_collector.clock import Clock, StoppedClock
from pro_collector.commands.erase import erasure_id, remove
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import erasure
from pro_collector.postgres.questions.erasure import ErasureRow
from pro_collector.postgres.tables import participants
from pro_collector.postgres.tables.studies import Studies

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Then:
    """What planning needs, at the time of an erasure."""

    clock: Clock
    studies: Studies


async def erase_again(tx: Tx, before: Sequence[ErasureRow]) -> int:
    """Erase who was erased since the backup, and texts whose keys were destroyed; return how many people.

    `before`: the erasures that are in the backup. Each person is erased as it was done then, with the same record.
    """
    known, studies = {row.id for row in before}, Studies()
    everybody = await participants.everybody(tx)
    count = 0
    for row in await erasure.recorded(tx):
        person = None if row.id in known else erased_person(row, everybody)
        if person is not None:
            at = row.erased_at.astimezone(UTC)
            await remove(tx, _Then(StoppedClock(at), studies), await participants.load(tx, person), row)
            count += 1
    texts = await erasure.texts_without_key(tx)
    if unreadable := await erasure.values_without_key(tx):
        log.error("restored values have no data key: nobody can read them", values=unreadable)
    log.info("erased again after a restore", people=count, texts=texts)
    return count


def erased_person(row: ErasureRow, everybody: Mapping[str, Sequence[UUID]]) -> UUID | None:
    """Which of these participants (by study) was erased then; None when it was somebody else."""
    at = row.erased_at.astimezone(UTC)
    return next((person for person in everybody.get(row.study, ()) if erasure_id(person, at) == row.id), None)
