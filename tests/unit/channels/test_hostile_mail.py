"""Mails that are written to keep us busy: each is read in a time that its bytes allow, and its words are not lost."""

import base64
import io
import time
import zipfile
from collections.abc import Callable

import pytest

from pro_collector.channels.bounce import parse_bounce
from pro_collector.channels.html_text import text_of_html
from pro_collector.channels.inbound_mail import InboundMail, parse_beginning, parse_mail
from pro_collector.channels.mime import MAX_BYTES, shorten
from pro_collector.domain.conversation.correspondence import read_mail
from pro_collector.languages import language
from pro_collector.second_reader import mark_of

BOUND = 10.0
"""CPU seconds; each takes a hundredth of that, and took minutes to hours where the work was the square of the bytes."""
HEAD = b"From: Ana <ana@mail.example>\r\nMessage-ID: <1@mail.example>\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"
PHOTO = b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(bytes(7_000_000))


def nested(levels: int, more: bytes = b"") -> bytes:
    """A multipart in a multipart in a ..."""
    levels_of = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(levels))
    return HEAD + b"".join(levels_of) + more


def busy(work: Callable[[], object]) -> float:
    """The CPU seconds of this process that something takes, however busy the machine is."""
    before = time.process_time()
    work()
    return time.process_time() - before


def read(content: bytes) -> None:
    """All that is done with a mail."""
    found = parse_mail(content)
    parse_bounce(content, "bounce@example.org")
    read_mail(found.subject, found.text, language("en"), ["words of ours that are long enough"] * 20, mark_of)


UNCLOSED = ["<a ", "<a b=", "<a '", '<a b="', "<!--", "<", "</", "<![", '<a ">" ', "<style>", "<script></", "&#", "<p>"]


@pytest.mark.parametrize("piece", UNCLOSED)
def test_html_takes_no_more_than_its_length(piece: str) -> None:
    for end in ("", ">", "'>", '">', "-->"):
        assert busy(lambda end=end: text_of_html(piece * (200_000 // len(piece)) + end)) < BOUND  # type: ignore[misc]


@pytest.mark.parametrize(
    "content",
    [
        HEAD + MIXED + b"".join(b"--b\r\n" + HTML + b"<a " * 60_000 + b"\r\n" for _ in range(20)),
        HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1200 + b"hello",
        nested(3000),
        nested(900, b"\n" * 1_000_000),
        nested(29, b"a\n" * 1_000_000),
        HEAD + MIXED + b"--b\r\n\r\nx\r\n" * 200_000,
        HEAD + b'Content-Type: text/plain; "' + b";" * 2_000_000 + b"\r\n\r\nhello",
        HEAD + b'Content-Type: text/plain; "' + b";;;;;\r\n " * 200_000 + b"\r\n\r\nhello",
        HEAD + MIXED + (b'--b\r\nContent-Type: text/html; "' + b";" * 4000 + b"\r\n\r\nx\r\n") * 500,
        b"From: " + b"(" * 1_000_000 + b"\r\n\r\nhello",
        HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 200_000 + b"\r\n\r\nhello",
        HEAD + b"X: y\r\n" * 500_000 + b"\r\nhello",
        HEAD + b"\r\n" + b"On x\n" * 2_000_000,
        HEAD + b"\r\n" + b" " * 10_000_000,
    ],
    ids=["html", "rfc822", "levels", "levels-lines", "lines", "parts", "parameters", "folded", "each", "comments",
         "encoded", "headers", "introductions", "spaces"],
)  # fmt: skip
def test_a_mail_takes_no_more_than_its_length(content: bytes) -> None:
    assert busy(lambda: read(content)) < BOUND


@pytest.mark.parametrize("levels", [29, 300])
def test_what_is_nested_too_deep_is_read_as_it_stands(levels: int) -> None:
    found = parse_mail(nested(levels, b"\r\nI cannot breathe"))
    assert (found.sender, found.text.endswith("I cannot breathe")) == ("ana@mail.example", True)
    assert found.cut == (levels > 30), "a person reads it too"


def test_a_bounce_that_nobody_can_take_apart_is_none() -> None:
    """The mail server tried again for days with what made it raise."""
    deep = HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1200
    assert parse_bounce(deep) is None
    assert parse_mail(deep).cut


@pytest.mark.parametrize("photos", [1, 4])
def test_a_large_photo_costs_none_of_the_words_around_it(photos: int) -> None:
    content = HEAD + MIXED + b"--b\r\n\r\nbefore\r\n" + (b"--b\r\n" + PHOTO) * photos + b"--b\r\n\r\nafter\r\n--b--\r\n"
    found = parse_mail(content)
    assert (found.text.split(), found.cut) == (["before", "after"], False)
    short = shorten(content)
    assert (short.whole, len(short.content) < 100_000) == (False, True)
    assert parse_mail(short.content) == found, "what is stored says what came"


def test_no_attachment_is_opened() -> None:
    """A bomb in a zip, and words that somebody attached."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", bytes(50_000_000))
    kind = b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    letter = b"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nSTOP\r\n"
    content = HEAD + MIXED + b"--b\r\n\r\nhello\r\n--b\r\n" + kind + base64.encodebytes(packed.getvalue())
    content += b"--b\r\n" + letter + b"--b--\r\n"
    assert busy(lambda: read(content)) < BOUND
    assert parse_mail(content).text.strip() == "hello"


@pytest.mark.parametrize("content", [b"", b"\x00\xff", HEAD, HEAD + b"\r\n", nested(3000, b"hello")])
def test_the_beginning_of_any_mail_is_read_as_it_stands(content: bytes) -> None:
    found = parse_beginning(content)
    assert (found.cut, found.key, found.sender) == (True, parse_mail(content).key, parse_mail(content).sender)
    assert len(found.text) < MAX_BYTES


def test_a_mail_of_ordinary_size_stays_as_it_came() -> None:
    small = HEAD + MIXED + b"--b\r\n" + PHOTO[:400_000] + b"--b--\r\n"
    assert shorten(small) == (small, True, False)


def test_long_words_in_base64_are_read() -> None:
    """As mail programs write what has accents."""
    words = ("Me siento peor. " * 4000).encode()
    part = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    content = HEAD + MIXED + b"--b\r\n" + part + base64.encodebytes(words) + b"--b\r\n" + PHOTO + b"--b--\r\n"
    found = parse_mail(content)
    assert (found.text.count("peor"), found.cut) == (4000, False)


@pytest.mark.parametrize(
    "content",
    [
        HEAD + b"\r\nhello\r\n" + b"word " * 30_000,
        HEAD + b"\r\nhello\r\n" + b"x\r\n" * 30_000,
        HEAD + b"\r\nhello\r\n" + b"word " * 300_000,
        HEAD + MIXED + b"".join(b"--b\r\n\r\nhello\r\n" for _ in range(30)),
    ],
    ids=["words", "lines", "bytes", "parts"],
)
def test_what_is_not_read_whole_says_so(content: bytes) -> None:
    found: InboundMail = parse_mail(content)
    assert found.text.startswith("hello")
    assert found.cut
    assert len(shorten(content).content) <= MAX_BYTES
