"""Reads Twilio's webhooks: the signature, an inbound text, a delivery report."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from multidict import MultiDict
from twilio.request_validator import RequestValidator, get_signature_algorithm  # type: ignore[import-untyped]

from pro_collector.channels.outcome import Policy
from pro_collector.channels.policies import twilio_ruling
from pro_collector.errors import BadInput, Problem

_MAX_FIELDS = 500
_SHORTEST_ENCODED = 60

RANKS: Mapping[str, int] = {
    "accepted": 10,
    "scheduled": 10,
    "queued": 20,
    "sending": 30,
    "sent": 40,
    "canceled": 50,
    "failed": 50,
    "undelivered": 50,
    "partially_delivered": 60,
    "delivered": 70,
    "read": 80,
}
"""Reports come repeated and out of order: the status with the highest rank is the state of a message."""

FINAL_RANK = 50


@dataclass(frozen=True, slots=True)
class Inbound:
    """An inbound text. `body` is decoded; `raw` has every field unchanged. Numbers are E.164."""

    provider_id: str
    sender: str
    recipient: str
    body: str
    media_count: int
    raw: Mapping[str, str]
    at: datetime | None = None
    """When Twilio recorded it; known only for a text read from Twilio's log."""


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report of a message that we sent. `policy` is None unless there is an error code."""

    provider_id: str
    status: str
    rank: int
    error_code: str | None
    policy: Policy | None
    retries: int
    raw: Mapping[str, str]

    @property
    def final(self) -> bool:
        """Whether only a better final state can follow (with many carriers, `sent` is the last report)."""
        return self.rank >= FINAL_RANK


def read_form(body: bytes) -> MultiDict[str]:
    """Parse the fields of a form body, with blank ones (Twilio signs them); empty when the body is no form."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return MultiDict()
    return MultiDict(pairs)


def signed_by_any(tokens: Sequence[str], url: str, params: Any, signature: Any, settings: str = "") -> bool:
    """Whether Twilio signed this request with one of `tokens`; False, never an exception, for anything malformed.

    `url` is the public address as configured at Twilio, never the address in the request. Twilio does not sign the
    fragment (our connection overrides). `settings` is the header X-Twilio-Webhooks-Signature-Settings.
    """
    return any(_signed(token, url, params, signature, settings) for token in tokens)


def _signed(token: str, url: str, params: Any, signature: Any, settings: str) -> bool:
    if not isinstance(signature, str) or not signature:
        return False
    try:
        algorithm = get_signature_algorithm(settings)
        return bool(RequestValidator(token).validate(url.partition("#")[0], params, signature, algorithm))
    except Exception:  # the SDK raises several exceptions for malformed requests, and a malformed one is not signed
        return False


def parse_inbound(params: Mapping[str, str]) -> Inbound:
    """Read an inbound text from the fields of a webhook. The caller has checked the signature.

    Raises BadInput naming the field when the id of the message or its sender is missing.
    """
    raw = dict(params)
    return Inbound(
        provider_id=_required(raw, "MessageSid", "SmsMessageSid", "SmsSid"),
        sender=_required(raw, "From"),
        recipient=raw.get("To", ""),
        body=decode_body(raw.get("Body", "")),
        media_count=_count(raw.get("NumMedia")),
        raw=raw,
    )


def parse_report(params: Mapping[str, str]) -> Report:
    """Read a delivery report from the fields of a webhook; an unknown status has rank 0 and so changes nothing."""
    raw = dict(params)
    status = _required(raw, "MessageStatus", "SmsStatus")
    code = raw.get("ErrorCode") or None
    if code == "0":
        code = None
    ruling = twilio_ruling(code) if code else None
    return Report(
        provider_id=_required(raw, "MessageSid", "SmsSid"),
        status=status,
        rank=RANKS.get(status, 0),
        error_code=code,
        policy=ruling.policy if ruling else None,
        retries=ruling.retries if ruling else 0,
        raw=raw,
    )


def decode_body(body: str) -> str:
    """Decode `body` if it is base64: some carriers send long texts so.

    Only a body that decodes to printable UTF-8 counts; a long word or link never does so by chance.
    """
    if len(body) < _SHORTEST_ENCODED or len(body) % 4 != 0:
        return body
    try:
        text = base64.b64decode(body.encode("ascii"), validate=True).decode("utf-8")
    except (UnicodeError, binascii.Error):
        return body
    return text if all(char.isprintable() or char in "\n\r\t\u200d" for char in text) else body


def _required(params: Mapping[str, str], *names: str) -> str:
    for name in names:
        if params.get(name):
            return params[name]
    raise BadInput([Problem("webhook", None, names[0], "this field is required and missing")])


def _count(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() else 0
