"""Mails that are too large or too strange to be read whole: each is kept, holds nobody up, and reaches a person."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from pro_collector.casework.inbound import mails, receiving
from pro_collector.casework.inbound.receiving import receive_mail
from pro_collector.channels.inbound_mail import InboundMail, parse_mail
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


async def test_no_mail_is_read_where_others_wait(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread of its own: the event loop goes on to serve forms and webhooks."""
    threads: list[threading.Thread] = []

    def noted(parse: Callable[[bytes], InboundMail]) -> Callable[[bytes], InboundMail]:
        def call(content: bytes) -> InboundMail:
            threads.append(threading.current_thread())
            return parse(content)

        return call

    for module in (mails, receiving):
        monkeypatch.setattr(module, "parse_mail", noted(parse_mail))
    await treated(office)
    await written(office, HERS + b"\r\nhello\r\n")
    await written(office, SOMEBODYS.replace(b"<1@", b"<2@") + b"\r\nhello\r\n")
    assert len(threads) >= 4, "each is read as it comes, and once more for what follows"
    assert threading.main_thread() not in threads
