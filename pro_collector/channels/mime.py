"""Parses a mail within limits on its bytes, lines, nesting and length of a header.

The time of Python's parser has no limit: it grows with lines times nesting, and with the square of a header's length.
"""

import re
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from io import BytesIO
from typing import NamedTuple

MAX_BYTES = 512_000
MAX_LINES = 20_000
MAX_NESTING = 30
"""Multiparts and nested mails in a mail, counted together; a bounce of a mail with pictures has six."""
MAX_HEADER = 4_000
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, MessageError)
"""The exceptions that the parsers raise on bytes that are not a proper mail."""

_KEPT_OF_A_TEXT, _KEPT_OF_A_FILE = 2_000, 100
"""Lines of base64 that are kept of a text part, and of any other part (pictures are never read)."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{60,100}={0,2}\r?\n?")
_KIND = re.compile(rb"content-type:\s*(\S*)", re.IGNORECASE)
_LEVEL = re.compile(rb"\b(?:multipart|message)/", re.IGNORECASE)


class ParsedMail(NamedTuple):
    """A parsed mail. `cut`: it was too large to be read completely, so words may be missing."""

    message: Message
    cut: bool


class ShortMail(NamedTuple):
    """The bytes of a mail within the limits. `whole`: nothing is missing. `cut`: more than attachments is missing."""

    content: bytes
    whole: bool
    cut: bool


class _Policy(Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MAX_HEADER]


def parse_limited(content: bytes) -> ParsedMail:
    """Parse a mail; if that fails, return its headers and the rest as text. Never raises."""
    short = shorten(content)
    if len(_LEVEL.findall(short.content)) <= MAX_NESTING:
        try:
            return ParsedMail(message_from_bytes(short.content, policy=_Policy()), short.cut)
        except UNREADABLE:
            pass
    return ParsedMail(bare(short.content), True)


def shorten(content: bytes) -> ShortMail:
    """Shorten a long mail: drop most of each attached file, then the end of the mail. A short mail is unchanged."""
    if len(content) <= MAX_BYTES and content.count(b"\n") <= MAX_LINES:
        return ShortMail(content, True, False)
    lines: list[bytes] = []
    size = base64_lines = 0
    allowed = _KEPT_OF_A_TEXT
    for line in BytesIO(content):
        base64_lines = base64_lines + 1 if _BASE64.fullmatch(line) else 0
        if base64_lines > allowed:
            continue
        if kind := _KIND.match(line):
            allowed = _KEPT_OF_A_TEXT if kind[1][:5].lower() in (b"", b"text/") else _KEPT_OF_A_FILE
        if len(lines) == MAX_LINES or size + len(line) > MAX_BYTES:
            lines.append(line[: MAX_BYTES - size])
            return ShortMail(b"".join(lines), False, True)
        lines.append(line)
        size += len(line)
    return ShortMail(b"".join(lines), False, False)


def bare(content: bytes) -> Message:
    """Return a message with the headers, and everything below them as plain text."""
    try:
        message: Message = BytesHeaderParser(policy=_Policy()).parsebytes(content)
    except UNREADABLE:
        return Message()
    for name in ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition"):
        del message[name]
    return message
