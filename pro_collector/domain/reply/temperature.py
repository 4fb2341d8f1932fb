"""Recognizes fever from a body temperature without a unit: "38.5", "39,2", "100.9"."""

import re
from collections.abc import Sequence

from pro_collector.domain.reply.question import Question
from pro_collector.domain.reply.tokens import COMPOUND, STRANGE, WORD, Token

_READING = re.compile(r"(\d{2,3})[.,](\d)([cf]?)")
_MONEY = frozenset("$€£¥")
_UNITS = frozenset(
    [
        "kg",
        "kgs",
        "kilo",
        "kilos",
        "kilogram",
        "kilograms",
        "lb",
        "lbs",
        "pound",
        "pounds",
        "g",
        "gram",
        "grams",
        "mg",
        "ml",
        "l",
        "cm",
        "mm",
        "m",
        "km",
        "mile",
        "miles",
        "inch",
        "inches",
        "libra",
        "libras",
        "livre",
        "livres",
        "litre",
        "litres",
        "litro",
        "litros",
        "euro",
        "euros",
        "dollar",
        "dollars",
        "peso",
        "pesos",
        "percent",
        "mmhg",
    ]
)
_CELSIUS = (38.0, 43.0)
_FAHRENHEIT = (100.4, 110.0)


def is_fever(parts: Sequence[Token], question: Question | None) -> bool:
    """Whether a number in the text is a temperature of at least 38.0 °C or 100.4 °F, and not a possible answer.

    The limits are those of neutropenic sepsis guidance (NICE CG151, IDSA 2010). A number with one decimal is taken for
    a temperature unless a unit or the question gives it another meaning. A whole number needs a word next to it
    ("temp 38"); the patterns of the language files find those.
    """
    return any(
        kind == COMPOUND and _is_fever(text, question) and not _counts_something(parts, at)
        for at, (kind, text) in enumerate(parts)
    )


def _is_fever(text: str, question: Question | None) -> bool:
    match = _READING.fullmatch(text)
    if match is None:
        return False
    value = float(f"{match[1]}.{match[2]}")
    feverish = any(low <= value < high for low, high in (_CELSIUS, _FAHRENHEIT))
    return feverish and (bool(match[3]) or not _may_answer(value, question))


def _may_answer(value: float, question: Question | None) -> bool:
    if question is None or question.kind not in {"integer", "decimal"}:
        return False
    low, high = question.minimum, question.maximum
    return (low is None or low <= value) and (high is None or value <= high)


def _counts_something(parts: Sequence[Token], at: int) -> bool:
    before, after = parts[at - 1 : at], parts[at + 1 : at + 2]
    return any(each.text in _MONEY for each in (*before, *after) if each.kind == STRANGE) or any(
        (each.kind == WORD and each.text in _UNITS) or each.text == "%" for each in after
    )
