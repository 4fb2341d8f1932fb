"""Refreshes the weekly scores, outside any transaction."""

from contextlib import suppress

from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database


async def refresh(database: Database) -> None:
    """Have `score_weekly` count at once what was just added to weeks that are over, or taken out of them.

    If the server is away, or at it already, TimescaleDB's own job makes up for it within the hour.
    """
    with suppress(*TRANSIENT):
        await database.apart("CALL refresh_score_weekly()")
