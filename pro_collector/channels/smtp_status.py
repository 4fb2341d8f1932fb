"""Reads enhanced mail status codes (RFC 3463) from SMTP replies and bounces."""

import re
from collections.abc import Mapping

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<!\d)([45]\d\d)(?!\d)")

_PLAIN: Mapping[int, str] = {
    421: "4.3.2",
    450: "4.2.0",
    451: "4.3.0",
    452: "4.3.1",
    500: "5.5.0",
    501: "5.5.4",
    503: "5.5.1",
    530: "5.7.0",
    535: "5.7.8",
    550: "5.1.0",
    551: "5.1.6",
    552: "5.2.2",
    553: "5.1.3",
    554: "5.0.0",
}
"""The status for a reply code alone, for relays that give no enhanced code (meanings in RFC 5321, 4.2.3)."""


def status_of(code: int, message: str) -> str:
    """The enhanced status of a reply; derived from the code when the text has no status of the same class."""
    match = _ENHANCED.match(message.lstrip())
    if match and int(match[1]) == code // 100:
        return match[0]
    return _PLAIN.get(code, f"{code // 100}.0.0")


def status_in(text: str) -> str | None:
    """The first failure status in free text: an enhanced one, else the status for the first 4xx or 5xx reply code."""
    for match in _ENHANCED.finditer(text):
        if match[1] != "2":
            return match[0]
    reply = _REPLY.search(text)
    return status_of(int(reply[1]), "") if reply else None
