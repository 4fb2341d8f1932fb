"""Show the addresses of a participant to a person of the team. Each look is recorded with its reason."""

from dataclasses import dataclass

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.record_treatment import find_participant
from pro_collector.errors import Altered, BadInput, Problem
from pro_collector.postgres.questions.person_page import sealed_addresses
from pro_collector.postgres.tables import contacts, looks
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.looks import Look
from pro_collector.runtime import Runtime
from pro_collector.vault import row_name
from scheduler.values import REPORTERS

ALTERED = "changed by hand in the database"
"""What is shown instead of an address that is not the one that was recorded."""
REMOVED = "removed"
"""The reason for which an address is broken that the team removed."""


@dataclass(frozen=True, slots=True)
class ShownAddress:
    """An address, and the name of its column in a file of participants."""

    column: str
    address: str


async def show_addresses(rt: Runtime, code: str, viewer: Viewer, *, study: str | None = None) -> list[ShownAddress]:
    """The addresses of a participant, the phones first; records who looks, and why.

    Raises NotFound, Conflict; BadInput without a reason.
    """
    if not viewer.why.strip():
        raise BadInput([Problem("", None, "why", "say why you look: the record keeps it")])
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study)
        own = (await contacts.of_participants(tx, [person.id]))[person.id]
        kept = [each for each in own if each.broken_reason != REMOVED]
        sealed = await sealed_addresses(tx, [each.id for each in kept])
        await looks.add(
            tx, Look(rt.clock.now(), viewer.by, viewer.door, "addresses", person.id, None, [], viewer.why.strip())
        )
    ordered = sorted(kept, key=lambda each: (REPORTERS.index(each.reporter), each.channel != "sms"))
    return [ShownAddress(each.column, _opened(rt, each, sealed[each.id])) for each in ordered]


def open_contact(rt: Runtime, contact: ContactRow, sealed: bytes) -> str:
    """The address of a contact. `sealed`: behind its key. Raises Altered."""
    row = row_name(contact.participant_id, contact.reporter, contact.channel)
    return rt.vault.open_address(sealed, row, contact.lookup)


def _opened(rt: Runtime, contact: ContactRow, sealed: bytes) -> str:
    try:
        return open_contact(rt, contact, sealed)
    except Altered:
        return ALTERED
