"""Twilio's log: what became of a send whose answer was lost, inbound texts that were never handed over, and erasure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

from pro_collector.channels.outcome import Policy
from pro_collector.channels.policies import twilio_ruling
from pro_collector.channels.twilio.webhooks import FINAL_RANK, RANKS, Inbound, readable
from pro_collector.errors import Unavailable

CLOCK_TOLERANCE = timedelta(seconds=5)
"""Twilio's clock and ours differ, and its times are whole seconds."""

_NOT_AS_EXPECTED = (ValueError, TypeError, AttributeError, KeyError)
"""What the SDK raises when an answer is not the JSON that it expects."""
_PAGE = 200
_NEWEST = 1000
"""How far back one phone's log is searched; an unknown send is minutes old."""


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message of ours in the provider's log."""

    provider_id: str
    status: str
    rank: int
    created_at: datetime
    segments: int | None
    error_code: str | None


@dataclass(frozen=True, slots=True)
class Departure:
    """Whether a text of ours went on its way to the phone, and when.

    `left` is false while it queues and when it was lost; None when the carrier says neither.
    """

    left: bool | None
    at: datetime | None = None


async def find(
    messages: Any, sender: str, *, to: str, body: str, since: datetime, known: Collection[str]
) -> FoundMessage | None:
    """The oldest message to `to` with this body that was created since and is nobody else's; see `Twilio.find`.

    DateSent is null until a message is sent, so the log is asked by recipient only and compared here.
    """
    earliest = utc(since) - CLOCK_TOLERANCE
    found = [
        message
        for message in reversed(await _listed(messages, to=to, limit=_NEWEST))  # it lists the newest first
        if message.sid not in known and _ours(message, sender, body) and message.date_created >= earliest
    ]
    return _found(min(found, key=lambda message: message.date_created)) if found else None


async def inbound_since(messages: Any, number: str, since: datetime) -> list[Inbound]:
    """Inbound texts to `number` recorded at or after `since`, oldest first."""
    listed = await _listed(messages, to=number, date_sent_after=utc(since))
    texts = [_inbound(message) for message in listed if message.direction == "inbound"]
    return sorted(texts, key=lambda text: (text.at or since, text.provider_id))


async def sent_at(messages: Any, provider_id: str) -> datetime | None:
    """When a text was sent, by Twilio's clock; see `Twilio.sent_at`."""
    message = await _shown(messages, provider_id)
    moment: datetime | None = message and (message.date_sent or message.date_created)
    return moment


async def departure(messages: Any, provider_id: str) -> Departure:
    """How far a text of ours came; see `Twilio.departure`."""
    message = await _shown(messages, provider_id)
    if message is None:
        raise Unavailable("the provider's message log does not know a text that it took")
    rank = RANKS.get(str(message.status), 0)
    if FINAL_RANK <= rank < RANKS["partially_delivered"]:
        may_have_arrived = twilio_ruling(message.error_code).policy is Policy.AMBIGUOUS
        return Departure(None if may_have_arrived else False)
    return Departure(True, message.date_sent) if message.date_sent else Departure(False)


async def erase(messages: Any, provider_id: str) -> bool:
    """Remove the words of one message; see `Twilio.erase`."""
    try:
        await messages(provider_id).update_async(body="")
    except TwilioException as error:
        if getattr(error, "status", None) == 404:
            return False
        raise Unavailable(f"the words of a message were not erased: error {getattr(error, 'code', None)}") from None
    return True


def utc(moment: datetime) -> datetime:
    """`moment` in UTC: the SDK drops an offset instead of converting it. Raises ValueError when it has none."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be compared with Twilio's log")
    return moment.astimezone(UTC)


async def _shown(messages: Any, provider_id: str) -> Any | None:
    """One message of the log, or None when it has none with this id."""
    try:
        message = await messages(provider_id).fetch_async()
    except TwilioException as error:
        if getattr(error, "status", None) == 404:
            return None
        raise _unreadable(error) from None
    except _NOT_AS_EXPECTED:
        raise _unreadable() from None
    if message.sid != provider_id:
        raise _unreadable()
    return message


async def _listed(messages: Any, **filters: Any) -> list[Any]:
    try:
        return list(await messages.list_async(**filters, page_size=_PAGE))
    except TwilioException as error:
        raise _unreadable(error) from None
    except _NOT_AS_EXPECTED:
        raise _unreadable() from None


def _unreadable(error: TwilioException | None = None) -> Unavailable:
    """The SDK's own message holds the URL, and so a phone number."""
    why = f"HTTP {getattr(error, 'status', None) or 'error'}" if error else "not the JSON that was expected"
    return Unavailable(f"the provider's message log cannot be read: {why}")


def _ours(message: Any, sender: str, body: str) -> bool:
    return (
        str(message.direction).startswith("outbound")
        and (message.body or "").strip() == body.strip()
        and sender in (message.from_, message.messaging_service_sid)
        and message.date_created is not None
    )


def _found(message: Any) -> FoundMessage:
    code = message.error_code
    return FoundMessage(
        provider_id=str(message.sid),
        status=str(message.status),
        rank=RANKS.get(str(message.status), 0),
        created_at=message.date_created,
        segments=int(message.num_segments or 0) or None,
        error_code=str(code) if code else None,
    )


def _inbound(message: Any) -> Inbound:
    body = message.body or ""
    return Inbound(
        provider_id=str(message.sid),
        sender=str(message.from_),
        recipient=str(message.to),
        body=readable(body),
        media_count=int(message.num_media or 0),
        raw={"MessageSid": str(message.sid), "From": str(message.from_), "To": str(message.to), "Body": body},
        at=message.date_sent or message.date_created,
    )
