"""Rows of `look`: each time that somebody was shown words of a patient or their addresses. The table only grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx

Door = Literal["cli", "web", "api"]
"""Where a user came from: the command line, or the team's pages."""
View = Literal[
    "task", "stranger", "stranger and address", "reading list", "transcript", "reply", "own page", "answers",
    "addresses", "address search",
]  # fmt: skip
"""What showed the words: one task, messages of strangers, the reading list, a person's transcript, one reply,
the copy that a person took of their own data, answers in free text; or what showed addresses: `address search` says
who is reached at one, and shows no words."""


@dataclass(frozen=True, slots=True)
class Look:
    """Who was shown which texts and mails (`inbound_ids`), when, where and why. A stranger is no participant."""

    looked_at: datetime
    looked_by: str
    door: Door
    view: View
    participant_id: UUID | None
    task_id: UUID | None
    inbound_ids: Sequence[UUID]
    why: str = ""


_SELECT: LiteralString = """
SELECT looked_at, looked_by, door, view, participant_id, task_id, inbound_ids, why FROM look
"""


async def add(tx: Tx, row: Look) -> None:
    """Record that somebody is shown words, in the transaction that reads them."""
    await tx.execute(
        """
        INSERT INTO look (looked_at, looked_by, door, view, participant_id, task_id, inbound_ids, why)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            row.looked_at, row.looked_by, row.door, row.view, row.participant_id, row.task_id, list(row.inbound_ids),
            row.why,
        ),
    )  # fmt: skip


async def at_participant(tx: Tx, participant: UUID) -> list[Look]:
    """Every look at what a participant wrote, oldest first."""
    async with tx.cursor(row_factory=class_row(Look)) as cursor:
        await cursor.execute(f"{_SELECT} WHERE participant_id = %s ORDER BY id", (participant,))
        return await cursor.fetchall()


async def at_strangers(tx: Tx) -> list[Look]:
    """Every look at what strangers wrote, oldest first; also the looks at people who were erased since."""
    async with tx.cursor(row_factory=class_row(Look)) as cursor:
        await cursor.execute(f"{_SELECT} WHERE participant_id IS NULL ORDER BY id")
        return await cursor.fetchall()
