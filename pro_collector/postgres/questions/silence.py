"""Who has answered nothing for long, although something was asked."""

from datetime import datetime
from uuid import UUID

from pro_collector.postgres.connection import Tx


async def silent_since(tx: Tx, study: str, since: datetime) -> list[UUID]:
    """Participants of a study of whom a reporter missed a check-in and has answered none since an instant."""
    rows = await tx.execute(
        """
        SELECT DISTINCT o.participant_id FROM occasion o JOIN participant p ON p.id = o.participant_id
        WHERE p.study = %s AND o.opened_at IS NOT NULL AND o.state IN ('completed', 'partial', 'missed')
        GROUP BY o.participant_id, o.reporter
        HAVING bool_or(o.state = 'missed')
           AND coalesce(max(o.ended_at) FILTER (WHERE o.state <> 'missed') <= %s, true)
        ORDER BY 1
        """,
        (study, since),
    )
    return [row["participant_id"] for row in await rows.fetchall()]
