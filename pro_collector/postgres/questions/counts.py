"""Counts for the report of a run, and to check that every planned occasion has a state."""

from datetime import datetime
from typing import Any

from pro_collector.domain.conversation.survey import State
from pro_collector.postgres.connection import Tx


async def planned(tx: Tx, study: str, now: datetime) -> int:
    """How many occasions of a study that are due by `now` were ever planned.

    Counted from the log and not from the states, so that both counts can be compared.
    """
    return await _number(
        tx,
        """
        SELECT count(DISTINCT o.id) AS n FROM occasion o JOIN occasion_log l ON l.occasion_id = o.id
        WHERE o.study = %(study)s AND o.due_at <= %(now)s
        """,
        {"study": study, "now": now},
    )


async def states(tx: Tx, study: str, now: datetime) -> dict[State, int]:
    """How many occasions of a study that are due are in each state."""
    rows = await tx.execute(
        "SELECT state, count(*) AS n FROM occasion WHERE study = %s AND due_at <= %s GROUP BY state", (study, now)
    )
    return {row["state"]: row["n"] for row in await rows.fetchall()}


async def planned_later(tx: Tx, study: str, now: datetime) -> int:
    """How many occasions are planned for later than `now`."""
    return await _number(
        tx,
        "SELECT count(*) AS n FROM occasion WHERE study = %(study)s AND due_at > %(now)s AND state = 'planned'",
        {"study": study, "now": now},
    )


async def results(tx: Tx) -> dict[str, int]:
    """How many answers, responses, scores and dead letters there are."""
    rows = await tx.execute(
        """
        SELECT (SELECT count(*) FROM answer) AS answers, (SELECT count(*) FROM response) AS responses,
               (SELECT count(*) FROM score WHERE value IS NOT NULL) AS scores,
               (SELECT count(*) FROM dead_letter WHERE redriven_at IS NULL AND dismissed_at IS NULL) AS dead_letters
        """
    )
    row = await rows.fetchone()
    return dict(row or {})


async def _number(tx: Tx, query: str, values: dict[str, Any]) -> int:
    row = await (await tx.execute(query.encode(), values)).fetchone()
    return int(row["n"]) if row else 0
