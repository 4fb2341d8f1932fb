"""Reads bounces: which delivery failed, and whether permanently or temporarily (RFC 3464)."""

import re
from dataclasses import dataclass
from email.message import Message
from typing import Literal
from uuid import UUID

from pro_collector.channels.mime import UNREADABLE, parse_limited
from pro_collector.channels.outcome import Policy
from pro_collector.channels.policies import smtp_ruling
from pro_collector.channels.smtp_status import status_in

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_VERP = re.compile(rf"bounce\+({_UUID})@")
_MESSAGE_ID = re.compile(rf"<({_UUID})@")
_ADDRESSED = ("X-Original-To", "Delivered-To", "Envelope-To", "To")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that one of our mails did not arrive. `delivery_id` is None when the report does not name the mail."""

    delivery_id: UUID | None
    action: Literal["failed", "delayed"]
    status: str
    policy: Policy
    retries: int

    @property
    def permanent(self) -> bool:
        """Whether the class of the status is 5. The action does not decide: some systems call a delay `failed`."""
        return self.status.startswith("5")


def parse_bounce(content: bytes, envelope_to: str = "") -> Bounce | None:
    """Return the bounce in a mail's bytes; None for any other mail (a reply, a holiday notice, a report of success).

    `envelope_to` is the address that the mail server delivered it to, if known: it identifies the delivery best.
    Never raises, whatever the bytes.
    """
    try:
        message = parse_limited(content).message
        block = _failed_block(message)
        if block is None:
            return None
        status = _status(block)
        ruling = smtp_ruling(status)
        action: Literal["failed", "delayed"] = "delayed" if _field(block, "Action") == "delayed" else "failed"
        return Bounce(_delivery_id(message, envelope_to), action, status, ruling.policy, ruling.retries)
    except UNREADABLE:
        return None


def _failed_block(message: Message) -> Message | None:
    """The per-recipient block about a failure or a delay; there is one, because each of our mails has one recipient."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status" or not isinstance(part.get_payload(), list):
            continue
        for block in part.get_payload():
            if isinstance(block, Message) and _field(block, "Action") in ("failed", "delayed"):
                return block
    return None


def _status(block: Message) -> str:
    stated = re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", _field(block, "Status").partition(" ")[0])
    diagnosed = status_in(_field(block, "Diagnostic-Code"))
    # 5.0.0 and 4.0.0 only repeat that it failed: the diagnostic code of the remote system says more.
    if stated and not stated[0].endswith(".0.0"):
        return stated[0]
    return diagnosed or (stated[0] if stated else "5.0.0")


def _field(block: Message, name: str) -> str:
    return str(block.get(name, "")).strip().lower()


def _delivery_id(message: Message, envelope_to: str) -> UUID | None:
    recipients = " ".join([envelope_to, *(str(value) for name in _ADDRESSED for value in message.get_all(name, []))])
    match = _VERP.search(recipients) or _returned_id(message)
    return UUID(match[1]) if match else None


def _returned_id(message: Message) -> re.Match[str] | None:
    """Find our Message-ID in the returned mail or its headers: some relays rewrite the return path."""
    for part in message.walk():
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            headers = re.search(r"(?im)^message-id:\s*(.+)$", text)
            match = _MESSAGE_ID.search(headers[1]) if headers else None
        else:
            match = None if part is message else _MESSAGE_ID.search(str(part.get("Message-ID", "")))
        if match:
            return match
    return None
