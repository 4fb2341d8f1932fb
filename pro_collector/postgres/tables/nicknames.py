"""Rows of `vault.nickname`: what a participant is called in messages to an address that several people share."""

from collections.abc import Sequence
from uuid import UUID

from pro_collector.postgres.connection import Tx


async def of_participants(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, bytes]:
    """The sealed nicknames of those who have one, each behind its sealed key, by participant."""
    rows = await tx.execute(
        """
        SELECT participant_id, vault.with_key(participant_id::text, sealed) AS sealed FROM vault.nickname
        WHERE participant_id = ANY(%s)
        """,
        (list(participants),),
    )
    return {row["participant_id"]: bytes(row["sealed"]) for row in await rows.fetchall()}


async def put(tx: Tx, participant: UUID, sealed: bytes) -> None:
    """Store a nickname in place of an earlier one."""
    await tx.execute(
        """
        INSERT INTO vault.nickname (participant_id, sealed) VALUES (%s, %s)
        ON CONFLICT (participant_id) DO UPDATE SET sealed = excluded.sealed
        """,
        (participant, sealed),
    )


async def remove(tx: Tx, participant: UUID) -> None:
    """Remove a nickname."""
    await tx.execute("DELETE FROM vault.nickname WHERE participant_id = %s", (participant,))
