"""Reads an inbound mail in its writer's language, without the quoted words of our own mails."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pro_collector import languages
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.channels.inbound_mail import InboundMail
from pro_collector.channels.mail import UNSUBSCRIBE
from pro_collector.channels.mail_reader import read_apart
from pro_collector.domain.conversation.correspondence import react_to_mail, read_mail
from pro_collector.domain.conversation.reaction import Reaction
from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.second_reading import MarkOf
from pro_collector.postgres.tables import messages
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.inbound import InboundRow


async def understand_mail(desk: Desk, row: InboundRow, case: Case, contact: ContactRow, mark_of: MarkOf) -> Reaction:
    """The reaction to a mail from this contact. `mark_of`: the second reader."""
    mail = await mail_of(desk.rt.vault.unseal_json(row.sealed, row.row))
    ours = await messages.last_mails(desk.tx, contact.lookup)
    reading = await asyncio.to_thread(
        read_letter, mail, languages.language(case.person.language_of(contact.reporter)), ours, mark_of
    )
    return react_to_mail(
        reading, desk.now, opted_out=contact.opted_out_at is not None, by_button=_by_button(mail), cut=mail.cut,
        reporter=contact.reporter,
    )  # fmt: skip


async def mail_of(fields: Mapping[str, Any]) -> InboundMail:
    """Parse the mail from its stored fields, in a process of its own."""
    mail, _ = await read_apart(fields["mail"].encode("latin-1"))
    return replace(mail, cut=mail.cut or bool(fields.get("cut")))


def read_letter(mail: InboundMail, language: Language, ours: Iterable[str], mark_of: MarkOf) -> Reading:
    """What a mail means. Of an automatic mail only the unsubscribe button of a mail program counts."""
    if mail.automatic and not _by_button(mail):
        return Reading("noise", reason="automatic reply")
    return read_mail(mail.subject, "" if mail.automatic else mail.text, language, ours, mark_of)


def _by_button(mail: InboundMail) -> bool:
    return mail.subject.strip().lower() == UNSUBSCRIBE
