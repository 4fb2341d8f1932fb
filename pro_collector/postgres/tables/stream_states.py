"""Rows of `stream_state`: what each topic of states was last told about each of its keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a topic was last told about a key; `state` is JSON."""

    key: UUID
    participant_id: UUID
    state: str


async def of_participants(tx: Tx, topic: str, people: Sequence[UUID]) -> dict[UUID, StreamState]:
    """What the topic was told about these participants, by key."""
    async with tx.cursor(row_factory=class_row(StreamState)) as cursor:
        await cursor.execute(
            "SELECT key, participant_id, state::text AS state FROM stream_state"
            " WHERE topic = %s AND participant_id = ANY(%s)",
            (topic, list(people)),
        )
        return {row.key: row for row in await cursor.fetchall()}


async def of_left_out(tx: Tx, topic: str, people: Sequence[UUID]) -> dict[UUID, StreamState]:
    """What the topic was told of responses of reporters who withdrew consent to the use of their data, by response."""
    async with tx.cursor(row_factory=class_row(StreamState)) as cursor:
        await cursor.execute(
            """
            SELECT t.key, t.participant_id, t.state::text AS state FROM stream_state t
            JOIN response r ON r.id = t.key
            JOIN research.left_out l ON l.participant_id = r.participant_id AND l.reporter = r.reporter
            WHERE t.topic = %s AND t.participant_id = ANY(%s)
            """,
            (topic, list(people)),
        )
        return {row.key: row for row in await cursor.fetchall()}


async def put(tx: Tx, topic: str, told: Mapping[UUID, tuple[UUID, str]]) -> None:
    """Record what the topic is told: by key, the participant and the state as JSON."""
    await tx.execute(
        """
        INSERT INTO stream_state (topic, key, participant_id, state)
        SELECT %s, told.key, told.participant_id, told.state
        FROM unnest(%s::uuid[], %s::uuid[], %s::jsonb[]) AS told (key, participant_id, state)
        ON CONFLICT (topic, key) DO UPDATE SET state = excluded.state
        """,
        (topic, list(told), [person for person, _ in told.values()], [state for _, state in told.values()]),
    )


async def remove(tx: Tx, topic: str, keys: Sequence[UUID]) -> None:
    """Forget what the topic was told about these keys."""
    await tx.execute("DELETE FROM stream_state WHERE topic = %s AND key = ANY(%s)", (topic, list(keys)))
