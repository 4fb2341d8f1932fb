"""Rows of `opt_out`: when an address stopped messages and how, and when they were on again.

The opt-out of an address is written here only: in `vault.contact`, and in the history with the same statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.stop_way import StopWay
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.contacts import column_of
from scheduler.rules import Channel, Reporter

PARTICIPANT = "participant"
"""Who stopped messages, or turned them on, if it was somebody at the address."""


@dataclass(frozen=True, slots=True)
class StopCause:
    """How messages were stopped or turned on, and by whom: the text that has the words, the task that a person read."""

    how: StopWay
    by: str = PARTICIPANT
    inbound_id: UUID | None = None
    task_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class OptOut:
    """One time that an address stopped messages; `resumed_...` are None while that is in force."""

    reporter: Reporter
    channel: Channel
    stopped_at: datetime
    how: StopWay
    stopped_by: str
    inbound_id: UUID | None
    task_id: UUID | None
    resumed_at: datetime | None
    resumed_how: StopWay | None
    resumed_by: str | None
    resumed_inbound_id: UUID | None

    @property
    def column(self) -> str:
        """The name of the address in a file of participants."""
        return column_of(self.reporter, self.channel)


_ADDRESSES_CHANGED: LiteralString = """
WITH ended AS (
    UPDATE opt_out o SET resumed_at = %(now)s, resumed_how = 'new address', resumed_by = %(by)s
    FROM vault.contact c WHERE c.id = o.contact_id AND o.participant_id = ANY(%(ids)s) AND o.resumed_at IS NULL
      AND c.opted_out_at IS NULL)
INSERT INTO opt_out (participant_id, contact_id, stopped_at, how, stopped_by)
SELECT c.participant_id, c.id, c.opted_out_at, 'known address', %(by)s FROM vault.contact c
WHERE c.participant_id = ANY(%(ids)s) AND c.opted_out_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM opt_out o WHERE o.contact_id = c.id AND o.resumed_at IS NULL)
"""


async def begin(tx: Tx, lookup: bytes, cause: StopCause, now: datetime) -> int:
    """Opt out every contact with this address. Returns how many changed; a repeat changes nothing (idempotent)."""
    rows = await tx.execute(
        """
        WITH stopped AS (
            UPDATE vault.contact SET opted_out_at = %(now)s WHERE lookup = %(lookup)s AND opted_out_at IS NULL
            RETURNING id, participant_id)
        INSERT INTO opt_out (participant_id, contact_id, stopped_at, how, inbound_id, task_id, stopped_by)
        SELECT participant_id, id, %(now)s, %(how)s, %(inbound)s::uuid, %(task)s::uuid, %(by)s FROM stopped
        """,
        _values(lookup, cause, now),
    )
    return rows.rowcount


async def end(tx: Tx, lookup: bytes, cause: StopCause, now: datetime) -> int:
    """Opt in every contact with this address again. Returns how many changed."""
    rows = await tx.execute(
        """
        WITH started AS (
            UPDATE vault.contact SET opted_out_at = NULL WHERE lookup = %(lookup)s AND opted_out_at IS NOT NULL
            RETURNING id)
        UPDATE opt_out o SET resumed_at = %(now)s, resumed_how = %(how)s, resumed_by = %(by)s,
               resumed_inbound_id = %(inbound)s::uuid
        FROM started WHERE o.contact_id = started.id AND o.resumed_at IS NULL
        """,
        _values(lookup, cause, now),
    )
    return rows.rowcount


async def follow_addresses(tx: Tx, participants: Sequence[UUID], by: str, now: datetime) -> None:
    """Bring the history up to date after addresses were added, replaced or removed.

    An opt-out belongs to the address: it ends with the address, and it applies to whoever gets this address later.
    """
    await tx.execute(_ADDRESSES_CHANGED, {"ids": list(participants), "by": by, "now": now})


async def of_participant(tx: Tx, participant: UUID) -> list[OptOut]:
    """The opt-outs at the addresses of a participant, oldest first."""
    async with tx.cursor(row_factory=class_row(OptOut)) as cursor:
        await cursor.execute(
            """
            SELECT c.reporter, c.channel, o.stopped_at, o.how, o.stopped_by, o.inbound_id, o.task_id, o.resumed_at,
                   o.resumed_how, o.resumed_by, o.resumed_inbound_id
            FROM opt_out o JOIN vault.contact c ON c.id = o.contact_id WHERE o.participant_id = %s
            ORDER BY o.stopped_at, o.id
            """,
            (participant,),
        )
        return await cursor.fetchall()


def _values(lookup: bytes, cause: StopCause, now: datetime) -> dict[str, bytes | datetime | str | UUID | None]:
    return {
        "lookup": lookup, "now": now, "how": cause.how, "by": cause.by, "inbound": cause.inbound_id,
        "task": cause.task_id,
    }  # fmt: skip
