"""What has just happened to occasions, across a study: for a screen that shows the product at work."""

from uuid import UUID

from psycopg.rows import DictRow

from pro_collector.postgres.connection import Tx


async def since(tx: Tx, study: str, last: int, limit: int) -> list[DictRow]:
    """Up to `limit` log lines after the line `last`, oldest first, each with whom and what it is about."""
    rows = await tx.execute(
        """
        SELECT l.id, l.at, l.what, l.detail, p.code, o.assessment, o.reporter, o.id AS occasion_id
        FROM occasion_log l JOIN occasion o ON o.id = l.occasion_id JOIN participant p ON p.id = l.participant_id
        WHERE p.study = %s AND l.id > %s AND l.what IN ('due', 'sent', 'answered', 'heard', 'completed', 'partial',
                                                         'missed', 'cancelled', 'call')
        ORDER BY l.id LIMIT %s
        """,
        (study, last, limit),
    )
    return await rows.fetchall()


async def codes(tx: Tx, study: str) -> dict[UUID, str]:
    """The code of each participant."""
    rows = await tx.execute("SELECT id, code FROM participant WHERE study = %s", (study,))
    return {row["id"]: row["code"] for row in await rows.fetchall()}
