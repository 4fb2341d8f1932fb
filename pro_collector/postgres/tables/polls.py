"""Rows of `poll`: until when a provider's log of inbound texts has been read, and by which process it is read next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_collector.postgres.connection import Tx
from pro_collector.stall import OldestWork

LONGEST = timedelta(minutes=10)
"""No poll is planned farther ahead."""


@dataclass(frozen=True, slots=True)
class InboundLog:
    """The inbound texts at a provider to one sender: our own number or messaging service there."""

    provider: str
    sender: str


async def claim(tx: Tx, log: InboundLog, lease: timedelta, *, at_once: bool) -> float:
    """Claim the log for `lease`, if nobody else reads it and the next poll is due (or `at_once`).

    A claim or a next poll that is farther ahead than `lease` or LONGEST counts as past: the server's clock has been set
    back. Returns 0 if it is claimed, else for how many seconds to wait.
    """
    rows = await tx.execute(
        """
        INSERT INTO poll (provider, sender, claimed_until, next_at)
        VALUES (%(provider)s, %(sender)s, clock_timestamp() + %(lease)s, clock_timestamp())
        ON CONFLICT (provider, sender) DO UPDATE SET claimed_until = excluded.claimed_until
        WHERE poll.claimed_until NOT BETWEEN clock_timestamp() AND clock_timestamp() + %(lease)s
          AND (%(at_once)s OR poll.next_at NOT BETWEEN clock_timestamp() AND clock_timestamp() + %(longest)s)
        RETURNING 0.0 AS seconds
        """,
        {"provider": log.provider, "sender": log.sender, "lease": lease, "at_once": at_once, "longest": LONGEST},
    )
    row = await rows.fetchone() or await _wait(tx, log)
    return float(row["seconds"])


async def renew(tx: Tx, log: InboundLog, lease: timedelta) -> None:
    """Keep the log for another `lease`."""
    await tx.execute(
        "UPDATE poll SET claimed_until = clock_timestamp() + %s WHERE provider = %s AND sender = %s",
        (lease, log.provider, log.sender),
    )


async def release(tx: Tx, log: InboundLog, next_in: timedelta) -> None:
    """Let the next process read the log, `next_in` from now."""
    await tx.execute(
        "UPDATE poll SET claimed_until = clock_timestamp(), next_at = clock_timestamp() + %s"
        " WHERE provider = %s AND sender = %s",
        (next_in, log.provider, log.sender),
    )


async def overdue(tx: Tx, log: InboundLog) -> OldestWork | None:
    """The next poll, if its instant has passed by a minute and nobody polls: work of the sender."""
    rows = await tx.execute(
        """
        SELECT next_at::text AS id, extract(epoch FROM clock_timestamp() - next_at) AS seconds
        FROM poll WHERE provider = %s AND sender = %s
        AND greatest(next_at, claimed_until) < clock_timestamp() - interval '1 minute'
        """,
        (log.provider, log.sender),
    )
    row = await rows.fetchone()
    return OldestWork(row["id"], float(row["seconds"])) if row else None


async def read_until(tx: Tx, log: InboundLog) -> datetime | None:
    """Until when the log has been read, by the provider's clock; None if it was never read."""
    rows = await tx.execute(
        "SELECT read_until FROM poll WHERE provider = %s AND sender = %s", (log.provider, log.sender)
    )
    row = await rows.fetchone()
    return row["read_until"] if row else None


async def note_read(tx: Tx, log: InboundLog, until: datetime) -> None:
    """Note that everything recorded before `until` has been read."""
    await tx.execute(
        """
        INSERT INTO poll (provider, sender, read_until, claimed_until, next_at)
        VALUES (%s, %s, %s, clock_timestamp(), clock_timestamp())
        ON CONFLICT (provider, sender) DO UPDATE SET read_until = excluded.read_until
        """,
        (log.provider, log.sender, until),
    )


async def _wait(tx: Tx, log: InboundLog) -> dict[str, float]:
    rows = await tx.execute(
        """
        SELECT greatest(0.1, extract(epoch FROM greatest(claimed_until, next_at) - clock_timestamp())) AS seconds
        FROM poll WHERE provider = %s AND sender = %s
        """,
        (log.provider, log.sender),
    )
    return await rows.fetchone() or {"seconds": 1.0}
