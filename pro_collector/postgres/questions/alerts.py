"""Alerts of the team: those of a task are in `task`, those of a stranger only in `outbox`."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.events import RULE, AlertRaised
from pro_collector.postgres.connection import Tx

UNTOLD: LiteralString = """
    a.state <> 'closed' AND NOT EXISTS (SELECT FROM agenda g WHERE g.participant_id = a.participant_id
        AND g.type = 'alert.due' AND g.payload->>'alert_id' = a.id::text)
    AND NOT EXISTS (SELECT FROM outbox b WHERE b.handled_at IS NULL AND b.participant_id = a.participant_id
        AND b.type = 'alert.due' AND b.payload->>'alert_id' = a.id::text)
"""
"""An alert `a` is open, and neither the agenda nor the outbox has its next moment."""


@dataclass(frozen=True, slots=True)
class AlertKey:
    """An alert, and whom it is about."""

    id: UUID
    participant_id: UUID


async def untold(tx: Tx) -> list[AlertKey]:
    """The open alerts of which nothing will tell anybody."""
    async with tx.cursor(row_factory=class_row(AlertKey)) as cursor:
        await cursor.execute(f"SELECT a.id, a.participant_id FROM alert a WHERE {UNTOLD} ORDER BY a.id")  # noqa: S608
        return await cursor.fetchall()


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


async def notice(tx: Tx, id: UUID) -> AlertRaised | None:
    """The event behind a mail or text to a person of the team about an alert of a rule; None if there is none."""
    rows = await tx.execute(
        """
        SELECT payload FROM outbox WHERE event_id = %s AND type = 'alert.raised' AND payload ->> 'kind' = %s
          AND EXISTS (SELECT FROM alert a WHERE a.id::text = payload ->> 'alert_id')
        """,
        (id, RULE),
    )
    row = await rows.fetchone()
    return AlertRaised.model_validate(row["payload"]) if row else None


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
