"""Pauses every participant at an address when a death is reported there, until a person of the team has looked."""

from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.standing import SYSTEM
from pro_collector.domain.events import TimelineChanged
from pro_collector.postgres.tables import participants
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.participants import StateRow

REASON = "a death was reported; a person must confirm it"


async def pause_participants(desk: Desk, contact: ContactRow) -> None:
    """Record an open-ended pause, from today, of every participant reached at this phone or mailbox."""
    for case in desk.cases.values():
        if not any(each.lookup == contact.lookup for each in case.contacts) or case.standing.has_left:
            continue
        person, today = case.person, case.today
        id = await participants.state_id(desk.tx, person.id, "paused", today)
        state = StateRow(id, person.id, "paused", today, None, desk.now, SYSTEM, REASON)
        await participants.add_state(desk.tx, state)
        case.states.append(state)
        event = TimelineChanged.of(person.id, desk.now, "paused", id, None, desk.now)
        desk.emit(event.saying(id, "state", None, today))
