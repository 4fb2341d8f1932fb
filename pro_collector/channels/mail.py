"""Builds the mails that we send, as a pure function: the same delivery always gives the same bytes."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

UNSUBSCRIBE = "unsubscribe"
"""The subject of the mail that the unsubscribe button of a mail program sends."""
# Only seven-bit parts: every relay takes them without re-encoding, which would break a DKIM signature.
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of our mails. Bounces go to `bounce+<delivery id>@bounce_domain` (VERP)."""

    name: str
    address: str
    bounce_domain: str
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail ready to send, with its envelope."""

    delivery_id: UUID
    return_path: str
    recipient: str
    message: EmailMessage


def build_email(
    *,
    delivery_id: UUID,
    sender: Sender,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    language: str,
    unsubscribe_url: str | None,
    unsubscribe_address: str | None,
    date: datetime,
) -> Mail:
    """Build a multipart mail: a complete text part, then HTML.

    Without `unsubscribe_url` the mail offers to unsubscribe by mail only. Without `unsubscribe_address` too, it does
    not offer to unsubscribe.

    One-click unsubscribe follows RFC 8058 (DKIM by the relay must cover both headers). The mail is marked as automatic
    (RFC 3834), so that no holiday notices come back. The Message-ID is the same for every attempt of a delivery, so a
    mail sent twice after an unknown outcome is recognised as one. Raises ValueError when a header has a line break.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id(delivery_id, sender)
    if sender.reply_to is not None:
        message["Reply-To"] = sender.reply_to
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    unsubscribe = [f"<{unsubscribe_url}>"] if unsubscribe_url else []
    unsubscribe += [f"<mailto:{unsubscribe_address}?subject={UNSUBSCRIBE}>"] if unsubscribe_address else []
    if unsubscribe:
        message["List-Unsubscribe"] = ", ".join(unsubscribe)
    if unsubscribe_url:
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = language  # set last: setting content removes every Content-* header
    message.set_boundary(f"=_{delivery_id.hex}")  # the default boundary is random
    return Mail(delivery_id, return_path(delivery_id, sender), recipient, message)


def message_id(delivery_id: UUID, sender: Sender) -> str:
    """The Message-ID of a delivery."""
    return f"<{delivery_id}@{sender.address.rpartition('@')[2]}>"


def return_path(delivery_id: UUID, sender: Sender) -> str:
    """The envelope sender of a delivery; its bounces go to this address."""
    return f"bounce+{delivery_id}@{sender.bounce_domain}"
