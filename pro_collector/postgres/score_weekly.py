"""Refreshes the weekly scores, outside of any transaction."""

from contextlib import suppress

import psycopg

from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import Database


async def refresh(database: Database) -> None:
    """Make `score_weekly` include what was just added to past weeks, or removed from them.

    If the server is unreachable or already refreshing, or the login is not the owner's, which TimescaleDB asks for, its
    own job does it within the hour.
    """
    with suppress(*TRANSIENT, psycopg.errors.InsufficientPrivilege):
        await database.run_alone("CALL refresh_score_weekly()")
