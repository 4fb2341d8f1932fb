"""What rules look at: answers, scores, check-ins that ended, treatment and crossovers, each with when it was known.

Everything of one survey is known when it ended, because rules are evaluated then; what was corrected afterwards is
known from the correction on. Scores are those of the newest scoring version.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.alert.raising import Crossover
from pro_collector.domain.condition.history import CheckInEnded, Happened, Valued
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.answers import read
from scheduler.rules import Reporter


@dataclass(slots=True)
class PersonHistory:
    """The rows of one person; values and check-ins by reporter."""

    values: dict[Reporter, list[Valued]] = field(default_factory=dict)
    ended: dict[Reporter, list[CheckInEnded]] = field(default_factory=dict)
    happened: list[Happened] = field(default_factory=list)
    crossovers: list[Crossover] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _ValueRow:
    participant_id: UUID
    reporter: Reporter
    occasion_id: UUID
    instrument: str
    name: str
    value: float | None
    code: str | None
    absent: str | None
    at: datetime
    known_at: datetime


_ITEMS = b"""
SELECT a.participant_id, a.reporter, a.occasion_id, a.instrument, a.item AS name, a.value, a.code, a.absent,
       least(o.ended_at, r.completed_at) AS at, greatest(least(o.ended_at, r.completed_at), a.answered_at) AS known_at
FROM answer a JOIN response r ON r.occasion_id = a.occasion_id AND r.instrument = a.instrument
     JOIN occasion o ON o.id = a.occasion_id
WHERE a.participant_id = ANY(%s) ORDER BY a.seq
"""
_SCALES = b"""
WITH newest AS (
    SELECT DISTINCT ON (response_id) response_id, scoring_version FROM score
    WHERE participant_id = ANY(%s) ORDER BY response_id, scored_at DESC)
SELECT s.participant_id, s.reporter, s.occasion_id, s.instrument, s.scale AS name, s.value,
       NULL AS code, NULL AS absent, least(o.ended_at, s.completed_at) AS at,
       CASE WHEN row_number() OVER (PARTITION BY s.response_id, s.scale ORDER BY s.completed_at, s.scored_at) = 1
            THEN least(o.ended_at, s.completed_at) ELSE s.scored_at END AS known_at
FROM newest n JOIN score s USING (response_id, scoring_version) JOIN occasion o ON o.id = s.occasion_id
ORDER BY s.completed_at, s.scored_at
"""
_ENDED = """
SELECT participant_id, reporter, id, assessment, state, ended_at FROM occasion
WHERE participant_id = ANY(%s) AND opened_at IS NOT NULL AND state IN ('completed', 'partial', 'missed')
"""
_HAPPENED = """
SELECT participant_id, kind, happened_on, recorded_at, superseded_at FROM treatment_event
WHERE participant_id = ANY(%s) AND NOT retracted
"""


_CROSSED = """
SELECT participant_id, arm, starts_on, recorded_at, retracted_at FROM participant_state
WHERE participant_id = ANY(%s) AND arm IS NOT NULL ORDER BY starts_on, id
"""


async def load(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, PersonHistory]:
    """The history of each of these people."""
    ids = list(participants)
    found = {id: PersonHistory() for id in ids}
    for kind, query in (("item", _ITEMS), ("scale", _SCALES)):
        async with tx.cursor(row_factory=class_row(_ValueRow)) as cursor:
            await cursor.execute(query, (ids,))
            async for row in cursor:
                found[row.participant_id].values.setdefault(row.reporter, []).append(_valued(row, kind))
    for ended in await (await tx.execute(_ENDED, (ids,))).fetchall():
        of_reporter = found[ended["participant_id"]].ended.setdefault(ended["reporter"], [])
        of_reporter.append(
            CheckInEnded(str(ended["id"]), ended["assessment"], ended["state"] != "missed", ended["ended_at"])
        )
    for event in await (await tx.execute(_HAPPENED, (ids,))).fetchall():
        found[event["participant_id"]].happened.append(
            Happened(event["kind"], event["happened_on"], event["recorded_at"], event["superseded_at"])
        )
    for crossed in await (await tx.execute(_CROSSED, (ids,))).fetchall():
        found[crossed["participant_id"]].crossovers.append(
            Crossover(crossed["arm"], crossed["starts_on"], crossed["recorded_at"], crossed["retracted_at"])
        )
    return found


def _valued(row: _ValueRow, kind: Any) -> Valued:
    given = row.value if kind == "scale" else read(row.value, row.code, row.absent)
    value = given if isinstance(given, int | float | str) and row.absent is None else None
    return Valued(str(row.occasion_id), row.instrument, kind, row.name, value, row.at, row.known_at)
