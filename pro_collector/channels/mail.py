"""Builds the mails we send: pure, so that the same delivery always gives the same bytes."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

UNSUBSCRIBE = "unsubscribe"
"""The subject of a mail that a mail program's button writes: no more mails to whoever pressed it."""
# Only seven-bit parts: every relay takes them, and none re-encodes them and so breaks a DKIM signature.
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who our mails come from. Bounces go to `bounce+<delivery id>@bounce_domain` (VERP)."""

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
    """A multipart mail: a text part complete by itself, then HTML.

    Without `unsubscribe_url` it is stopped by mail only: a mail that holds no link has none that could stop it. Without
    `unsubscribe_address` either, nothing offers to stop it.

    One-click unsubscribe as RFC 8058 has it (DKIM by the relay must cover both headers); marked as sent by a machine
    (RFC 3834), so that holiday answers stay away. The Message-ID is stable per delivery, so a mail sent twice after
    an unknown outcome is recognised as one. Raises ValueError when a header holds a line break.
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
    ways = [f"<{unsubscribe_url}>"] if unsubscribe_url else []
    ways += [f"<mailto:{unsubscribe_address}?subject={UNSUBSCRIBE}>"] if unsubscribe_address else []
    if ways:
        message["List-Unsubscribe"] = ", ".join(ways)
    if unsubscribe_url:
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = language  # only now: setting content removes every Content-* header
    message.set_boundary(f"=_{delivery_id.hex}")  # the generated one is random
    return Mail(delivery_id, return_path(delivery_id, sender), recipient, message)


def message_id(delivery_id: UUID, sender: Sender) -> str:
    """The Message-ID of a delivery."""
    return f"<{delivery_id}@{sender.address.rpartition('@')[2]}>"


def return_path(delivery_id: UUID, sender: Sender) -> str:
    """The envelope sender of a delivery, which its bounces come back to."""
    return f"bounce+{delivery_id}@{sender.bounce_domain}"
