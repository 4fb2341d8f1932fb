"""What each phone was asked, and who shares it: read from `message` and `vault.contact`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow


async def sharing(tx: AsyncConnection[DictRow], participants: Sequence[UUID]) -> list[UUID]:
    """These participants and everybody who is texted at a phone of theirs, in order."""
    rows = await tx.execute(
        """
        SELECT theirs.participant_id FROM vault.contact mine JOIN vault.contact theirs ON theirs.lookup = mine.lookup
        WHERE mine.participant_id = ANY(%(ids)s) AND mine.channel = 'sms' AND theirs.channel = 'sms'
        UNION SELECT unnest(%(ids)s::uuid[]) ORDER BY 1
        """,
        {"ids": list(participants)},
    )
    return [row["participant_id"] for row in await rows.fetchall()]


async def asked(
    tx: AsyncConnection[DictRow], participants: Sequence[UUID], occasions: Sequence[UUID], since: datetime
) -> list[DictRow]:
    """Every question texted for these occasions, and whatever else was texted since, oldest first, with its phone.

    `left` is false for what is certainly still in our own queue: an attempt of which nothing was known may have left.
    """
    rows = await tx.execute(
        """
        SELECT c.lookup, m.occasion_id, m.item, m.requested_at, m.purpose = 'again' AS again,
               m.state <> 'requested' OR m.reason IS NOT DISTINCT FROM 'not found at the provider' AS left
        FROM message m JOIN vault.contact c ON c.id = m.contact_id JOIN occasion o ON o.id = m.occasion_id
        WHERE m.participant_id = ANY(%s) AND m.channel = 'sms' AND m.item IS NOT NULL
          AND m.state NOT IN ('suppressed', 'failed') AND (m.occasion_id = ANY(%s) OR m.requested_at > %s)
        ORDER BY m.requested_at, m.item IS NOT DISTINCT FROM o.asked, m.purpose = 'again'
        """,
        (list(participants), list(occasions), since),
    )
    return await rows.fetchall()


async def ambiguous(tx: AsyncConnection[DictRow], lookups: Sequence[bytes], since: datetime) -> set[bytes]:
    """The phones among `lookups` at which a reply may be meant for another question than the one that waits.

    Two surveys wait for an answer there, or another question was asked since `since`.
    """
    rows = await tx.execute(
        """
        SELECT c.lookup FROM vault.contact c
        JOIN occasion o ON o.participant_id = c.participant_id AND o.reporter = c.reporter
        JOIN message m ON m.occasion_id = o.id AND m.contact_id = c.id AND m.item IS NOT NULL
        WHERE c.lookup = ANY(%s) AND c.channel = 'sms'
        AND (m.requested_at > %s OR (o.state IN ('open', 'invited', 'started') AND m.item = o.asked))
        GROUP BY c.lookup HAVING count(DISTINCT (o.id, m.item)) > 1
        """,
        (list(lookups), since),
    )
    return {row["lookup"] for row in await rows.fetchall()}
