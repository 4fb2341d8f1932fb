"""Rows of `link`: which occasion a link opens; only the hash of its token is kept."""

from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow


async def find(tx: AsyncConnection[DictRow], token_hash: bytes) -> tuple[UUID, UUID] | None:
    """The occasion and the contact that a link was made for."""
    rows = await tx.execute(
        "SELECT l.occasion_id, m.contact_id FROM link l JOIN message m ON m.id = l.message_id WHERE l.token_hash = %s",
        (token_hash,),
    )
    row = await rows.fetchone()
    return (row["occasion_id"], row["contact_id"]) if row else None


async def opened(tx: AsyncConnection[DictRow], token_hash: bytes, now: object) -> None:
    """Trace that a person pressed Start; machines open links too, so it is a hint and never data."""
    await tx.execute("UPDATE link SET opened_at = coalesce(opened_at, %s) WHERE token_hash = %s", (now, token_hash))
