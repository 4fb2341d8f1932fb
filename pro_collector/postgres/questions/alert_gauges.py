"""What monitoring reads of the alerts of rules: how many are open, how soon they were taken, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from pro_collector.domain.alert.life import PRODUCT
from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class OpenCount:
    """How many alerts of one rule of a study version are open in one state, and for how many seconds the oldest is."""

    study: str
    study_version: str
    rule: str
    state: str
    n: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Acknowledgements:
    """How many alerts were acknowledged within each number of seconds, in all, and the sum of their seconds."""

    within: Sequence[int]
    count: int
    seconds: float


async def open_counts(tx: Tx, now: datetime) -> list[OpenCount]:
    """The open alerts, by rule and state."""
    async with tx.cursor(row_factory=class_row(OpenCount)) as cursor:
        await cursor.execute(
            """
            SELECT study, study_version, rule, state, count(*) AS n,
                   greatest(0, extract(epoch FROM %s - min(raised_at)))::float8 AS seconds
            FROM alert WHERE state <> 'closed' GROUP BY 1, 2, 3, 4
            """,
            (now,),
        )
        return await cursor.fetchall()


async def acknowledgements(tx: Tx, buckets: Sequence[float]) -> Acknowledgements:
    """How soon a person first took care of each alert that was raised."""
    rows = await tx.execute(
        """
        WITH taken AS (
            SELECT extract(epoch FROM min(l.at) - a.raised_at)::float8 AS seconds
            FROM alert a JOIN alert_log l ON l.alert_id = a.id
            WHERE l.what IN ('acknowledged', 'closed') AND l.who <> %s GROUP BY a.id)
        SELECT count(*) AS n, coalesce(sum(seconds), 0) AS seconds,
               ARRAY(SELECT (SELECT count(*) FROM taken t WHERE t.seconds <= b.most)
                     FROM unnest(%s::float8[]) WITH ORDINALITY AS b (most, place) ORDER BY b.place) AS within
        FROM taken
        """,
        (PRODUCT, list(buckets)),
    )
    row = await rows.fetchone()
    return Acknowledgements(row["within"], row["n"], row["seconds"]) if row else Acknowledgements([], 0, 0.0)


async def happened(tx: Tx) -> dict[str, int]:
    """How many times each thing happened to an alert: raised, told, nobody, not_delivered, ..."""
    rows = await tx.execute("SELECT what, count(*) AS n FROM alert_log GROUP BY what")
    return {row["what"]: row["n"] for row in await rows.fetchall()}
