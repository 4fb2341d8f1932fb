"""Rules of Twilio's Messages API for the rehearsal carrier: which requests it accepts and refuses, and its errors."""

import base64
import re
from collections.abc import Mapping, Sequence, Set
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

MAX_BODY = 1600
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")

MAGIC_RECIPIENTS: Mapping[str, int] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""Numbers that Twilio refuses with test credentials, each with its error (twilio.com/docs/iam/test-credentials)."""

STATUSES: Mapping[int, int] = {20003: 401, 20404: 404, 20429: 429, 20500: 500, 20503: 503}
"""HTTP status of an error code; 400 for all others."""

WORDS: Mapping[int, str] = {
    20001: "a parameter is out of range, cannot be read, or is not supported here (SendAt)",
    20003: "these credentials are not accepted",
    20404: "the requested resource was not found",
    20429: "too many requests",
    20500: "an internal error has occurred",
    20503: "the service is unavailable",
    21211: "the 'To' number {to} is not a valid phone number",
    21212: "the 'From' number is not a valid phone number",
    21408: "sending to the region of {to} is not enabled",
    21602: "a message body is required",
    21603: "a 'From' number or a messaging service is required",
    21604: "a 'To' number is required",
    21606: "the 'From' number cannot send messages",
    21609: "the status callback is not a valid URL",
    21610: "the recipient {to} has unsubscribed",
    21612: "{to} cannot be reached from this sender",
    21614: "{to} is not a mobile number",
    21617: "the message body is longer than 1600 characters",
    21705: "the messaging service does not exist",
}


def error(code: int, to: str = "") -> web.Response:
    """An error response like Twilio's; some messages contain the recipient's number, as the real ones do."""
    status = STATUSES.get(code, 400)
    body = {
        "code": code,
        "message": WORDS.get(code, "this message cannot be sent").format(to=to),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(body, status=status, headers={"Retry-After": "1"} if status == 429 else {})


def authorised(request: web.Request, account: str, token: str) -> bool:
    """Whether the request carries the account's own Basic credentials."""
    expected = base64.b64encode(f"{account}:{token}".encode()).decode()
    return request.headers.get("Authorization", "") == f"Basic {expected}"


def refusal(
    fields: Mapping[str, str], senders: tuple[str, ...], service: str | None, opted_out: Set[str]
) -> web.Response | None:
    """The error response with which Twilio would refuse these fields, or None."""
    to = fields.get("To", "")
    code = (
        _recipient_mistake(to)
        or _sender_mistake(fields, senders, service)
        or _body_mistake(fields.get("Body", ""))
        or _callback_mistake(fields.get("StatusCallback", ""))
        or (20001 if validity_of(fields) is None or "SendAt" in fields else 0)
        or (21610 if to in opted_out else 0)
    )
    return error(code, to) if code else None


def validity_of(fields: Mapping[str, str]) -> int | None:
    """The validity period in seconds, by default 36000; None when it is out of range."""
    period = fields.get("ValidityPeriod", "36000")
    seconds = int(period) if period.isascii() and period.isdigit() else 0
    return seconds if 1 <= seconds <= 36000 else None


def numbers(kind: str, senders: Sequence[str]) -> dict[str, Any]:
    """The only page of the numbers of a messaging service: `PhoneNumbers` or `ShortCodes`."""
    phones = kind == "PhoneNumbers"
    name, entry = ("phone_numbers", "phone_number") if phones else ("short_codes", "short_code")
    ours = [{entry: sender} for sender in senders if sender.startswith("+") == phones]
    return {name: ours, "meta": {"key": name, "page": 0, "page_size": 1000, "next_page_url": None}}


def as_fields(form: Any) -> dict[str, str]:
    """The form fields of a request as plain text."""
    return {str(name): str(value) for name, value in form.items()}


def _recipient_mistake(to: str) -> int:
    if not to:
        return 21604
    if not _NUMBER.fullmatch(to):
        return 21211
    return MAGIC_RECIPIENTS.get(to, 0)


def _sender_mistake(fields: Mapping[str, str], senders: tuple[str, ...], service: str | None) -> int:
    asked_service, sender = fields.get("MessagingServiceSid"), fields.get("From")
    if not asked_service and not sender:
        return 21603
    if asked_service and asked_service != service:
        return 21705
    return 21606 if sender and sender not in senders else 0


def _body_mistake(body: str) -> int:
    if not body:
        return 21602
    return 21617 if len(body) > MAX_BODY else 0


def _callback_mistake(url: str) -> int:
    if not url:
        return 0
    parts = urlsplit(url)
    good = parts.scheme in ("http", "https") and parts.hostname and "_" not in parts.hostname
    return 0 if good else 21609
