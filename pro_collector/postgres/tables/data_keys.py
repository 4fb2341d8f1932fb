"""Rows of `vault.data_key`: the sealed key of each participant and each address."""

from collections.abc import Callable, Iterable, Sequence
from typing import LiteralString
from uuid import UUID

from pro_collector.postgres.connection import Tx

LOOKUP = "lookup"
"""The owner of the key with which addresses are hashed to be found; its row is made when the vault is set up."""

_ADDRESS: LiteralString = "CASE WHEN length(k.owner) = 64 THEN decode(k.owner, 'hex') END"
_UNUSED: LiteralString = f"""
    k.owner = ANY(%(ids)s) OR (length(k.owner) = 64
        AND NOT EXISTS (SELECT FROM vault.inbound i WHERE i.sender_lookup = {_ADDRESS})
        AND NOT EXISTS (SELECT FROM vault.contact c WHERE c.lookup = {_ADDRESS}))
"""  # noqa: S608  # no value in it
_LOCK: LiteralString = f"SELECT FROM vault.data_key k WHERE {_UNUSED} ORDER BY k.owner FOR UPDATE"
_DESTROY: LiteralString = f"DELETE FROM vault.data_key k WHERE {_UNUSED}"  # noqa: S608


async def of(tx: Tx, owners: Iterable[str], new: Callable[[str], bytes]) -> dict[str, bytes]:
    """The sealed keys of these owners, by owner, locked against erasure; `new` makes those that are missing.

    Lock the address or the participant before, as an erasure does.
    """
    wanted = sorted(set(owners))
    found = await _locked(tx, wanted)
    while missing := [owner for owner in wanted if owner not in found]:
        async with tx.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO vault.data_key (owner, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [(owner, new(owner)) for owner in missing],
            )
        found |= await _locked(tx, missing)  # another process may have made it a moment ago
    return found


async def one(tx: Tx, owner: str, new: Callable[[str], bytes]) -> bytes:
    """The sealed key of one owner, as `of` gives it."""
    return (await of(tx, [owner], new))[owner]


async def find(tx: Tx, owner: str) -> bytes | None:
    """The sealed key of an owner; None if there is none."""
    rows = await tx.execute("SELECT sealed FROM vault.data_key WHERE owner = %s", (owner,))
    row = await rows.fetchone()
    return bytes(row["sealed"]) if row else None


async def find_all(tx: Tx, owners: Iterable[str]) -> dict[str, bytes]:
    """The sealed keys of these owners, without a lock; an owner without one is left out."""
    rows = await tx.execute("SELECT owner, sealed FROM vault.data_key WHERE owner = ANY(%s)", (list(set(owners)),))
    return {row["owner"]: bytes(row["sealed"]) for row in await rows.fetchall()}


async def lock(tx: Tx) -> None:
    """Let nobody else make, change or destroy a key until this transaction ends."""
    await tx.execute("LOCK TABLE vault.data_key IN SHARE ROW EXCLUSIVE MODE")


async def wait_for_other_copies(tx: Tx) -> None:
    """Wait until nobody else copies the keys into a file, so that the file has the newest ones."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('vault.data_key'))")


async def change_all(tx: Tx, change: Callable[[str, bytes], bytes]) -> int:
    """Replace the sealed form of every key; lock the table before. Returns how many there are."""
    rows = await (await tx.execute("SELECT owner, sealed FROM vault.data_key ORDER BY owner")).fetchall()
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "UPDATE vault.data_key SET sealed = %s WHERE owner = %s",
            [(change(row["owner"], bytes(row["sealed"])), row["owner"]) for row in rows],
        )
    return len(rows)


async def remove_all(tx: Tx) -> None:
    """Remove the keys of a database that holds nothing else, so that those of a backup take their place."""
    await tx.execute("DELETE FROM vault.data_key")


async def destroy(tx: Tx, participants: Sequence[UUID] = ()) -> int:
    """Destroy the keys of these participants, and of addresses that nobody has and nothing came from; return how many.

    Whoever seals for an address holds its key until the value is stored. So the keys are locked in a statement of their
    own, and the next one sees what was stored meanwhile.
    """
    owners = {"ids": [str(id) for id in participants]}
    await tx.execute(_LOCK, owners)
    return (await tx.execute(_DESTROY, owners)).rowcount


async def _locked(tx: Tx, owners: Sequence[str]) -> dict[str, bytes]:
    rows = await tx.execute(
        "SELECT owner, sealed FROM vault.data_key WHERE owner = ANY(%s) ORDER BY owner FOR KEY SHARE",
        (list(owners),),
    )
    return {row["owner"]: bytes(row["sealed"]) for row in await rows.fetchall()}
