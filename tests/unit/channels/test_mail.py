"""The mails we build: readable as text alone, one click to stop, the same bytes for the same delivery."""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest

from pro_collector.channels.mail import Mail, Sender, build_email
from tests.shared.provider import START

CLINIC_MAIL = Sender("Clínica Norte", "study@clinic.example", "bounces.clinic.example", reply_to="team@clinic.example")
DELIVERY = UUID("11111111-2222-3333-4444-555555555555")


def mail(recipient: str = "ana@mail.example", delivery: UUID | None = None, **change: str) -> Mail:
    """A mail as the product sends it."""
    words = {
        "subject": "Su cuestionario está listo",
        "text": "Ábralo aquí:\nhttps://pro.clinic.example/r/abc\n",
        "html": "<!doctype html><html lang=es><p>Ábralo <a href='https://pro.clinic.example/r/abc'>aquí</a>",
        "language": "es",
        "unsubscribe_url": "https://pro.clinic.example/u/3kTMd9Zx1vQe8nLw5RbYcA",
        "unsubscribe_address": "stop@clinic.example",
    }
    return build_email(
        delivery_id=delivery or uuid4(), sender=CLINIC_MAIL, recipient=recipient, date=START, **{**words, **change}
    )


def reread(built: Mail) -> EmailMessage:
    return message_from_bytes(built.message.as_bytes(), _class=EmailMessage, policy=policy.default)


def test_the_same_delivery_gives_the_same_bytes() -> None:
    assert mail(delivery=DELIVERY).message.as_bytes() == mail(delivery=DELIVERY).message.as_bytes()


def test_the_headers() -> None:
    message = reread(mail(delivery=DELIVERY))
    assert message["From"] == "Clínica Norte <study@clinic.example>"
    assert message["To"] == "ana@mail.example"
    assert message["Subject"] == "Su cuestionario está listo"
    assert message["Date"] == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert message["Message-ID"] == f"<{DELIVERY}@clinic.example>"
    assert message["Reply-To"] == "team@clinic.example"
    assert message["Content-Language"] == "es"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"] == (
        "<https://pro.clinic.example/u/3kTMd9Zx1vQe8nLw5RbYcA>, <mailto:stop@clinic.example?subject=unsubscribe>"
    )


def test_bounces_come_back_to_the_delivery() -> None:
    assert mail(delivery=DELIVERY).return_path == f"bounce+{DELIVERY}@bounces.clinic.example"


def test_text_first_then_html_and_nothing_else() -> None:
    message = reread(mail())
    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert isinstance(parts[0], EmailMessage)
    assert parts[0].get_content().replace("\r\n", "\n") == "Ábralo aquí:\nhttps://pro.clinic.example/r/abc\n"


def test_on_the_wire_it_is_seven_bit_with_short_lines() -> None:
    wire = mail(text="ñ" * 3000, subject="é" * 300).message.as_bytes()
    assert wire.isascii()
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    assert b"\n" not in wire.replace(b"\r\n", b"")


EVIL = "ana@mail.example\r\nBcc: everybody@mail.example"


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: mail(subject=EVIL), id="subject"),
        pytest.param(lambda: mail(unsubscribe_url=EVIL), id="link"),
        pytest.param(lambda: mail(EVIL), id="recipient"),
    ],
)
def test_a_line_break_cannot_smuggle_a_header_in(build: Callable[[], Mail]) -> None:
    with pytest.raises(ValueError, match=r"linefeed|carriage"):
        build()
