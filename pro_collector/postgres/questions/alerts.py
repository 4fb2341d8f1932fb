"""Alerts of the team: those of a task are in `task`, those of a stranger only in `outbox`."""

from datetime import datetime
from uuid import UUID

from pro_collector.postgres.connection import Tx


async def exists(tx: Tx, id: UUID) -> bool:
    """Whether this id of a mail belongs to an alert: the mail has the id of the task or of the stranger's alert."""
    rows = await tx.execute(
        """
        SELECT 1 FROM task WHERE id = %(id)s
        UNION ALL SELECT 1 FROM outbox WHERE event_id = %(id)s AND type = 'alert.raised'
        """,
        {"id": id},
    )
    return await rows.fetchone() is not None


async def of_strangers(tx: Tx, since: datetime) -> dict[UUID, datetime]:
    """The time of the last alert about each stranger after `since`, by the stranger's id."""
    rows = await tx.execute(
        """
        SELECT participant_id, max(occurred_at) AS last FROM outbox
        WHERE type = 'alert.raised' AND payload ->> 'kind' = 'stranger' AND occurred_at > %s GROUP BY 1
        """,
        (since,),
    )
    return {row["participant_id"]: row["last"] for row in await rows.fetchall()}
