"""Takes a mail apart within bounds: so many bytes, lines, levels and characters of a header, whoever wrote it.

Python's parser works for as long as a mail asks for: its work is lines times levels, and a header's square.
"""

import re
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from io import BytesIO
from typing import NamedTuple

MOST_BYTES = 512_000
MOST_LINES = 20_000
MOST_LEVELS = 30
"""Multiparts and mails in a mail, however they lie; a bounce of a mail with pictures has six."""
MOST_OF_A_HEADER = 4_000
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, MessageError)
"""What the parsers raise on bytes that are hardly a mail."""

_KEPT_OF_A_TEXT, _KEPT_OF_A_FILE = 2_000, 100
"""Lines of base64 that are kept of a part with words, and of any other: nobody here looks at pictures."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{60,100}={0,2}\r?\n?")
_KIND = re.compile(rb"content-type:\s*(\S*)", re.IGNORECASE)
_LEVEL = re.compile(rb"\b(?:multipart|message)/", re.IGNORECASE)


class ParsedMail(NamedTuple):
    """A mail taken apart. `cut`: it was too large to be read whole, so that words may be missing."""

    message: Message
    cut: bool


class Short(NamedTuple):
    """The bytes of a mail that can be read. `whole`: all of them; `cut`: more is missing than parts of large files."""

    content: bytes
    whole: bool
    cut: bool


class _Policy(Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MOST_OF_A_HEADER]


def take_apart(content: bytes) -> ParsedMail:
    """A mail from its bytes; of what nobody can take apart, the headers and the bare text. Never raises."""
    short = shortened(content)
    if len(_LEVEL.findall(short.content)) <= MOST_LEVELS:
        try:
            return ParsedMail(message_from_bytes(short.content, policy=_Policy()), short.cut)
        except UNREADABLE:
            pass
    return ParsedMail(_bare(short.content), True)


def shortened(content: bytes) -> Short:
    """A mail without what makes it long: most of each attached file, then its end. A short one stays as it came."""
    if len(content) <= MOST_BYTES and content.count(b"\n") <= MOST_LINES:
        return Short(content, True, False)
    kept: list[bytes] = []
    size = run = 0
    of_run = _KEPT_OF_A_TEXT
    for line in BytesIO(content):
        run = run + 1 if _BASE64.fullmatch(line) else 0
        if run > of_run:
            continue
        if kind := _KIND.match(line):
            of_run = _KEPT_OF_A_TEXT if kind[1][:5].lower() in (b"", b"text/") else _KEPT_OF_A_FILE
        if len(kept) == MOST_LINES or size + len(line) > MOST_BYTES:
            kept.append(line[: MOST_BYTES - size])
            return Short(b"".join(kept), False, True)
        kept.append(line)
        size += len(line)
    return Short(b"".join(kept), False, False)


def _bare(content: bytes) -> Message:
    """The headers, and everything below them as if it were text."""
    try:
        message: Message = BytesHeaderParser(policy=_Policy()).parsebytes(content)
    except UNREADABLE:
        return Message()
    for name in ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition"):
        del message[name]
    return message
