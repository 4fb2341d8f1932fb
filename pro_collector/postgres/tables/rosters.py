"""Rows of `roster`: every roster of a study, as its file was; the newest is in force."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from psycopg.rows import class_row

from pro_collector.domain.alert.roster import Roster
from pro_collector.domain.study.alert_file import load_roster
from pro_collector.errors import BadInput
from pro_collector.postgres.connection import Tx

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A roster that was put in force, and by whom."""

    study: str
    applied_at: datetime
    applied_by: str
    document: str


async def in_force(tx: Tx, study: str, at: datetime) -> Roster | None:
    """The roster of a study that was in force at an instant; None if there was none.

    Also None, with an error in the log, if this version of the product cannot read it: then the contact is told.
    """
    row = await row_in_force(tx, study, at)
    if row is None:
        return None
    try:
        return load_roster(row.document, f"roster of {study}")
    except BadInput:
        log.error("the roster cannot be read; alerts go to the contact: apply it again", study=study)
        return None


async def row_in_force(tx: Tx, study: str, at: datetime) -> RosterRow | None:
    """The row of the roster that was in force at an instant; None if there was none."""
    async with tx.cursor(row_factory=class_row(RosterRow)) as cursor:
        await cursor.execute(
            """
            SELECT study, applied_at, applied_by, document FROM roster WHERE study = %s AND applied_at <= %s
            ORDER BY applied_at DESC LIMIT 1
            """,
            (study, at),
        )
        return await cursor.fetchone()


async def put_in_force(tx: Tx, study: str, document: str, by: str, now: datetime) -> None:
    """Store a roster, which is in force from now on."""
    await tx.execute(
        "INSERT INTO roster (study, applied_at, applied_by, document) VALUES (%s, %s, %s, %s)",
        (study, now, by, document),
    )
