"""A participant as somebody may see them: of this study, and at one of the sites where they have the right to look."""

from pro_collector.domain.account.permission import Sites
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import participants
from pro_collector.postgres.tables.participants import ParticipantRow


async def find_person(tx: Tx, study: str, code: str, sites: Sites) -> ParticipantRow:
    """The participant of a study with this code.

    Raises NotFound if there is none, and in the same words if there is one at another site.
    """
    found = [row for row in await participants.by_code(tx, study, code) if row.site in sites]
    if not found:
        raise NotFound(f"no participant {code!r}")
    return found[0]
