"""Rows of `webhook` and `vault.webhook_secret`: programs elsewhere that get events of a study."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from urllib.parse import urlsplit
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook. `ended_by` None with `ended_at`: its receiver answered that it is gone."""

    id: UUID
    study: str
    name: str
    url: str
    events: Sequence[str]
    made_at: datetime
    made_by: str
    paused_at: datetime | None = None
    paused_by: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def host(self) -> str:
        """What a record says of where it leads: the rest of a URL may have a secret."""
        return urlsplit(self.url).hostname or ""

    @property
    def state(self) -> str:
        """active, paused, revoked or gone."""
        if self.ended_at is not None:
            return "revoked" if self.ended_by else "gone"
        return "active" if self.paused_at is None else "paused"


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret of a webhook with the sealed data key of the webhook before it, as `Vault.unseal` takes it."""

    made_at: datetime
    sealed: bytes
    row: str


def secret_row(webhook: UUID, made_at: datetime) -> str:
    """The row of `vault.webhook_secret` that a secret is sealed for, as text."""
    return f"{webhook}/secret/{made_at.isoformat()}"


_ROW: LiteralString = """
SELECT id, study, name, url, events, made_at, made_by, paused_at, paused_by, ended_at, ended_by FROM webhook
"""
_OF_STUDY: LiteralString = f"{_ROW} WHERE study = %s ORDER BY (ended_at IS NOT NULL), name, made_at DESC"
_IN_FORCE: LiteralString = f"{_ROW} WHERE study = %s AND name = %s AND ended_at IS NULL FOR UPDATE"
_NEWEST: LiteralString = f"{_ROW} WHERE study = %s AND name = %s ORDER BY made_at DESC LIMIT 1"


async def add(tx: Tx, row: WebhookRow) -> bool:
    """Add a webhook; false if one of this name is in force."""
    added = await tx.execute(
        "INSERT INTO webhook (id, study, name, url, events, made_at, made_by) VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (row.id, row.study, row.name, row.url, list(row.events), row.made_at, row.made_by),
    )
    return bool(added.rowcount)


async def of_study(tx: Tx, study: str) -> list[WebhookRow]:
    """The webhooks of a study; those that have ended come last."""
    async with tx.cursor(row_factory=class_row(WebhookRow)) as cursor:
        await cursor.execute(_OF_STUDY, (study,))
        return await cursor.fetchall()


async def lock(tx: Tx, study: str, name: str) -> WebhookRow | None:
    """The webhook of this name that is in force, locked."""
    async with tx.cursor(row_factory=class_row(WebhookRow)) as cursor:
        await cursor.execute(_IN_FORCE, (study, name))
        return await cursor.fetchone()


async def newest(tx: Tx, study: str, name: str) -> WebhookRow | None:
    """The newest webhook of this name, also if it has ended."""
    async with tx.cursor(row_factory=class_row(WebhookRow)) as cursor:
        await cursor.execute(_NEWEST, (study, name))
        return await cursor.fetchone()


async def pause(tx: Tx, id: UUID, now: datetime | None, by: str | None) -> None:
    """Pause a webhook; without a time, let it go on."""
    await tx.execute("UPDATE webhook SET paused_at = %s, paused_by = %s WHERE id = %s", (now, by, id))


async def revoke(tx: Tx, id: UUID, now: datetime, by: str) -> None:
    """End a webhook, and forget its secrets."""
    await tx.execute("UPDATE webhook SET ended_at = %s, ended_by = %s WHERE id = %s", (now, by, id))
    await tx.execute("DELETE FROM vault.webhook_secret WHERE webhook_id = %s", (id,))


async def gone(tx: Tx, id: UUID, now: datetime) -> bool:
    """End a webhook whose receiver says that it is gone; false if it has ended."""
    ended = await tx.execute("UPDATE webhook SET ended_at = %s WHERE id = %s AND ended_at IS NULL", (now, id))
    return bool(ended.rowcount)


async def replace_secret(tx: Tx, id: UUID, sealed: bytes, made_at: datetime, old_until: datetime) -> bool:
    """Add a secret; those before are valid until then, at the latest. False if one was made at this very moment."""
    await tx.execute(
        "UPDATE vault.webhook_secret SET valid_until = least(valid_until, %s) WHERE webhook_id = %s", (old_until, id)
    )
    added = await tx.execute(
        "INSERT INTO vault.webhook_secret (webhook_id, made_at, sealed) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (id, made_at, sealed),
    )
    return bool(added.rowcount)


async def secrets(tx: Tx, ids: Sequence[UUID], now: datetime) -> dict[UUID, list[SealedSecret]]:
    """The secrets of these webhooks that are valid now, newest first."""
    rows = await tx.execute(
        """
        SELECT s.webhook_id, s.made_at, k.sealed || s.sealed AS sealed FROM vault.webhook_secret s
        JOIN vault.data_key k ON k.owner = s.webhook_id::text
        WHERE s.webhook_id = ANY(%s) AND (s.valid_until IS NULL OR s.valid_until > %s)
        ORDER BY s.webhook_id, s.made_at DESC
        """,
        (list(ids), now),
    )
    found: dict[UUID, list[SealedSecret]] = {id: [] for id in ids}
    for row in await rows.fetchall():
        name = secret_row(row["webhook_id"], row["made_at"])
        found[row["webhook_id"]].append(SealedSecret(row["made_at"], bytes(row["sealed"]), name))
    return found


async def forget_secrets(tx: Tx, now: datetime) -> int:
    """Delete the secrets that are no longer valid; return how many."""
    return (await tx.execute("DELETE FROM vault.webhook_secret WHERE valid_until <= %s", (now,))).rowcount
