"""Rows of `account_event`: what was done with accounts and tokens, and by whom. The table only grows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString

from psycopg.rows import class_row

from pro_collector.postgres.connection import Tx

AccountAct = Literal[
    "invited",
    "reset",
    "accepted",
    "signed in",
    "confirmed",
    "signed out",
    "signed out everywhere",
    "refused",
    "limited",
    "password changed",
    "passkey added",
    "passkey removed",
    "granted",
    "revoked",
    "removed",
    "token made",
    "token revoked",
    "calendar link made",
    "calendar link used",
    "calendar link revoked",
    "group mapped",
    "group unmapped",
    "webhook made",
    "webhook paused",
    "webhook resumed",
    "webhook secret replaced",
    "webhook revoked",
    "webhook tried",
    "webhook sent again",
]


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """What was done with an account or token (`about`), by whom, from which network address (none: a terminal)."""

    at: datetime
    what: AccountAct
    about: str
    by_whom: str
    client: str = ""
    detail: str = ""


_SELECT: LiteralString = "SELECT at, what, about, by_whom, client, detail FROM account_event"
_ABOUT: LiteralString = f"{_SELECT} WHERE about = %s ORDER BY id"
_ALL: LiteralString = f"{_SELECT} ORDER BY id DESC LIMIT %s"


async def add(tx: Tx, row: AccountEvent) -> None:
    """Record what is done, in the transaction that does it."""
    await tx.execute(
        "INSERT INTO account_event (at, what, about, by_whom, client, detail) VALUES (%s, %s, %s, %s, %s, %s)",
        (row.at, row.what, row.about, row.by_whom, row.client, row.detail),
    )


async def about(tx: Tx, name: str) -> list[AccountEvent]:
    """Everything that was done with an account or token, oldest first."""
    async with tx.cursor(row_factory=class_row(AccountEvent)) as cursor:
        await cursor.execute(_ABOUT, (name,))
        return await cursor.fetchall()


async def newest(tx: Tx, limit: int) -> list[AccountEvent]:
    """The last things that were done, newest first."""
    async with tx.cursor(row_factory=class_row(AccountEvent)) as cursor:
        await cursor.execute(_ALL, (limit,))
        return await cursor.fetchall()
