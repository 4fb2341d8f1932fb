"""Asks the carrier when a text was written, if the text may answer several questions."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pro_collector.channels.twilio import Departure, Twilio
from pro_collector.domain.events import MessageReceived
from pro_collector.errors import Unavailable
from pro_collector.postgres.questions import phones
from pro_collector.postgres.questions.phones import UndeliveredQuestion
from pro_collector.postgres.tables import inbound, messages
from pro_collector.postgres.tables.inbound import InboundRow
from pro_collector.runtime import Runtime

LOOKUP_TIMEOUT = 5.0
"""The timeout in seconds of the queries about one phone; after it, nobody can tell which question a text answers."""
SILENCE = timedelta(seconds=30)
"""For how long a carrier that answered no query of a batch is not asked again, so that few texts wait for it."""


@dataclass(frozen=True, slots=True)
class Times:
    """The times by the carrier's clock of texts that may answer several questions.

    `written`: when each text was written; None if unknown. `left`: whether each of the last questions had left for the
    phone; None if unknown.
    """

    written: Mapping[UUID, datetime | None]
    left: Mapping[UUID, bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AmbiguousTexts:
    """Texts that may answer several questions, and the questions that may not have reached the phone yet.

    Both by phone, so that one phone does not wait for another.
    """

    texts: Mapping[bytes, Sequence[InboundRow]]
    underway: Mapping[bytes, Sequence[UndeliveredQuestion]]


async def find_ambiguous(events: Sequence[MessageReceived], rt: Runtime) -> AmbiguousTexts:
    """Find the texts that could answer two questions, for which the carrier must be asked. Skips texts read before."""
    if rt.twilio is None:
        return AmbiguousTexts({}, {})
    async with rt.database.transaction() as tx:
        texts = await inbound.load(tx, [event.inbound_id for event in events])
        unread = [text for text in texts.values() if text.outcome in (None, inbound.STRANGER)]
        since = rt.clock.now() - timedelta(days=1)
        lookups = sorted(await phones.ambiguous(tx, [text.sender_lookup for text in unread], since))
        underway = await phones.undelivered_questions(tx, lookups, since)
    return AmbiguousTexts(
        {lookup: [text for text in unread if text.sender_lookup == lookup] for lookup in lookups},
        {lookup: [row for row in underway if row.lookup == lookup] for lookup in lookups},
    )


async def ask_carrier(doubt: AmbiguousTexts, rt: Runtime, twilio: Twilio) -> Times:
    """Ask the carrier when the texts were written and the questions left: both may arrive hours late.

    While the carrier is silent, nothing is known of them, and their questions are asked again.
    """
    unknown: dict[UUID, datetime | None] = dict.fromkeys(text.id for texts in doubt.texts.values() for text in texts)
    if twilio.silent_until is not None and rt.clock.now() < twilio.silent_until:
        return Times(unknown)
    answers = await asyncio.gather(
        *(_times_of_phone(twilio, texts, doubt.underway[lookup]) for lookup, texts in doubt.texts.items())
    )
    known = [each for each in answers if each is not None]
    twilio.silent_until = None if known else rt.clock.now() + SILENCE
    departures = {id: each for _, gone in known for id, each in gone.items()}
    async with rt.database.transaction() as tx:
        await messages.record_left(tx, [(id, each.at) for id, each in departures.items() if each.at is not None])
    return Times(
        unknown | {id: moment for written, _ in known for id, moment in written.items()},
        {id: each.left for id, each in departures.items()},
    )


async def _times_of_phone(
    twilio: Twilio, texts: Sequence[InboundRow], underway: Sequence[UndeliveredQuestion]
) -> tuple[dict[UUID, datetime], dict[UUID, Departure]] | None:
    """When the texts of a phone were written, and whether its questions left; None without the carrier's answer."""
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT):
            written, gone = await asyncio.gather(
                asyncio.gather(*(twilio.sent_at(text.provider_id) for text in texts)),
                asyncio.gather(*(_departure(twilio, row) for row in underway)),
            )
    except (Unavailable, TimeoutError):
        return None
    return (
        {text.id: min(text.received_at, at or text.received_at) for text, at in zip(texts, written, strict=True)},
        {row.id: departure for row, departure in zip(underway, gone, strict=True)},
    )


async def _departure(twilio: Twilio, question: UndeliveredQuestion) -> Departure:
    """When a question left, from the carrier's log. An attempt without a known result may have left."""
    known = question.provider_id if question.left else None
    return await twilio.departure(known) if known else Departure(question.left)
