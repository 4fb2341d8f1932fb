"""Which reporters wrote something that may be a wish to stop, and that nobody of the team has read yet."""

from collections import defaultdict
from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from pro_collector.postgres.connection import Tx
from scheduler.rules import Reporter

_REPORTERS: LiteralString = """
SELECT DISTINCT c.participant_id, c.reporter
FROM task t
CROSS JOIN LATERAL jsonb_array_elements_text(t.detail->'stops') AS stop (id)
JOIN vault.inbound i ON i.id = stop.id::uuid
JOIN vault.contact c ON c.lookup = i.sender_lookup
WHERE t.done_at IS NULL AND t.kind = 'review' AND t.detail ? 'stops' AND c.participant_id = ANY(%s)
"""


async def reporters(tx: Tx, people: Sequence[UUID]) -> dict[UUID, frozenset[Reporter]]:
    """By participant, the reporters who are reached at an address that such a text or mail came from.

    Everybody who shares the address counts, because nobody can tell who of them wrote.
    """
    rows = await tx.execute(_REPORTERS, (list(people),))
    found: defaultdict[UUID, set[Reporter]] = defaultdict(set)
    for row in await rows.fetchall():
        found[row["participant_id"]].add(row["reporter"])
    return {id: frozenset(each) for id, each in found.items()}
