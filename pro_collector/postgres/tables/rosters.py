"""Rows of `roster`: every roster of a study, as its file was; the newest is in force."""

from datetime import datetime

from pro_collector.domain.alert.roster import Roster
from pro_collector.domain.study.alert_file import load_roster
from pro_collector.postgres.connection import Tx


async def in_force(tx: Tx, study: str, at: datetime) -> Roster | None:
    """The roster of a study that was in force at an instant; None if there was none."""
    rows = await tx.execute(
        "SELECT document FROM roster WHERE study = %s AND applied_at <= %s ORDER BY applied_at DESC LIMIT 1",
        (study, at),
    )
    row = await rows.fetchone()
    return load_roster(row["document"], f"roster of {study}") if row else None


async def put_in_force(tx: Tx, study: str, document: str, by: str, now: datetime) -> None:
    """Store a roster, which is in force from now on."""
    await tx.execute(
        "INSERT INTO roster (study, applied_at, applied_by, document) VALUES (%s, %s, %s, %s)",
        (study, now, by, document),
    )
