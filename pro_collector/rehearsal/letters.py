"""Mails of the rehearsal as received, and the bounces and replies to them as relays and mail programs write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal


@dataclass(frozen=True, slots=True)
class Letter:
    """A received mail. `sender` and `recipient` are those of the envelope; `headers` is the whole parsed message."""

    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    headers: EmailMessage


def read_letter(content: bytes, sender: str, recipient: str) -> Letter:
    """Parse the bytes of a mail."""
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    return Letter(
        sender, recipient, str(message["Subject"] or ""), _part(message, "plain"), _part(message, "html"), message
    )


def _part(message: EmailMessage, kind: Literal["plain", "html"]) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""


def bounce_of(letter: Letter, status: str, action: str) -> bytes:
    """The report (RFC 3464) of a relay that could not deliver a mail, or not yet."""
    report = f"""\
From: MAILER-DAEMON@relay.example
To: {letter.sender}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{action}-{status}-{str(letter.headers["Message-ID"]).strip(" <>")}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_report"

--=_report
Content-Type: text/plain; charset=us-ascii

Your mail could not be delivered.

--=_report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; {letter.recipient}
Action: {action}
Status: {status}

--=_report--
"""
    return report.replace("\n", "\r\n").encode()


def reply_to(letter: Letter, words: str, number: int, headers: Mapping[str, str]) -> bytes:
    """A reply of the recipient above the quoted mail, as mail programs write it; `number` makes its id unique."""
    message = EmailMessage(policy=policy.SMTP)
    usual = {
        "From": letter.recipient,
        "To": str(letter.headers["From"]),
        "Subject": f"Re: {letter.subject}",
        "Message-ID": f"<{number}@mail.example>",
        "In-Reply-To": str(letter.headers["Message-ID"]).strip(),
    }
    for name, value in {**usual, **headers}.items():
        message[name] = value
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    message.set_content(f"{words}\n\nOn {letter.headers['Date']}, {letter.headers['From']} wrote:\n{quoted}\n")
    return message.as_bytes()
