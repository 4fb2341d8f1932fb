"""Which scores were recorded since a point in the outbox: for a browser whose stream was cut."""

from pro_collector.domain.account.permission import Sites
from pro_collector.postgres.connection import Tx

OVERLAP = 10_000
"""How many events before that point are looked at too: a transaction that was still open had taken its numbers."""
MOST = 1_000_000
"""How many events a browser may have missed; whoever was away for longer looks at everything again."""


async def newest(tx: Tx) -> int:
    """The point in the outbox now."""
    row = await (await tx.execute("SELECT seen.outbox_end() AS id")).fetchone()
    return int(row["id"]) if row else 0


async def missed(tx: Tx, study: str, sites: Sites, after: int) -> list[str] | None:
    """The questionnaires with new scores, or scores in another place, at these sites after a point; some may be older.

    None: the point is too old, or it is none of this database.
    """
    if not 0 <= await newest(tx) - after <= MOST:
        return None
    rows = await tx.execute(
        """
        SELECT DISTINCT e.instrument
        FROM seen.published_scores(%(after)s) e JOIN participant p ON p.id = e.participant_id
        WHERE p.study = %(study)s
          AND (%(sites)s::text[] IS NULL OR p.site = ANY(%(sites)s))
        ORDER BY 1
        """,
        {"after": after - OVERLAP, "study": study, "sites": sites.listed},
    )
    return [row["instrument"] for row in await rows.fetchall()]
