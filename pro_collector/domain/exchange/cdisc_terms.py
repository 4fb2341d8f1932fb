"""Codes for CDISC datasets: those of the controlled terminology where they were seen, else stable codes of our own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

OWN = "X"
"""A code that begins with this is our own: no stem of the terminology that we know does."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONGEST_CODE = 8
LONGEST_LABEL = 40
SCORE = " score"


@dataclass(frozen=True, slots=True)
class InstrumentTerms:
    """The published name (QSCAT) and codes of one questionnaire, by item and by scale, and where they were read."""

    source: str
    category: str | None = None
    items: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)


Terms = Mapping[str, InstrumentTerms]
"""Published codes by questionnaire."""


def item_code(terms: Terms, instrument: str, item: str) -> str:
    """QSTESTCD of an item."""
    known = terms.get(instrument)
    return (known.items.get(item) if known else None) or own_code(instrument, "item", item)


def scale_code(terms: Terms, instrument: str, scale: str) -> str:
    """QSTESTCD and PARAMCD of a scale."""
    known = terms.get(instrument)
    return (known.scales.get(scale) if known else None) or own_code(instrument, "scale", scale)


def category(terms: Terms, instrument: str) -> str:
    """QSCAT and PARCAT1 of a questionnaire: the published term, else our name of it."""
    known = terms.get(instrument)
    return (known.category if known else None) or instrument


@cache
def own_code(instrument: str, kind: str, name: str) -> str:
    """A code of eight letters and digits made from names that never change; the same in every export."""
    number = int.from_bytes(hashlib.sha256(f"{instrument}/{kind}/{name}".encode()).digest()[:8])
    digits = ""
    for _ in range(LONGEST_CODE - len(OWN)):
        number, digit = divmod(number, len(_DIGITS))
        digits += _DIGITS[digit]
    return OWN + digits


def item_label(instrument: str, item: str) -> str:
    """QSTEST of an item: the questionnaire and its name, cut to what SDTM allows. No wording is in it."""
    return f"{instrument} {item}"[:LONGEST_LABEL]


def scale_label(instrument: str, scale: str) -> str:
    """QSTEST and PARAM of a scale: never that of an item, because an item and a scale may have the same name."""
    return f"{instrument} {scale}"[: LONGEST_LABEL - len(SCORE)] + SCORE
