"""Reads Twilio's message log: the outcome of a send whose response was lost, missed inbound texts, and erasure."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

from pro_collector.channels.outcome import Policy
from pro_collector.channels.policies import twilio_ruling
from pro_collector.channels.twilio.transport import CLOCK_TOLERANCE
from pro_collector.channels.twilio.webhooks import FINAL_RANK, RANKS, Inbound, decode_body
from pro_collector.errors import Unavailable

TheirTime = Callable[[datetime], datetime]
"""Turns an instant of our clock into one of Twilio's. A text that Twilio took would else be sent again."""

_NOT_AS_EXPECTED = (ValueError, TypeError, AttributeError, KeyError)
"""The exceptions that the SDK raises when a response is not the JSON that it expects."""
_PAGE = 200
_LARGEST_PAGE = 1000
RETRY_WAITS = (0.2, 1.0)
"""Seconds before a page of the log of inbound texts is asked for again."""
_NEWEST = 1000
"""How many of the newest messages to one phone are searched; an unknown send is minutes old."""


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """One of our messages in the provider's log."""

    provider_id: str
    status: str
    rank: int
    created_at: datetime
    segments: int | None
    error_code: str | None


@dataclass(frozen=True, slots=True)
class Departure:
    """Whether one of our texts left Twilio for the phone, and when.

    `left` is false while the text is queued and when it was lost; None when the carrier does not say.
    """

    left: bool | None
    at: datetime | None = None


async def find(
    messages: Any,
    sender: str,
    *,
    to: str,
    body: str,
    since: datetime,
    known: Collection[str],
    their_time: TheirTime,
) -> FoundMessage | None:
    """Return the oldest message to `to` with this body, created at or after `since` and not `known`; see `Twilio.find`.

    DateSent is null until a message is sent, so the query is by recipient only and the rest is compared here.
    """
    ours = utc(since)
    newest_first = await _list(messages, to=to, limit=_NEWEST)
    earliest = their_time(ours) - CLOCK_TOLERANCE
    candidates = [
        message
        for message in reversed(newest_first)
        if message.sid not in known and _is_ours(message, sender, body) and message.date_created >= earliest
    ]
    return _found_message(min(candidates, key=lambda message: message.date_created)) if candidates else None


async def inbound_since(
    messages: Any, number: str, since: datetime, their_time: TheirTime
) -> AsyncIterator[list[Inbound]]:
    """Pages of the inbound texts to `number` recorded at or after `since`, the newest page first.

    A page that cannot be read is asked for again: one failure among a hundred requests does not end the reading.
    """
    ours, filters = utc(since), {"to": number, "page_size": _LARGEST_PAGE}
    start = their_time(ours)
    page = await _retried(lambda: messages.page_async(**filters, date_sent_after=start))
    if (earlier := their_time(ours)) < start:  # the answer told that our clock is ahead
        page = await _retried(lambda: messages.page_async(**filters, date_sent_after=earlier))
    while page is not None:
        try:
            texts = [_inbound(message) for message in page if message.direction == "inbound"]
        except _NOT_AS_EXPECTED:
            raise _unavailable() from None
        yield texts
        page = await _retried(page.next_page_async)


async def numbers_of_service(service: Any) -> list[str]:
    """The numbers and short codes of a messaging service."""
    phones = await _retried(lambda: service.phone_numbers.list_async(page_size=_LARGEST_PAGE))
    codes = await _retried(lambda: service.short_codes.list_async(page_size=_LARGEST_PAGE))
    return [str(each.phone_number) for each in phones] + [str(each.short_code) for each in codes]


async def sent_at(messages: Any, provider_id: str) -> datetime | None:
    """When a text was sent, by Twilio's clock; see `Twilio.sent_at`."""
    message = await _fetch(messages, provider_id)
    moment: datetime | None = message and (message.date_sent or message.date_created)
    return moment


async def departure(messages: Any, provider_id: str) -> Departure:
    """Whether one of our texts left; see `Twilio.departure`."""
    message = await _fetch(messages, provider_id)
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
    """Convert `moment` to UTC: the SDK drops an offset without converting. Raises ValueError without an offset."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be compared with Twilio's log")
    return moment.astimezone(UTC)


async def _fetch(messages: Any, provider_id: str) -> Any | None:
    """Return one message of the log, or None when no message has this id."""
    try:
        message = await messages(provider_id).fetch_async()
    except TwilioException as error:
        if getattr(error, "status", None) == 404:
            return None
        raise _unavailable(error) from None
    except _NOT_AS_EXPECTED:
        raise _unavailable() from None
    if message.sid != provider_id:
        raise _unavailable()
    return message


async def _retried(ask: Callable[[], Awaitable[Any]]) -> Any:
    """The answer to a request that only reads. Raises Unavailable after the last of RETRY_WAITS."""
    for wait in RETRY_WAITS:
        try:
            return await _asked(ask)
        except Unavailable:
            await asyncio.sleep(wait)
    return await _asked(ask)


async def _asked(ask: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await ask()
    except TwilioException as error:
        raise _unavailable(error) from None
    except _NOT_AS_EXPECTED:
        raise _unavailable() from None


async def _list(messages: Any, **filters: Any) -> list[Any]:
    return list(await _asked(lambda: messages.list_async(**filters, page_size=_PAGE)))


def _unavailable(error: TwilioException | None = None) -> Unavailable:
    """Make our own error message: that of the SDK has the URL, and so a phone number."""
    why = f"HTTP {getattr(error, 'status', None) or 'error'}" if error else "not the JSON that was expected"
    return Unavailable(f"the provider's message log cannot be read: {why}")


def _is_ours(message: Any, sender: str, body: str) -> bool:
    return (
        str(message.direction).startswith("outbound")
        and (message.body or "").strip() == body.strip()
        and sender in (message.from_, message.messaging_service_sid)
        and message.date_created is not None
    )


def _found_message(message: Any) -> FoundMessage:
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
        body=decode_body(body),
        media_count=int(message.num_media or 0),
        raw={"MessageSid": str(message.sid), "From": str(message.from_), "To": str(message.to), "Body": body},
        at=message.date_sent or message.date_created,
    )
