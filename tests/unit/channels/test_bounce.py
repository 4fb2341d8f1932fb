"""Bounces as relays write them: which delivery, for good or for now."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.channels.bounce import Bounce, parse_bounce
from pro_collector.channels.outcome import Policy
from pro_collector.channels.smtp_status import status_in, status_of
from tests.shared.properties import examples
from tests.unit.channels.test_mail import DELIVERY, mail

VERP = f"bounce+{DELIVERY}@bounces.clinic.example"


def report(
    *,
    status: str = "5.1.1",
    action: str = "failed",
    diagnostic: str = "smtp; 550 5.1.1 no such user",
    to: str = VERP,
    returned: str = "",
) -> bytes:
    """A delivery status notification (RFC 3464), written by hand."""
    lines = f"""From: MAILER-DAEMON@relay.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain; charset=us-ascii

Your mail could not be delivered.

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
Arrival-Date: Mon, 2 Mar 2026 09:00:05 +0000

Final-Recipient: rfc822; ana@mail.example
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

{returned}--=_b--
"""
    return lines.replace("\n", "\r\n").encode()


def bounce(content: bytes, envelope_to: str = "") -> Bounce:
    found = parse_bounce(content, envelope_to)
    assert found is not None
    return found


def test_a_failed_delivery() -> None:
    assert bounce(report()) == Bounce(DELIVERY, "failed", "5.1.1", Policy.STOP_ADDRESS, 0)
    assert bounce(report()).permanent


def test_failed_but_only_for_now() -> None:
    """Some systems call a full mailbox `failed`: the class of the status decides."""
    found = bounce(report(status="4.2.2", diagnostic="smtp; 452 4.2.2 over quota"))
    assert (found.action, found.permanent, found.policy) == ("failed", False, Policy.RETRY_LATER)


def test_a_delay_is_no_failure() -> None:
    found = bounce(report(action="delayed", status="4.4.7", diagnostic="smtp; 421 try later"))
    assert (found.action, found.permanent) == ("delayed", False)


@pytest.mark.parametrize(
    ("status", "diagnostic", "expected"),
    [
        ("5.0.0", "smtp; 550 5.7.1 refused by policy", "5.7.1"),
        ("5.0.0", "smtp; 550 mailbox unavailable", "5.1.0"),
        ("5.0.0", "x-local; who knows", "5.0.0"),
        ("4.0.0", "smtp;452-4.2.2 The account is over quota", "4.2.2"),
        ("5.1.1 (bad address)", "", "5.1.1"),
        ("nonsense", "", "5.0.0"),
        ("", "smtp; host mx.example[192.0.2.55] said: 550 5.4.1 denied", "5.4.1"),
    ],
)
def test_which_status_counts(status: str, diagnostic: str, expected: str) -> None:
    assert bounce(report(status=status, diagnostic=diagnostic)).status == expected


def test_the_envelope_names_the_delivery_when_the_headers_do_not() -> None:
    assert bounce(report(to="postmaster@clinic.example")).delivery_id is None
    assert bounce(report(to="postmaster@clinic.example"), VERP).delivery_id == DELIVERY


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_the_returned_mail_names_the_delivery(kind: str) -> None:
    ours = mail(delivery=DELIVERY).message
    headers = f"Message-ID: {ours['Message-ID']}\nSubject: x\n"
    returned = f"--=_b\nContent-Type: {kind}\n\n{headers}\n"
    assert bounce(report(to="postmaster@clinic.example", returned=returned)).delivery_id == DELIVERY


def test_the_bounce_of_another_study_is_not_ours() -> None:
    other = UUID("99999999-2222-3333-4444-555555555555")
    assert bounce(report(to=f"bounce+{other}@bounces.clinic.example")).delivery_id == other
    assert bounce(report(to="bounce+not-an-id@bounces.clinic.example")).delivery_id is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(report(action="delivered", status="2.0.0"), id="news of success"),
        pytest.param(report(action="relayed", status="2.0.0"), id="handed on"),
        pytest.param(b"From: a@b.example\r\nAuto-Submitted: auto-replied\r\n\r\nI am away", id="holiday"),
        pytest.param(b"From: a@b.example\r\n\r\nSTOP", id="an answer"),
        pytest.param(mail().message.as_bytes(), id="a mail of ours"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"Content-Type: multipart/report\r\n\r\nno parts", id="a report without parts"),
        pytest.param(b"Content-Type: message/delivery-status\r\n\r\nrubbish", id="a status without fields"),
    ],
)
def test_what_is_no_bounce(content: bytes) -> None:
    assert parse_bounce(content) is None


@examples(150)
@given(
    at=st.integers(0, 900),
    rubbish=st.one_of(st.binary(max_size=40), st.sampled_from([b"\r\n\r\n", b"--=_b\r\n", b"Content-Type: \xff/\r\n"])),
    cut=st.integers(0, 60),
)
def test_damaged_bounces_never_raise(at: int, rubbish: bytes, cut: int) -> None:
    whole = report(returned="--=_b\nContent-Type: message/rfc822\n\nMessage-ID: <x>\n\n")
    found = parse_bounce(whole[:at] + rubbish + whole[at + cut :])
    assert found is None or found.status[0] in "245"


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        (550, "5.1.1 nobody", "5.1.1"),
        (550, "  5.1.10 null MX", "5.1.10"),
        (550, "nobody here, see 4.2.2", "5.1.0"),
        (451, "try later", "4.3.0"),
        (599, "odd", "5.0.0"),
        (450, "5.1.1 contradicts itself", "4.2.0"),
    ],
)
def test_the_status_of_a_reply(code: int, message: str, status: str) -> None:
    assert status_of(code, message) == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("no status here", None),
        ("version 2.0.0 said 5.2.1", "5.2.1"),
        ("host 192.5.1.1 refused", None),
        ("error 1550", None),
        ("said: 421 busy", "4.3.2"),
    ],
)
def test_a_status_in_free_text(text: str, status: str | None) -> None:
    assert status_in(text) == status
