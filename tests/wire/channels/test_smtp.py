"""What handing a mail to a relay means, for everything a relay can do."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pro_collector.channels.outcome import Accepted, NotSent, Policy, Rejected, Unknown
from pro_collector.channels.smtp import Security, Smtp
from pro_collector.rehearsal.mailbox import Mailbox, Trouble
from tests.unit.channels.test_mail import mail

ANA = "ana@mail.example"


@asynccontextmanager
async def relay(
    *, tls: ssl.SSLContext | None = None, security: Security = "none", trust: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Mailbox, Smtp]]:
    box = Mailbox(tls=tls)
    port = await box.start()
    try:
        yield box, Smtp("127.0.0.1", port, security=security, tls_context=trust, timeout=10, data_timeout=10)
    finally:
        await box.stop()


async def test_a_mail_taken_over() -> None:
    async with relay() as (box, smtp):
        sent = mail(ANA)
        assert await smtp.send([sent]) == [Accepted(str(sent.message["Message-ID"]))]
    letter = box.inboxes[ANA][0]
    assert letter.sender == sent.return_path
    assert letter.subject == "Su cuestionario está listo"
    assert letter.text.startswith("Ábralo aquí")
    assert "Ábralo <a" in letter.html


async def test_a_batch_shares_one_connection() -> None:
    async with relay() as (box, smtp):
        outcomes = await smtp.send([mail(f"p{number}@mail.example") for number in range(40)])
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert (box.tally["connections"], box.tally["kept"]) == (1, 40)


async def test_nothing_to_send_opens_nothing() -> None:
    async with relay() as (box, smtp):
        assert await smtp.send([]) == []
    assert box.tally["connections"] == 0


@pytest.mark.parametrize("stage", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("reply", "code", "policy"),
    [
        ("550 5.1.1 <ana@mail.example> no such user", "5.1.1", Policy.STOP_ADDRESS),
        ("552 5.2.2 mailbox full", "5.2.2", Policy.STOP_ADDRESS),
        ("550 5.7.1 spam", "5.7.1", Policy.FIX_CONFIG),
        ("554 no", "5.0.0", Policy.ALERT),
        ("554 5.4.7 gave up", "5.4.7", Policy.ALERT),
        ("550 2.1.1 a class that contradicts", "5.1.0", Policy.STOP_ADDRESS),
    ],
)
async def test_a_refusal_for_good_and_the_rest_of_the_batch_goes_on(
    stage: str, reply: str, code: str, policy: Policy
) -> None:
    async with relay() as (box, smtp):
        box.trouble(ANA, Trouble(reply, at="data" if stage == "data" else "rcpt"))
        first, second = await smtp.send([mail(ANA), mail("bo@mail.example")])
    assert isinstance(first, Rejected)
    assert (first.code, first.policy) == (code, policy)
    assert isinstance(second, Accepted)
    assert box.inboxes[ANA] == []


@pytest.mark.parametrize("stage", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("reply", "minutes"),
    [("451 4.7.1 <ana@mail.example> greylisted", 10), ("450 busy", 15), ("421 4.3.2 shutting down", 15)],
)
async def test_a_refusal_for_now_is_not_sent_and_says_when_to_come_back(stage: str, reply: str, minutes: int) -> None:
    async with relay() as (box, smtp):
        box.trouble(ANA, Trouble(reply, at="data" if stage == "data" else "rcpt"))
        first, second = await smtp.send([mail(ANA), mail("bo@mail.example")])
    assert first == NotSent(reply.replace(ANA, "[address]"), timedelta(minutes=minutes))
    assert isinstance(second, Accepted)
    assert box.inboxes[ANA] == []


@pytest.mark.parametrize("kept", [True, False])
async def test_a_drop_after_the_final_dot_is_unknown_and_not_repeated(kept: bool) -> None:
    async with relay() as (box, smtp):
        box.trouble(ANA, Trouble(at="data", keep=kept))
        first, second = await smtp.send([mail(ANA), mail("bo@mail.example")])
    assert isinstance(first, Unknown)
    assert isinstance(second, Accepted)
    assert len(box.inboxes[ANA]) == int(kept)
    assert box.tally["connections"] == 2


async def test_a_drop_before_data_is_not_sent() -> None:
    async with relay() as (box, smtp):
        box.trouble(ANA, Trouble(at="rcpt"))
        first, second = await smtp.send([mail(ANA), mail("bo@mail.example")])
    assert isinstance(first, NotSent)
    assert isinstance(second, Accepted)


async def test_nobody_listens() -> None:
    async with relay() as (_, smtp):
        pass
    assert [type(outcome) for outcome in await smtp.send([mail(), mail()])] == [NotSent, NotSent]


async def test_a_relay_that_hangs_up_on_every_connection() -> None:
    async def hang_up(_: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await writer.drain()
        writer.close()

    async with raw_relay(hang_up) as smtp:
        assert [type(outcome) for outcome in await smtp.send([mail(), mail(), mail()])] == [NotSent] * 3


async def test_a_relay_that_falls_silent_after_the_final_dot() -> None:
    async def silent(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        for reply in (b"250 relay\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
            await reader.readline()
            writer.write(reply)
        await reader.read()
        writer.close()

    async with raw_relay(silent, limit=0.3) as smtp:
        assert isinstance((await smtp.send([mail()]))[0], Unknown)


async def test_a_relay_that_refuses_our_sender() -> None:
    async def refuse(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        for reply in (b"250 relay\r\n", b"550 not from you\r\n", b"250 ok\r\n", b"221 bye\r\n"):
            await reader.readline()
            writer.write(reply)
        writer.close()

    async with raw_relay(refuse) as smtp:
        outcome = (await smtp.send([mail()]))[0]
    assert isinstance(outcome, Rejected)
    assert outcome.policy is Policy.HALT_ACCOUNT


@pytest.mark.parametrize("last_words", [[], [b"250 ok\r\n"]])
async def test_a_relay_that_goes_away_after_a_refusal(last_words: list[bytes]) -> None:
    """It breaks off at our RSET, or at our QUIT: the refusal stands."""

    async def refuse(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        for reply in (b"250 relay\r\n", b"250 ok\r\n", b"550 5.1.1 unknown\r\n", *last_words):
            await reader.readline()
            writer.write(reply)
        await reader.readline()
        writer.close()

    async with raw_relay(refuse) as smtp:
        outcome = (await smtp.send([mail()]))[0]
    assert isinstance(outcome, Rejected)
    assert outcome.policy is Policy.STOP_ADDRESS


async def test_a_relay_that_refuses_to_greet() -> None:
    async def busy(_: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"554 5.7.1 not today\r\n")
        await writer.drain()
        writer.close()

    async with raw_relay(busy) as smtp:
        assert isinstance((await smtp.send([mail()]))[0], NotSent)


async def test_a_domain_in_other_letters_and_a_name_in_other_letters() -> None:
    async with relay() as (box, smtp):
        first, second = await smtp.send([mail("ana@clínica.example"), mail("añá@mail.example")])
    assert isinstance(first, Accepted)
    assert len(box.inboxes["ana@xn--clnica-4va.example"]) == 1
    assert isinstance(second, Rejected)
    assert second.policy is Policy.STOP_ADDRESS


async def test_without_starttls_nothing_goes_out_in_the_clear() -> None:
    async with relay(security="starttls") as (box, smtp):
        outcome = (await smtp.send([mail(ANA)]))[0]
    assert isinstance(outcome, Rejected)
    assert outcome.policy is Policy.HALT_ACCOUNT
    assert box.tally["kept"] == 0


async def test_starttls_with_a_trusted_and_an_untrusted_certificate(tmp_path: Path) -> None:
    server, trusting = certificates(tmp_path)
    async with relay(tls=server, security="starttls", trust=trusting) as (_, smtp):
        assert isinstance((await smtp.send([mail(ANA)]))[0], Accepted)
    async with relay(tls=server, security="starttls", trust=ssl.create_default_context()) as (box, smtp):
        outcome = (await smtp.send([mail(ANA)]))[0]
    assert isinstance(outcome, Rejected)
    assert outcome.policy is Policy.HALT_ACCOUNT
    assert box.tally["kept"] == 0


async def test_wrong_credentials_halt_the_account(tmp_path: Path) -> None:
    server, trusting = certificates(tmp_path)
    box = Mailbox(tls=server)
    port = await box.start()
    smtp = Smtp(
        "127.0.0.1", port, username="us", password="wrong", security="starttls", tls_context=trusting, timeout=1
    )
    outcome = (await smtp.send([mail(ANA)]))[0]
    await box.stop()
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.policy) == ("5.7.8", Policy.HALT_ACCOUNT)


@asynccontextmanager
async def raw_relay(
    behaviour: Callable[[StreamReader, StreamWriter], Awaitable[None]], limit: float = 10.0
) -> AsyncIterator[Smtp]:
    served: list[asyncio.Task[None]] = []

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        served.append(asyncio.current_task())  # type: ignore[arg-type]
        await behaviour(reader, writer)
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield Smtp("127.0.0.1", port, security="none", timeout=limit, data_timeout=limit)
    finally:
        server.close()
        await asyncio.wait(served, timeout=2)


def certificates(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own for 127.0.0.1, and a client's that trusts it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "relay.pem").write_bytes(pem + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "relay.pem")
    return server, ssl.create_default_context(cadata=pem.decode())
