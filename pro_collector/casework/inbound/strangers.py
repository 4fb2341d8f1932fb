"""Looks for words of an emergency in messages from unknown addresses, and alerts the teams; it sends no reply."""

import asyncio
from datetime import datetime
from uuid import UUID

import structlog

from pro_collector import languages
from pro_collector.casework.inbound.mails import mail_of, read_letter
from pro_collector.casework.inbound.receiving import MAIL
from pro_collector.channels.inbound_mail import InboundMail
from pro_collector.domain.conversation.stranger import (
    ALERT_INTERVAL,
    KIND,
    SEVERAL_STRANGERS,
    stranger_id,
    when_to_alert,
)
from pro_collector.domain.events import AlertRaised
from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.second_reading import MarkOf, read_twice
from pro_collector.domain.reply.understanding import understand
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import alerts
from pro_collector.postgres.tables import agenda, messages, outbox, studies
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.runtime import Runtime

log = structlog.get_logger(__name__)


async def alert_on_emergency(tx: Tx, rt: Runtime, row: InboundRow, mark_of: MarkOf) -> None:
    """Alert every team if a message has words of an emergency: nobody can tell to which study its writer belongs.

    The rules look for such words, and in a text then the second reader, `mark_of`.
    """
    if not await _urgent(tx, rt, row, mark_of):
        return
    log.warning("somebody unknown wrote words of an emergency; see: pro-collector tasks strangers")
    now, stranger = rt.clock.now(), stranger_id(row.sender_lookup)
    at = when_to_alert(stranger, await alerts.of_strangers(tx, now - ALERT_INTERVAL), now)
    if at == now:
        await outbox.add(tx, [_alert(stranger, study, at, row.id) for study in await teams(tx, rt)])
    elif at is not None:
        await agenda.put(tx, [_alert(SEVERAL_STRANGERS, study, at, at) for study in await teams(tx, rt)])


async def _urgent(tx: Tx, rt: Runtime, row: InboundRow, mark_of: MarkOf) -> bool:
    """Whether a message has words of an emergency in any shipped language: the writer's language is unknown."""
    language, fields = languages.language(languages.available()[0]), rt.vault.unseal_json(row.sealed, row.row)
    if row.provider == MAIL:
        reading = await _read(tx, await mail_of(fields), language)
    else:
        reading = read_twice(fields["body"], understand(fields["body"], None, language), mark_of)
    return reading.flag == "emergency" or "urgent" in (reading.outcome, *reading.also)


async def _read(tx: Tx, mail: InboundMail, language: Language) -> Reading:
    """Read a mail without our quoted words, which mention emergencies. A team's answer to an alert is noise.

    The rules alone read it: the second reader would mark a mail that quotes our own alert, and raise another.
    """
    if mail.answers is None:
        return await asyncio.to_thread(read_letter, mail, language, (), _no_mark)
    if await alerts.exists(tx, mail.answers):
        return Reading("noise", reason="answers an alert")
    return await asyncio.to_thread(read_letter, mail, language, await messages.text_of(tx, mail.answers), _no_mark)


def _no_mark(_text: str) -> None:
    """Stands for no second reader."""


async def teams(tx: Tx, rt: Runtime) -> list[str]:
    """The ids of the studies in force, one for each team mailbox."""
    in_force = [(await rt.studies.get(tx, row.id, row.version)).study for row in await studies.all_in_force(tx)]
    return sorted({study.contact.email: study.id for study in in_force}.values())


def _alert(whom: UUID, study: str, at: datetime, key: object) -> AlertRaised:
    return AlertRaised.of_study(study, KIND, whom, at, key)
