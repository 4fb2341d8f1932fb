"""treatment.reported: a hospital's own bus hands in records of treatment; the rules are those of every feed."""

from collections.abc import Sequence

from pro_collector.commands.take_reported import take_reported
from pro_collector.domain.events import TreatmentReported
from pro_collector.runtime import Runtime


async def handle(events: Sequence[TreatmentReported], rt: Runtime) -> None:
    """Take what is reported. Raises NotTaken for a batch with one that cannot be taken, and then takes nothing of it.

    The consumer splits such a batch, and stores the one as a dead letter with the reason.
    """
    await take_reported(rt, events)
