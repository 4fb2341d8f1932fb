"""A text that may be the answer to a check-in that had just closed: it is taken for no other, and a person reads it."""

from pro_collector.casework.desk.desk import Desk
from pro_collector.domain.conversation.phone_turn import ReplyTarget
from pro_collector.domain.conversation.reaction import Reaction
from pro_collector.domain.conversation.survey import ENDED
from pro_collector.postgres.tables.inbound import InboundRow
from scheduler.occasion import STOPPED

CROSSED = "may be an answer to a check-in that had just closed"
"""The reason of the task when nobody can tell whether a text is to that one or to the one that was asked next."""
TOO_LATE = "was written before the check-in closed, and came after the last moment for late answers"


def have_it_read(desk: Desk, text: InboundRow, reaction: Reaction, target: ReplyTarget) -> None:
    """Raise a task to read this text if its answer was recorded nowhere, and will not be asked for again."""
    crossed = desk.phones.of(target.perhaps)
    if crossed and reaction.outcome in ("again", "overtaken"):
        case, row = crossed
        if row.state in ENDED and row.reason not in STOPPED:
            desk.raise_task(case, row, "review", CROSSED, inbound=text.id)
    meant = desk.phones.of(target.occasion_id)
    if meant and reaction.outcome == "closed":
        case, row = meant
        if text.received_at < row.closes_at and row.reason not in STOPPED:
            desk.raise_task(case, row, "review", TOO_LATE, inbound=text.id)
