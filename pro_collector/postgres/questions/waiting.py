"""How many people wait for a message that has not left yet, by channel."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx
from scheduler.rules import Channel


@dataclass(frozen=True, slots=True)
class WaitingPeople:
    """How many people wait on a channel, and for how many messages."""

    channel: Channel
    people: int
    messages: int


async def waiting_by_channel(tx: Tx, now: datetime) -> list[WaitingPeople]:
    """Who waits for a message that is still wanted; channels without any are left out.

    A message about an open survey is wanted even when its own time has passed: it is then sent as a reminder.
    """
    async with tx.cursor(row_factory=class_row(WaitingPeople)) as cursor:
        await cursor.execute(
            """
            SELECT m.channel, count(DISTINCT m.participant_id) AS people, count(*) AS messages
            FROM message m LEFT JOIN occasion o ON o.id = m.occasion_id
            WHERE m.state = 'requested' AND (m.expires_at > %(now)s OR (o.id IS NOT NULL AND o.ended_at IS NULL))
            GROUP BY m.channel ORDER BY m.channel
            """,
            {"now": now},
        )
        return await cursor.fetchall()
