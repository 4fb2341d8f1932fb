"""Rows of `vault.contact`: the sealed addresses of each reporter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from pro_collector.domain.conversation.channel_order import ChannelOrder
from pro_collector.postgres.connection import Tx
from scheduler.rules import Channel, Reporter


@dataclass(frozen=True, slots=True)
class ContactRow:
    """An address of one reporter of one participant."""

    id: UUID
    participant_id: UUID
    reporter: Reporter
    channel: Channel
    lookup: bytes
    sealed: bytes = b""
    """The encrypted address, in a row to store; a row that was read does not have it."""
    opted_out_at: datetime | None = None
    broken_at: datetime | None = None
    broken_reason: str | None = None
    preferred: bool = False
    """Whether this reporter wants to be reached here first."""
    exclusive: bool = False
    """Whether this reporter, who wants to be reached here first, wants to be asked on no other channel."""
    shared: bool = False
    """Whether another contact has the same address."""

    @property
    def usable(self) -> bool:
        """Whether messages may and can be sent to this address."""
        return self.opted_out_at is None and self.broken_at is None

    @property
    def column(self) -> str:
        """The name of this address in a file of participants, such as `phone` or `proxy_email`."""
        return column_of(self.reporter, self.channel)


_READ: LiteralString = """
SELECT id, participant_id, reporter, channel, lookup, opted_out_at, broken_at, broken_reason, preferred,
       exclusive
FROM vault.contact
"""


def column_of(reporter: Reporter, channel: Channel) -> str:
    """The name of an address in a file of participants, such as `phone`, `proxy_phone` or `caregiver_email`."""
    return ("" if reporter == "self" else f"{reporter}_") + ("phone" if channel == "sms" else channel)


async def add(tx: Tx, rows: Sequence[ContactRow]) -> None:
    """Store addresses; a new address of the same reporter and channel replaces the old one and its states.

    An opt-out belongs to the address: it also applies to a person who gets this address later.
    """
    async with tx.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO vault.contact (id, participant_id, reporter, channel, sealed, lookup, opted_out_at)
            SELECT %(id)s, %(participant)s, %(reporter)s, %(channel)s, %(sealed)s, %(lookup)s,
                   (SELECT max(opted_out_at) FROM vault.contact WHERE lookup = %(lookup)s)
            ON CONFLICT (participant_id, reporter, channel) DO UPDATE
            SET sealed = excluded.sealed, lookup = excluded.lookup, opted_out_at = excluded.opted_out_at,
                broken_at = NULL, broken_reason = NULL
            """,
            [
                {
                    "id": r.id, "participant": r.participant_id, "reporter": r.reporter, "channel": r.channel,
                    "sealed": r.sealed, "lookup": r.lookup,
                }
                for r in rows
            ],
        )  # fmt: skip


async def remove(tx: Tx, row: ContactRow, now: datetime) -> None:
    """Overwrite an address with the placeholder in `row`; the contact stays, because messages refer to it."""
    await tx.execute(
        """
        UPDATE vault.contact SET sealed = %s, lookup = %s, opted_out_at = NULL, broken_at = %s, broken_reason = %s
        WHERE id = %s
        """,
        (row.sealed, row.lookup, now, row.broken_reason, row.id),
    )


async def of_participants(tx: Tx, participants: Sequence[UUID]) -> dict[UUID, list[ContactRow]]:
    """The contacts of each participant, by participant."""
    by_participant: dict[UUID, list[ContactRow]] = {id: [] for id in participants}
    async with tx.cursor(row_factory=class_row(ContactRow)) as cursor:
        await cursor.execute(
            """
            SELECT id, participant_id, reporter, channel, lookup, opted_out_at, broken_at, broken_reason, preferred,
                   exclusive, EXISTS (SELECT FROM vault.contact o WHERE o.lookup = c.lookup AND o.id <> c.id) AS shared
            FROM vault.contact c WHERE c.participant_id = ANY(%s)
            """,
            (list(participants),),
        )
        async for row in cursor:
            by_participant[row.participant_id].append(row)
    return by_participant


async def at_addresses(tx: Tx, lookups: Iterable[bytes]) -> dict[bytes, list[ContactRow]]:
    """All contacts with each of these addresses, locked against erasure: the mother of two patients has two."""
    found: dict[bytes, list[ContactRow]] = {lookup: [] for lookup in lookups}
    async with tx.cursor(row_factory=class_row(ContactRow)) as cursor:
        await cursor.execute(f"{_READ} WHERE lookup = ANY(%s) ORDER BY participant_id FOR KEY SHARE", (list(found),))
        async for row in cursor:
            found[row.lookup].append(row)
    return found


@dataclass(frozen=True, slots=True)
class AddressStanding:
    """What is known of an address that somebody has: whether it stopped messages, or cannot be reached."""

    lookup: bytes
    stopped: bool
    broken: bool


async def standings(tx: Tx, lookups: Sequence[bytes]) -> dict[bytes, AddressStanding]:
    """What is known of those of these addresses that somebody has."""
    async with tx.cursor(row_factory=class_row(AddressStanding)) as cursor:
        await cursor.execute(
            """
            SELECT lookup, bool_or(opted_out_at IS NOT NULL) AS stopped, bool_or(broken_at IS NOT NULL) AS broken
            FROM vault.contact WHERE lookup = ANY(%s) GROUP BY lookup
            """,
            (list(lookups),),
        )
        return {bytes(row.lookup): row async for row in cursor}


async def whose(tx: Tx, lookups: Sequence[bytes]) -> set[tuple[bytes, Reporter]]:
    """Which of these addresses somebody has, each with the kinds of reporter who have it, in any study."""
    rows = await tx.execute(
        "SELECT DISTINCT lookup, reporter FROM vault.contact WHERE lookup = ANY(%s)", (list(lookups),)
    )
    return {(bytes(row["lookup"]), row["reporter"]) async for row in rows}


async def with_address(tx: Tx, lookup: bytes, reporter: Reporter) -> list[ContactRow]:
    """The contacts of this kind of reporter with an address, without a lock."""
    async with tx.cursor(row_factory=class_row(ContactRow)) as cursor:
        await cursor.execute(f"{_READ} WHERE lookup = %s AND reporter = %s", (lookup, reporter))
        return await cursor.fetchall()


async def find(tx: Tx, id: UUID) -> ContactRow | None:
    """The contact with this id; None if there is none."""
    async with tx.cursor(row_factory=class_row(ContactRow)) as cursor:
        await cursor.execute(f"{_READ} WHERE id = %s", (id,))
        return await cursor.fetchone()


async def sealed_behind(tx: Tx, link_hash: bytes) -> dict[UUID, bytes]:
    """The encrypted addresses, each behind its sealed key, of the reporter whom a link was sent to, by contact."""
    rows = await tx.execute("SELECT id, sealed FROM vault.addresses_behind(%s)", (link_hash,))
    return {row["id"]: bytes(row["sealed"]) for row in await rows.fetchall()}


async def prefer(tx: Tx, participant: UUID, reporter: Reporter, order: ChannelOrder) -> None:
    """Mark the address where the reporter is reached first, or only; an order without a first channel marks none."""
    await tx.execute(
        """
        UPDATE vault.contact SET preferred = (channel IS NOT DISTINCT FROM %(first)s),
               exclusive = (channel IS NOT DISTINCT FROM %(first)s) AND %(only)s
        WHERE participant_id = %(participant)s AND reporter = %(reporter)s
        """,
        {"first": order.first, "only": order.only, "participant": participant, "reporter": reporter},
    )


def order_of(rows: Iterable[ContactRow], reporter: Reporter) -> ChannelOrder:
    """The order of channels that a reporter wants, by the marks of these addresses."""
    first = next((row for row in rows if row.reporter == reporter and row.preferred), None)
    return ChannelOrder(first.channel, first.exclusive) if first else ChannelOrder()


async def mark_broken(tx: Tx, contact: UUID, reason: str, now: datetime) -> None:
    """Record that the provider cannot deliver to this address."""
    await tx.execute(
        "UPDATE vault.contact SET broken_at = %s, broken_reason = %s WHERE id = %s AND broken_at IS NULL",
        (now, reason, contact),
    )
