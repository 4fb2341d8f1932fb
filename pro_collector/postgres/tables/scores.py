"""Reads rows of `score` and `response`; `answers.py` writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.survey import Mode
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.answers import ResponseRow, ScoreRow
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class ResponseOfStudy(ResponseRow):
    """A response with the study version of its occasion."""

    study: str
    study_version: str


@dataclass(frozen=True, slots=True)
class ScoreOnTreatment:
    """A row of the view `score_on_treatment`; it has the participant's code and the response's id, and no other id."""

    study: str
    participant_code: str
    site: str | None
    arm: str | None
    instrument: str
    instrument_version: str
    scale: str
    value: float | None
    answered: int
    of: int
    reason: str | None
    band: str | None
    reporter: Reporter
    mode: Mode
    completed_at: datetime
    study_day: int
    cycle: int | None
    cycle_day: int | None
    assessment: str
    days_since_anchor: int
    days_since: Mapping[str, int] | None
    response_id: UUID


# Not the view `score_current`, which leaves out who withdrew consent: care and their own page show everything.
_CURRENT: LiteralString = """
SELECT DISTINCT ON (response_id, scale)
       completed_at, response_id, participant_id, occasion_id, instrument, instrument_version, scoring_version, scale,
       value, answered, of, reason, band, reporter, mode, scored_at
FROM score
"""
_NEWEST_FIRST: LiteralString = " ORDER BY response_id, scale, scored_at DESC"
_OF_INSTRUMENT = _CURRENT + "WHERE instrument = %s" + _NEWEST_FIRST
_ONE = _CURRENT + "WHERE response_id = %s AND scale = %s" + _NEWEST_FIRST
_OF_RESPONSES = _CURRENT + "WHERE response_id = ANY(%s)" + _NEWEST_FIRST


async def responses(tx: Tx, instrument: str) -> list[ResponseRow]:
    """All responses to an instrument, oldest first."""
    async with tx.cursor(row_factory=class_row(ResponseRow)) as cursor:
        await cursor.execute(
            """
            SELECT id, participant_id, occasion_id, instrument, instrument_version, instrument_hash, reporter, mode,
                   language, status, completed_at
            FROM response WHERE instrument = %s ORDER BY completed_at, id
            """,
            (instrument,),
        )
        return await cursor.fetchall()


async def current(tx: Tx, instrument: str) -> dict[UUID, dict[str, ScoreRow]]:
    """The current scores of an instrument, by response and scale."""
    by_response: dict[UUID, dict[str, ScoreRow]] = {}
    async with tx.cursor(row_factory=class_row(ScoreRow)) as cursor:
        await cursor.execute(_OF_INSTRUMENT, (instrument,))
        for row in await cursor.fetchall():
            by_response.setdefault(row.response_id, {})[row.scale] = row
    return by_response


async def find(tx: Tx, response: UUID, scale: str) -> ScoreRow | None:
    """The current score of one response and scale; None if there is none."""
    async with tx.cursor(row_factory=class_row(ScoreRow)) as cursor:
        await cursor.execute(_ONE, (response, scale))
        return await cursor.fetchone()


async def scales(tx: Tx, response: UUID) -> set[str]:
    """The scales for which a response has a score."""
    rows = await tx.execute("SELECT DISTINCT scale FROM score WHERE response_id = %s", (response,))
    return {row["scale"] for row in await rows.fetchall()}


async def responses_of_study(tx: Tx, study: str | None) -> list[ResponseOfStudy]:
    """All responses of a study (None: of all), oldest first; none of a reporter who withdrew consent to their use."""
    async with tx.cursor(row_factory=class_row(ResponseOfStudy)) as cursor:
        await cursor.execute(
            """
            SELECT r.id, r.participant_id, r.occasion_id, r.instrument, r.instrument_version, r.instrument_hash,
                   r.reporter, r.mode, r.language, r.status, r.completed_at, o.study, o.study_version
            FROM response r JOIN occasion o ON o.id = r.occasion_id
            WHERE (%s::text IS NULL OR o.study = %s) AND NOT EXISTS (
                SELECT FROM research.left_out l WHERE l.participant_id = r.participant_id AND l.reporter = r.reporter)
            ORDER BY r.completed_at, r.id
            """,
            (study, study),
        )
        return await cursor.fetchall()


async def responses_of(tx: Tx, participant: UUID) -> list[ResponseOfStudy]:
    """All responses of a participant, oldest first."""
    async with tx.cursor(row_factory=class_row(ResponseOfStudy)) as cursor:
        await cursor.execute(
            """
            SELECT r.id, r.participant_id, r.occasion_id, r.instrument, r.instrument_version, r.instrument_hash,
                   r.reporter, r.mode, r.language, r.status, r.completed_at, o.study, o.study_version
            FROM occasion o JOIN response r ON r.occasion_id = o.id
            WHERE o.participant_id = %s ORDER BY r.completed_at, r.id
            """,
            (participant,),
        )
        return await cursor.fetchall()


async def of_responses(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[ScoreRow]]:
    """The current scores of these responses, by response."""
    by_response: dict[UUID, list[ScoreRow]] = {}
    async with tx.cursor(row_factory=class_row(ScoreRow)) as cursor:
        await cursor.execute(_OF_RESPONSES, (list(ids),))
        for row in await cursor.fetchall():
            by_response.setdefault(row.response_id, []).append(row)
    return by_response


async def versions(tx: Tx, ids: Sequence[UUID], *, since: datetime) -> dict[UUID, str]:
    """The current scoring version by response, of those with scores; no response was completed before `since`."""
    rows = await tx.execute(
        """
        SELECT DISTINCT ON (response_id) response_id, scoring_version FROM score
        WHERE response_id = ANY(%s) AND completed_at >= %s ORDER BY response_id, scored_at DESC
        """,
        (list(ids), since),
    )
    return {row["response_id"]: row["scoring_version"] for row in await rows.fetchall()}


async def on_treatment(tx: Tx, study: str | None) -> list[ScoreOnTreatment]:
    """The view `score_on_treatment` of a study (None: of all studies), oldest first."""
    async with tx.cursor(row_factory=class_row(ScoreOnTreatment)) as cursor:
        await cursor.execute(
            """
            SELECT study, participant_code, site, arm, instrument, instrument_version, scale, value, answered, of,
                   reason, band, reporter, mode, completed_at, study_day, cycle, cycle_day, assessment,
                   days_since_anchor, days_since, response_id
            FROM score_on_treatment WHERE %s::text IS NULL OR study = %s ORDER BY completed_at, participant_code, scale
            """,
            (study, study),
        )
        return await cursor.fetchall()
