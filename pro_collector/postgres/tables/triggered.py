"""Rows of `triggered`: check-ins whose answers triggered an assessment, and what ended the series that followed."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from pro_collector.postgres.connection import Tx
from scheduler.anchors import Ended
from scheduler.trigger import TriggeredSeries


async def load(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, list[TriggeredSeries]]:
    """What the answers of each of these participants triggered, in order of time."""
    found: dict[UUID, list[TriggeredSeries]] = {id: [] for id in participants}
    rows = await tx.execute(
        """
        SELECT participant_id, assessment, reporter, occasion_id, at, recorded_at, ended_at, ended_by
        FROM triggered WHERE participant_id = ANY(%s) ORDER BY at, occasion_id
        """,
        (list(participants),),
    )
    for row in await rows.fetchall():
        found[row["participant_id"]].append(_read(row))
    return found


async def save(tx: Tx, participant: UUID, study_version: str, triggered: Iterable[TriggeredSeries]) -> None:
    """Store new records, and the end of those that are stored."""
    for each in triggered:
        ended = (each.ended.at, each.ended.by) if each.ended else (None, None)
        await tx.execute(
            """
            INSERT INTO triggered (participant_id, assessment, reporter, occasion_id, at, recorded_at, study_version,
                                   ended_at, ended_by)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (participant_id, assessment, reporter, occasion_id)
            DO UPDATE SET ended_at = excluded.ended_at, ended_by = excluded.ended_by
            """,
            (participant, each.assessment, each.reporter, UUID(each.check_in), each.at, each.recorded_at, study_version,
             *ended),
        )  # fmt: skip


def _read(row: dict[str, Any]) -> TriggeredSeries:
    ended = Ended(row["ended_at"], row["ended_by"]) if row["ended_at"] else None
    return TriggeredSeries(
        row["assessment"], row["reporter"], str(row["occasion_id"]), row["at"], row["recorded_at"], ended
    )
