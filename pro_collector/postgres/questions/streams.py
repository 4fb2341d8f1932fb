"""What the streams say now about scores and treatments, and what they were last told."""

from collections.abc import Mapping, Sequence
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.placement import Placed, Placement
from pro_collector.domain.stream_events import BelievedEvent, ScoresOfResponse
from pro_collector.postgres.connection import Tx

_PLACE: LiteralString = """
    place.site, place.arm, place.visit, place.assessment, place.visit_n, place.anchor, place.anchor_n,
    place.days_since_anchor, place.on_day, place.study_day, place.cycle, place.cycle_day, place.days_since
"""
# OFFSET 0: each of these is planned for one participant, whose rows are found by the indexes of the tables.
_OF_RESPONSES: LiteralString = f"""
    SELECT wanted.response_id, {_PLACE}
    FROM unnest(%s::uuid[], %s::uuid[]) AS wanted (participant_id, response_id)
    CROSS JOIN LATERAL (
        SELECT p.* FROM research.placements p
        WHERE p.participant_id = wanted.participant_id AND p.response_id = wanted.response_id OFFSET 0
    ) place
    WHERE NOT EXISTS (
        SELECT FROM response r
        JOIN research.left_out l ON l.participant_id = r.participant_id AND l.reporter = r.reporter
        WHERE r.id = wanted.response_id)
"""  # noqa: S608  # no value in it
_OF_PEOPLE: LiteralString = f"""
    SELECT wanted.id AS participant_id, place.study, place.visit_id AS occasion_id, place.response_id, place.instrument,
           scored.instrument_version, scored.reporter, scored.completed_at, scored.scores, scored.mode,
           scored.scoring_version, {_PLACE}
    FROM unnest(%s::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT s.response_id, max(s.completed_at) AS completed_at, jsonb_object_agg(s.scale, s.value) AS scores,
               (array_agg(s.instrument_version ORDER BY s.scored_at DESC))[1] AS instrument_version,
               (array_agg(s.scoring_version ORDER BY s.scored_at DESC))[1] AS scoring_version,
               min(s.reporter) AS reporter, (array_agg(s.mode ORDER BY s.scored_at DESC))[1] AS mode
        FROM research.scores s WHERE s.participant_id = wanted.id GROUP BY s.response_id OFFSET 0
    ) scored
    JOIN LATERAL (SELECT p.* FROM research.placements p WHERE p.participant_id = wanted.id OFFSET 0) place
        ON place.response_id = scored.response_id
    ORDER BY scored.completed_at, place.response_id
"""  # noqa: S608  # no value in it


class PlacedResponse(Placed):
    """A response with its place in the treatment."""

    response_id: UUID


async def placements(tx: Tx, responses: Mapping[UUID, UUID]) -> dict[UUID, Placement]:
    """The place of each of these responses; `responses` has the participant of each.

    None of a reporter who withdrew consent to the use of their data.
    """
    async with tx.cursor(row_factory=class_row(PlacedResponse)) as cursor:
        await cursor.execute(_OF_RESPONSES, (list(responses.values()), list(responses)))
        return {row.response_id: Placement.model_validate(row.model_dump()) for row in await cursor.fetchall()}


async def scores_of(tx: Tx, people: Sequence[UUID]) -> list[ScoresOfResponse]:
    """The current scores of these participants, a response each, with their place; oldest first."""
    async with tx.cursor(row_factory=class_row(ScoresOfResponse)) as cursor:
        await cursor.execute(_OF_PEOPLE, (list(people),))
        return await cursor.fetchall()


async def believed_of(tx: Tx, people: Sequence[UUID]) -> list[BelievedEvent]:
    """The treatment events and states of these participants that are believed."""
    async with tx.cursor(row_factory=class_row(BelievedEvent)) as cursor:
        await cursor.execute(
            """
            SELECT e.participant_id, e.study, e.event_id, e.record_id, e.source, e.kind, e.happened_on, e.ends_on,
                   e.recorded_at
            FROM unnest(%s::uuid[]) AS wanted (id)
            CROSS JOIN LATERAL (
                SELECT * FROM research.events one WHERE one.participant_id = wanted.id AND one.believed OFFSET 0
            ) e
            ORDER BY e.recorded_at, e.event_id
            """,
            (list(people),),
        )
        return await cursor.fetchall()
