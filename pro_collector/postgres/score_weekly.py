"""Counts the days anew whose scores changed, outside of any transaction."""

from contextlib import suppress

import psycopg

from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database


async def refresh(database: Database) -> None:
    """Store what was just added to days, or removed from them; the views show it in any case, a little slower.

    If the server is unreachable or already counting, or the login may not, the nightly check does it.
    """
    with suppress(*TRANSIENT, psycopg.errors.InsufficientPrivilege):
        await database.run_alone("CALL refresh_score_weekly()")
