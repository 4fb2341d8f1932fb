"""The door for mail, as a mail server uses it: bytes on standard input, an exit code, and nothing of the mail told."""

import asyncio
import io
from asyncio.subprocess import PIPE
from datetime import timedelta

import pytest

from pro_collector.casework.inbound import receiving
from pro_collector.cli.mail import TRY_AGAIN
from pro_collector.postgres import database
from pro_collector.rehearsal.letters import bounce_of, reply_to
from tests.office.cli.terminal import KEYS, Printed, Terminal
from tests.shared.office import Office
from tests.shared.product import COMMAND, environment
from tests.shared.scenes import ASKED, DAY, SOON, treated

MAIL = b"From: Ana <ana@mail.example>\r\nSubject: secret\r\nMessage-ID: <1@mail.example>\r\n\r\nI cannot breathe\r\n"


def hand_in(terminal: Terminal, content: bytes, *words: str, code: int = 0) -> Printed:
    """A mail server hands in a mail."""
    terminal.environment.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))
    printed = terminal.run("mail", "receive", *words, code=code)
    assert printed.out == ""
    for private in ("secret", "breathe", "ana@", "mail.example"):
        assert private not in printed.err
    return printed


def test_a_stranger_is_taken_in_once(terminal: Terminal) -> None:
    assert "mail of an unknown sender" in hand_in(terminal, MAIL).err
    assert "mail that was here before" in hand_in(terminal, MAIL).err


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\xfe", b"From: \xff\r\n\r\n\x00", b"\r\n" * 9, bytes(range(256)) * 50]
)
def test_whatever_bytes_come_are_taken_in(terminal: Terminal, content: bytes) -> None:
    hand_in(terminal, content, "--to", "\udcff@x")


@pytest.mark.parametrize(
    "more",
    [b"Content-Type: message/rfc822\r\n\r\n" * 1200, b"\r\n" + b"word " * 15_000_000],
    ids=["1200 mails in a mail", "75 MB"],
)
def test_a_mail_that_is_too_much_is_taken_in(terminal: Terminal, more: bytes) -> None:
    """The mail server tried again for days with a mail that we could not take apart."""
    head = MAIL.partition(b"\r\n\r\n")[0]
    assert "mail of an unknown sender" in hand_in(terminal, head + b"\r\n" + more).err


def test_the_bounce_of_somebody_else_is_noted(terminal: Terminal) -> None:
    bounce = (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; x\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    assert "bounce of no delivery of ours" in hand_in(terminal, bounce).err
    to = "bounce+99999999-2222-3333-4444-555555555555@example.org"
    assert "bounce of no delivery of ours" in hand_in(terminal, bounce, "--to", to).err


def test_the_mail_server_keeps_it_while_the_database_is_away(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "CONNECT_TIMEOUT", 0.3)
    terminal.set(PRO_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert "PostgreSQL does not answer at this URL" in hand_in(terminal, MAIL, code=TRY_AGAIN).err


def test_the_mail_server_keeps_it_whatever_is_wrong_with_us(
    bare: Terminal, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any other code and it would send the mail back to whoever wrote it."""
    assert "PRO_DATABASE_URL: is not set" in hand_in(bare, MAIL, code=TRY_AGAIN).err
    bare.set(**KEYS, PRO_DATABASE_URL=postgres, PRO_KAFKA_BOOTSTRAP="127.0.0.1:1", PRO_PUBLIC_URL="http://127.0.0.1")
    unmigrated = postgres.replace("template_pro", "template1")
    bare.set(PRO_DATABASE_URL=unmigrated)
    assert "run pro-collector migrate" in hand_in(bare, MAIL, code=TRY_AGAIN).err

    def broken(_content: bytes, _envelope_to: str) -> None:
        raise KeyError("secret words of ana@mail.example")

    monkeypatch.setattr(receiving, "read_apart", broken)
    assert "KeyError" in hand_in(bare, MAIL, code=TRY_AGAIN).err


async def test_from_the_mail_server_to_the_record(office: Office) -> None:
    """As a pipe of the mail server does it: a process of its own for each mail."""
    await treated(office)
    await office.run(ASKED + DAY + SOON)
    letter = office.world.mailbox.inboxes["rt-1@example.org"][-1]
    env = environment(office.world)

    async def pipe(content: bytes, *words: str) -> str:
        command = [str(COMMAND), "mail", "receive", *words]
        process = await asyncio.create_subprocess_exec(*command, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        out, told = await asyncio.wait_for(process.communicate(content), 60)
        assert (process.returncode, out) == (0, b"")
        return told.decode()

    sorry = reply_to(letter, "Please stop these emails. I cannot breathe.", 1, {})
    told = await pipe(sorry, "--to", "check-in@rare-tumour-story.example.org")
    assert '"kind": "mail"' in told
    assert "breathe" not in told
    assert "example" not in told
    office.clock._now += timedelta(seconds=5)
    await office.settle()
    assert await office.one("SELECT outcome FROM vault.inbound WHERE provider = 'mail'") == "urgent"
    assert office.letters()[-1] == "The Story Team: please read this now"
    assert await office.one("SELECT opted_out_at IS NOT NULL FROM vault.contact WHERE channel = 'email'")
    bounce = bounce_of(letter, "5.1.1", "failed").replace(letter.sender.encode(), b"postmaster@example.org")
    assert '"kind": "bounce: failed 5.1.1"' in await pipe(bounce, "--to", letter.sender)
    await office.settle()
    assert await office.one("SELECT broken_reason FROM vault.contact WHERE channel = 'email'") == "5.1.1"
