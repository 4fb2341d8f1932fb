"""Rows of `answer`, `response` and `score`: what was answered, and how it was scored."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.survey import Mode
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.occasions import OccasionRow
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer, never changed: a correction is a new row."""

    answered_at: datetime
    participant_id: UUID
    occasion_id: UUID
    instrument: str
    instrument_version: str
    instrument_hash: str
    item: str
    value: float | None
    code: str | None
    absent: str | None
    reporter: Reporter
    mode: Mode
    rung: int
    language: str
    inbound_id: UUID | None
    nonce: str | None
    late: bool
    corrected_by: Reporter | None = None
    """Who corrected it after the end of the survey; None for an answer given while it was open, or late."""


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """All answers of one occasion to one instrument."""

    id: UUID
    participant_id: UUID
    occasion_id: UUID
    instrument: str
    instrument_version: str
    instrument_hash: str
    reporter: Reporter
    mode: Mode
    language: str
    status: Literal["completed", "partial"]
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One scale of one response under one scoring version."""

    completed_at: datetime
    response_id: UUID
    participant_id: UUID
    occasion_id: UUID
    instrument: str
    instrument_version: str
    scoring_version: str
    scale: str
    value: float | None
    answered: int
    of: int
    reason: str | None
    band: str | None
    reporter: Reporter
    mode: Mode
    scored_at: datetime


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The current answer to an item, with its mode and time."""

    code: str | None
    absent: str | None
    mode: Mode
    answered_at: datetime


ALL_TIME = datetime.min.replace(tzinfo=UTC)
"""A `since` that includes everything. A later one lets TimescaleDB skip old chunks, which are compressed."""

_WHOLE = re.compile(r"-?\d+")
_ANSWER = tuple(AnswerRow.__dataclass_fields__)
_RESPONSE = tuple(ResponseRow.__dataclass_fields__)
_SCORE = tuple(ScoreRow.__dataclass_fields__)


_LOAD = """
SELECT DISTINCT ON (occasion_id, instrument, item) occasion_id, instrument, item, value, code, absent
FROM answer WHERE occasion_id = ANY(%s) AND answered_at >= %s ORDER BY occasion_id, instrument, item, seq DESC
"""

_HISTORY = f"""
SELECT {", ".join(_ANSWER)} FROM answer WHERE occasion_id = ANY(%s) AND answered_at >= %s ORDER BY occasion_id, seq
""".encode()  # noqa: S608  # column names only


def _insert(table: str, columns: Sequence[str], conflict: str = "") -> bytes:
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) {conflict}".encode()  # noqa: S608


def since(occasions: Iterable[OccasionRow]) -> datetime:
    """An instant before which none of these occasions has an answer; a day early, because clocks differ."""
    opened = [at for row in occasions for at in (row.opens_at, row.opened_at) if at is not None]
    return min(opened) - timedelta(days=1) if opened else ALL_TIME


# One statement for all scores of a response, because each one marks their weeks.
_ADD_SCORES = f"""
INSERT INTO score ({", ".join(_SCORE)})
SELECT * FROM unnest(%s::timestamptz[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[],
                     %s::text[], %s::float8[], %s::int[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::timestamptz[])
ON CONFLICT DO NOTHING
""".encode()  # noqa: S608  # column names only


async def add(tx: Tx, rows: Sequence[AnswerRow]) -> None:
    """Store answers."""
    await _insert_many(tx, _insert("answer", _ANSWER), _ANSWER, rows)


async def add_responses(tx: Tx, rows: Sequence[ResponseRow]) -> None:
    """Store responses; a late answer updates the response of its occasion."""
    query = _insert(
        "response", _RESPONSE,
        "ON CONFLICT (occasion_id, instrument) DO UPDATE SET status = excluded.status,"
        " completed_at = excluded.completed_at, mode = excluded.mode",
    )  # fmt: skip
    await _insert_many(tx, query, _RESPONSE, rows)


async def at_their_time(tx: Tx, rows: Sequence[ResponseRow]) -> list[ResponseRow]:
    """Responses that are completed again by a correction, with the time of the first, a microsecond later.

    So the scores stay on the day of the survey, and the new ones supersede the old.
    """
    known = await load_responses(tx, [row.id for row in rows])
    again = timedelta(microseconds=1)
    return [replace(row, completed_at=known[row.id].completed_at + again) if row.id in known else row for row in rows]


async def add_scores(tx: Tx, rows: Sequence[ScoreRow], *, since: datetime = ALL_TIME) -> int:
    """Store scores. Returns how many are new; a stored score of the same answers and scoring version is unchanged.

    If a late answer has updated the response, its earlier scores are marked superseded. No response was completed
    before `since`.
    """
    if not rows:
        return 0
    newer = {(row.response_id, row.scoring_version, row.completed_at, row.scored_at) for row in rows}
    await tx.execute(
        """
        UPDATE score SET superseded_at = newer.scored_at
        FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[])
             AS newer (response_id, scoring_version, completed_at, scored_at)
        WHERE score.response_id = newer.response_id AND score.scoring_version = newer.scoring_version
          AND score.completed_at < newer.completed_at AND score.superseded_at IS NULL AND score.completed_at >= %s
        """,
        [*(list(column) for column in zip(*newer, strict=True)), since],
    )
    added = await tx.execute(_ADD_SCORES, [[getattr(row, column) for row in rows] for column in _SCORE])
    return added.rowcount


async def given_on_page(tx: Tx, occasion: UUID, item: str, nonce: str, *, since: datetime) -> list[Answer]:
    """The answers to an item from one page of the web form, which `nonce` identifies."""
    rows = await tx.execute(
        """
        SELECT value, code, absent FROM answer
        WHERE occasion_id = %s AND item = %s AND nonce = %s AND answered_at >= %s
        """,
        (occasion, item, nonce, since),
    )
    return [read(row["value"], row["code"], row["absent"]) for row in await rows.fetchall()]


async def load(
    tx: Tx, occasions: Sequence[UUID], *, since: datetime = ALL_TIME
) -> dict[UUID, dict[str, dict[str, Answer]]]:
    """The current answers by occasion, instrument and item; no occasion has an answer before `since`."""
    rows = await tx.execute(_LOAD, (list(occasions), since))
    by_occasion: dict[UUID, dict[str, dict[str, Answer]]] = {}
    for row in await rows.fetchall():
        answers = by_occasion.setdefault(row["occasion_id"], {}).setdefault(row["instrument"], {})
        answers[row["item"]] = read(row["value"], row["code"], row["absent"])
    return by_occasion


async def corrected(tx: Tx, occasions: Sequence[UUID]) -> set[tuple[UUID, str]]:
    """The occasions and instruments of which somebody corrected an answer after the end."""
    rows = await tx.execute(
        "SELECT DISTINCT occasion_id, instrument FROM answer WHERE occasion_id = ANY(%s) AND corrected_by IS NOT NULL",
        (list(occasions),),
    )
    return {(row["occasion_id"], row["instrument"]) for row in await rows.fetchall()}


async def history(tx: Tx, occasions: Sequence[UUID], *, since: datetime) -> list[AnswerRow]:
    """Every answer ever given in these occasions, in the order in which they were given; none was before `since`."""
    async with tx.cursor(row_factory=class_row(AnswerRow)) as cursor:
        await cursor.execute(_HISTORY, (list(occasions), since))
        return await cursor.fetchall()


async def given_at(tx: Tx, occasion: UUID, *, since: datetime) -> dict[tuple[str, str], datetime]:
    """When the current answer to each item was given, by (instrument, item)."""
    rows = await tx.execute(
        """
        SELECT DISTINCT ON (instrument, item) instrument, item, answered_at FROM answer
        WHERE occasion_id = %s AND answered_at >= %s ORDER BY instrument, item, seq DESC
        """,
        (occasion, since),
    )
    return {(row["instrument"], row["item"]): row["answered_at"] for row in await rows.fetchall()}


async def find_current(tx: Tx, occasion: UUID, instrument: str, item: str) -> LastAnswer | None:
    """The current answer to an item; None if there is none."""
    async with tx.cursor(row_factory=class_row(LastAnswer)) as cursor:
        await cursor.execute(
            "SELECT code, absent, mode, answered_at FROM answer"
            " WHERE occasion_id = %s AND instrument = %s AND item = %s ORDER BY seq DESC LIMIT 1",
            (occasion, instrument, item),
        )
        return await cursor.fetchone()


async def modes(tx: Tx, occasions: Sequence[UUID], *, since: datetime) -> dict[UUID, Mode]:
    """The mode of the last answer of each occasion."""
    rows = await tx.execute(
        """
        SELECT DISTINCT ON (occasion_id) occasion_id, mode FROM answer
        WHERE occasion_id = ANY(%s) AND answered_at >= %s AND absent IS DISTINCT FROM 'not-asked'
        ORDER BY occasion_id, seq DESC
        """,
        (list(occasions), since),
    )
    return {row["occasion_id"]: row["mode"] for row in await rows.fetchall()}


async def load_responses(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, ResponseRow]:
    """The responses with these ids, by id."""
    async with tx.cursor(row_factory=class_row(ResponseRow)) as cursor:
        await cursor.execute(
            """
            SELECT id, participant_id, occasion_id, instrument, instrument_version, instrument_hash, reporter, mode,
                   language, status, completed_at
            FROM response WHERE id = ANY(%s)
            """,
            (list(ids),),
        )
        return {row.id: row async for row in cursor}


def columns(answer: Answer) -> tuple[float | None, str | None, str | None]:
    """An answer as the columns value, code, absent."""
    if isinstance(answer, Absent):
        return None, None, answer.value
    if answer is None:
        return None, None, "unknown"
    return (float(answer) if isinstance(answer, int | float) else None), str(answer), None


def read(value: float | None, code: str | None, absent: str | None) -> Answer:
    """The answer in the columns value, code, absent."""
    if absent is not None:
        return None if absent == "unknown" else Absent(absent)
    if code is None or value is None:
        return str(code)
    return int(code) if _WHOLE.fullmatch(code) else value


async def _insert_many(tx: Tx, query: bytes, columns: Sequence[str], rows: Sequence[object]) -> int:
    if not rows:
        return 0
    async with tx.cursor() as cursor:
        await cursor.executemany(query, [tuple(getattr(row, column) for column in columns) for row in rows])
        return cursor.rowcount
