"""The size of an SMS (GSM-7 or UCS-2, units, segments), which sets its price; and the text of a question as an SMS."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pro_collector.domain.instrument.text import ItemWording

# 3GPP TS 23.038, 6.2.1: the default alphabet; a character of the extension table takes an escape and a character.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class Segments:
    """The size of a text: its encoding, its length in septets or UTF-16 code units, and its segments."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int


def segments(text: str) -> Segments:
    """The size of `text`. A single segment holds 160 septets or 70 code units; each of several holds 153 or 67.

    Neither an escaped GSM-7 character nor a surrogate pair is split between segments (3GPP TS 23.040, 9.2.3.24.1), so a
    segment may have one unit unused. An empty text takes one segment.
    """
    if all(character in _BASIC or character in _EXTENSION for character in text):
        return _packed("GSM-7", [2 if character in _EXTENSION else 1 for character in text], 160, 153)
    return _packed("UCS-2", [2 if ord(character) > 0xFFFF else 1 for character in text], 70, 67)


def _packed(encoding: Literal["GSM-7", "UCS-2"], sizes: list[int], alone: int, joined: int) -> Segments:
    units = sum(sizes)
    if units <= alone:
        return Segments(encoding, units, 1)
    count, room = 1, joined
    for size in sizes:
        if size > room:
            count, room = count + 1, joined
        room -= size
    return Segments(encoding, units, count)


def outside_gsm7(text: str) -> str:
    """The characters that force UCS-2, each once, in order; "" if there are none."""
    return "".join(dict.fromkeys(character for character in text if character not in _BASIC | _EXTENSION))


def sms_question(wording: ItemWording) -> str:
    """The question as one SMS: the short prompt, then a line for each choice with the code to reply."""
    return "\n".join([wording.sms, *_lines(wording)])


def _lines(wording: ItemWording) -> Iterable[str]:
    if wording.item.options:
        return [f"{option.code} {option.label}" for option in wording.options]
    if wording.sms != wording.prompt:  # a separate short form already says how to reply
        return []
    ends = ((wording.item.minimum, wording.minimum), (wording.item.maximum, wording.maximum))
    return [f"{number} = {label}" for number, label in ends if number is not None and label]
