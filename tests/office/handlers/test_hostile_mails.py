"""Mails that are too large or too strange to be read whole: each is kept, holds nobody up, and reaches a person."""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from pro_collector.casework.inbound.receiving import receive_mail
from pro_collector.channels import inbound_mail, mail_reader
from pro_collector.channels.mail_reader import MailReader, read_apart
from pro_collector.commands.show_task import show_task
from pro_collector.commands.strangers import strangers
from tests.office.handlers.test_message_received_by_mail import outcome, stopped, tasks
from tests.shared.office import FIVE_SECONDS, NURSE, Office
from tests.shared.scenes import treated
from tests.unit.channels.test_hostile_mail import MIXED, PHOTO

PART = ("review", "wrote a mail of which only a part could be read")
HERS = b"From: Maria <rt-1@example.org>\r\nMessage-ID: <1@mail.example>\r\n"
SOMEBODYS = HERS.replace(b"rt-1@", b"else@")


async def written(office: Office, content: bytes) -> str:
    """A mail comes in, and is handled."""
    taken = await receive_mail(office.rt, content)
    await office.run(office.clock.now() + FIVE_SECONDS)
    return taken


async def test_words_around_a_large_photo_are_heard(office: Office) -> None:
    await treated(office)
    photo = MIXED + b"--b\r\n" + PHOTO + b"--b\r\n\r\nI cannot breathe\r\n--b--\r\n"
    assert await written(office, HERS + photo) == "mail"
    assert (await outcome(office), [kind for kind, _ in await tasks(office)]) == ("urgent", ["urgent"])
    assert await office.one("SELECT octet_length(sealed) < 300000 FROM vault.inbound WHERE provider = 'mail'")


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: text/html\r\n\r\n<p>hello</p>" + b"<a " * 200_000,
        b"Content-Type: message/rfc822\r\n\r\n" * 1200 + b"hello",
        b"\r\n" + b"hello\r\n" * 100_000,
    ],
    ids=["html", "levels", "lines"],
)
async def test_a_mail_that_is_too_much_is_a_task(office: Office, content: bytes) -> None:
    await treated(office)
    assert await written(office, HERS + content) == "mail"
    assert (await outcome(office), await tasks(office)) == ("review", [PART])


async def test_a_keyword_before_more_than_can_be_read_does_what_it_says_and_a_person_reads_on(office: Office) -> None:
    await treated(office)
    await written(office, HERS + b"\r\nSTOP\r\n" + b"> quoted\r\n" * 60_000 + b"I cannot breathe\r\n")
    assert (await outcome(office), await stopped(office), await tasks(office)) == ("opt_out", {"email"}, [PART])


async def test_what_a_stranger_sent_is_shown_with_what_is_missing(office: Office) -> None:
    await treated(office)
    photo = MIXED + b"--b\r\n\r\nhello\r\n--b\r\n" + PHOTO + b"--b--\r\n"
    assert await written(office, SOMEBODYS + photo) == "mail of an unknown sender"
    deep = b"Content-Type: message/rfc822\r\n\r\n" * 1200 + b"hello"
    await written(office, SOMEBODYS.replace(b"<1@", b"<2@") + deep)
    large, strange = await strangers(office.rt, timedelta(days=1), NURSE)
    assert large.words.startswith(
        "hello\n\n(with large attachments, of which only the beginning was kept; 9456340 bytes came)"
    )
    assert strange.words.endswith("words may be missing; ask them)")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Read mails in another process, with other limits."""
    readers: list[MailReader] = []

    def limited(**limits: float) -> None:
        readers.append(MailReader(**limits))
        monkeypatch.setattr(mail_reader, "READER", readers[-1])

    yield limited
    for reader in readers:
        reader.close()


async def test_a_mail_that_takes_too_long_is_kept_and_its_subject_is_heard(
    office: Office, impatient: Callable[..., None]
) -> None:
    await treated(office)
    bomb = b"Content-Type: text/html\r\n\r\n" + b"<p>hello</p>" * 40_000
    impatient(cpu_seconds=0.001)
    with capture_logs() as logs:
        assert await written(office, HERS + b"Subject: STOP\r\n" + bomb) == "mail"
    assert [line["event"] for line in logs if line["log_level"] == "error"] == [
        "a mail could not be read in time: a person must read it"
    ] * 2, "as it comes, and when it is handled"
    assert "Maria" not in str(logs)
    assert (await outcome(office), await stopped(office), await tasks(office)) == ("opt_out", {"email"}, [PART])
    shown = await show_task(office.rt, str(await office.one("SELECT id FROM task")), NURSE)
    assert shown.written[0].words.startswith("STOP\n\n<p>hello</p>")
    assert shown.written[0].words.endswith("words may be missing; ask them)")


async def test_nobody_waits_for_a_process_that_hangs_and_the_next_mail_is_read(impatient: Callable[..., None]) -> None:
    impatient(seconds=0.2)
    mail_reader.READER._process = hanging = subprocess.Popen(
        ["sleep", "600"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    reading = asyncio.create_task(read_apart(HERS + b"\r\nhello"))
    ticks = 0
    while not reading.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks > 5, "the event loop goes on"
    mail, _ = await reading
    assert (mail.sender, mail.text, mail.cut, hanging.returncode) == ("rt-1@example.org", "hello", True, -9)
    impatient()
    mail, _ = await read_apart(HERS + b"\r\nhello")
    assert not mail.cut


async def test_no_mail_is_read_where_others_wait(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own: nothing that a mail does there holds up forms and webhooks."""

    def refuse(_content: bytes) -> None:
        pytest.fail("it was parsed here")

    for name in ("parse_mail", "parse_limited"):
        monkeypatch.setattr(inbound_mail, name, refuse)
    await treated(office)
    assert await written(office, HERS + b"\r\nI cannot breathe\r\n") == "mail"
    assert await outcome(office) == "urgent"
    await written(office, SOMEBODYS.replace(b"<1@", b"<2@") + b"\r\nhello\r\n")
    (shown,) = await strangers(office.rt, timedelta(days=1), NURSE)
    assert shown.words == "hello"
