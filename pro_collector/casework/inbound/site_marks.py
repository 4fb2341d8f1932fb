"""Asks the reader of the site's own, if there is one, about new texts and mails, before any participant is locked."""

from collections.abc import Sequence
from uuid import UUID

from pro_collector import languages
from pro_collector.casework.inbound.mails import mail_of
from pro_collector.casework.inbound.receiving import MAIL
from pro_collector.domain.events import MessageReceived
from pro_collector.domain.reply.quoting import new_part
from pro_collector.domain.reply.second_reader import Mark
from pro_collector.errors import Altered
from pro_collector.postgres.tables import inbound
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.runtime import Runtime

Marks = dict[UUID, Mark]
"""What the site's reader says of texts, by their id; a text that it does not mark is left out."""


async def site_marks(events: Sequence[MessageReceived], rt: Runtime) -> Marks:
    """The marks of the site's reader for the texts that nobody has read yet; empty without such a reader."""
    if rt.site_reader is None:
        return {}
    async with rt.database.transaction() as tx:
        rows = await inbound.load(tx, [event.inbound_id for event in events])
    unread = [row for row in rows.values() if row.outcome is None]
    return await rt.site_reader.marks({row.id: await _words(row, rt) for row in unread})


async def _words(row: InboundRow, rt: Runtime) -> str:
    try:
        fields = rt.vault.unseal_json(row.sealed, row.row)
    except Altered:
        return ""  # the worker raises a task for it
    if row.provider != MAIL:
        return str(fields["body"])
    mail = await mail_of(fields)
    written = new_part(
        mail.text, languages.language(languages.available()[0])
    )  # our own words in a quotation are not theirs
    return f"{mail.subject}\n{written.new}"
