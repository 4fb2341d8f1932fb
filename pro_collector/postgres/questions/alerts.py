"""Alerts of the team, as the rows that cause them have them: in `task`, and in `outbox` where nobody knows whom."""

from datetime import datetime
from uuid import UUID

from pro_collector.postgres.connection import Tx


async def exists(tx: Tx, id: UUID) -> bool:
    """Whether a mail with this id tells the team of an alert: it has that of its task, or of a stranger's alert."""
    rows = await tx.execute(
        """
        SELECT 1 FROM task WHERE id = %(id)s
        UNION ALL SELECT 1 FROM outbox WHERE event_id = %(id)s AND type = 'alert.raised'
        """,
        {"id": id},
    )
    return await rows.fetchone() is not None


async def of_strangers(tx: Tx, since: datetime) -> dict[UUID, datetime]:
    """When the teams were last alerted since then of what a stranger wrote, by whom it concerned."""
    rows = await tx.execute(
        """
        SELECT participant_id, max(occurred_at) AS last FROM outbox
        WHERE type = 'alert.raised' AND payload ->> 'kind' = 'stranger' AND occurred_at > %s GROUP BY 1
        """,
        (since,),
    )
    return {row["participant_id"]: row["last"] for row in await rows.fetchall()}
