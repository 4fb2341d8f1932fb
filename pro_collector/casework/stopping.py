"""Stops one address of somebody who pressed a button for it, says so where texts stop, and leaves a record."""

from typing import Literal

from pro_collector import rendering
from pro_collector.casework.case import Case
from pro_collector.casework.desk import Desk
from pro_collector.casework.speech import REPLY_WITHIN, Line
from pro_collector.postgres import contacts
from pro_collector.postgres.contacts import ContactRow
from pro_collector.postgres.occasions import OccasionRow

Way = Literal["page", "one-click"]
"""Our own page, or the button of a mail program (RFC 8058)."""


async def stop(table: Desk, case: Case, row: OccasionRow, contact: ContactRow, way: Way) -> None:
    """Send nothing more to this address, whoever is reached there; a second time changes nothing.

    `row` is the occasion whose link it was: the record of it is in its life. A phone gets the text that STOP brings; a
    mail program's button is the confirmation for its mailbox.
    """
    if not await contacts.opt_out(table.tx, contact.lookup, table.now):
        return
    table.reached(contact.lookup, table.now)
    table.note(row, "opted_out", channel=contact.channel, reporter=contact.reporter, way=way)
    if contact.channel == "sms":
        own = case.person.language
        language = own if own in rendering.languages() else case.force.study.languages[0]
        body = rendering.sms(language, "stop_confirmed", sender=case.force.study.sender, phone=case.team.phone)
        table.say(case, contact, Line("stop_confirmed", language, body, table.now + REPLY_WITHIN), None)
