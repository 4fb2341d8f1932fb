"""What follows when a received text is not the one that was recorded in its row: a person asks the writer."""

from collections.abc import Sequence

import structlog

from pro_collector.casework.desk.desk import Desk
from pro_collector.postgres.tables import inbound
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.inbound import InboundRow

log = structlog.get_logger(__name__)

UNREADABLE = "changed in the database by hand: nobody can read it, so ask them what they wrote"
"""The reason of the task: the text may have been a stop or an emergency."""
NOT_SHOWN = "(it was changed in the database by hand, and cannot be read)"
"""Stands for the words of such a text."""


async def report_altered(desk: Desk, text: InboundRow, reach: Sequence[ContactRow]) -> None:
    """Raise an urgent task for everybody who is reached at the address that the row names; nothing is answered."""
    log.error("a received text is not the one that was recorded: nobody can read it", inbound=str(text.id))
    for participant in sorted({contact.participant_id for contact in reach}):
        desk.raise_task(desk.cases[participant], None, "urgent", UNREADABLE, inbound=text.id)
    await inbound.record_outcome(desk.tx, text.id, "altered" if reach else inbound.STRANGER, None)
