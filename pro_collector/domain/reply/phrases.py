"""The small pattern language of the language files: `stop (texting|calling) [me]`, `...` for up to three words."""

import re
import unicodedata
from dataclasses import dataclass

from pro_collector.domain.reply.tokens import BREAK, MARK, STRANGE, Token, fold, spelt_out

_PIECE = re.compile(r"\.\.\.|[()\[\]|]|[^\s()\[\]|]+")
_UMLAUTS = re.compile(r"[^\s()\[\]|]*[äöüÄÖÜ][^\s()\[\]|]*")
_SIGNS = frozenset({"(", ")", "[", "]", "|", "..."})
_APOSTROPHE, _ELIDED = "'", "ʹ"
_SEPARATORS = frozenset({BREAK, STRANGE})
_GAP = r"(?: [^ .]+){0,3}?"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One compiled phrase: `expression` matches in the text of `as_line`; a match has one word of `anchors`.

    It also has one word of `also`, the next rarest words, if there are any. `literals` are all words of the phrase.
    """

    expression: str
    anchors: frozenset[str]
    also: frozenset[str]
    literals: frozenset[str]


def compile_phrase(phrase: str) -> Pattern:
    """Compile one phrase of a language file.

    Raises ValueError if a bracket is not closed, or if every word is optional.
    """
    pieces, expression, needed = _parsed(phrase)
    anchors = _rarest(needed)
    # Numbers are no anchors, because "39" matches "39.5" too.
    others = [words for words in needed if words is not anchors and not any(map(str.isdecimal, words))]
    literals = (word for piece in pieces if piece not in _SIGNS for word in _spellings(piece))
    return Pattern(expression, anchors, _rarest(others), frozenset(literals))


def needed_words(phrase: str) -> list[frozenset[str]]:
    """For each required part of a phrase, the words of which a text must have one. Raises as `compile_phrase`."""
    return _parsed(phrase)[2]


def as_line(parts: list[Token]) -> str:
    """The words of a text in one line, with " . " for punctuation: the text that the patterns are matched against."""
    words = ["." if kind in _SEPARATORS else text for kind, text in parts if kind != MARK]
    return f" {' '.join(words)} " if words else " "


def _parsed(phrase: str) -> tuple[list[str], str, list[frozenset[str]]]:
    """The pieces of a phrase, its expression, and the words that it needs."""
    spelt = _UMLAUTS.sub(lambda word: f"({word[0]}|{spelt_out(word[0])})", unicodedata.normalize("NFC", phrase))
    pieces = _PIECE.findall(fold(spelt.replace("'", _ELIDED)).replace(_ELIDED, "'"))
    expression, needed, end = _sequence(pieces, 0)
    if end != len(pieces):
        raise ValueError(f"{phrase!r}: a bracket or a bar stands alone")
    if not needed:
        raise ValueError(f"{phrase!r}: at least one word must be said")
    return pieces, expression, needed


def _sequence(pieces: list[str], at: int) -> tuple[str, list[frozenset[str]], int]:
    """The expression, for each required part the words that satisfy it, and the position after the sequence."""
    expression, needed = "", list[frozenset[str]]()
    while at < len(pieces) and pieces[at] not in {")", "]", "|"}:
        piece = pieces[at]
        if piece in {"(", "["}:
            inner, anchors, at = _either(pieces, at + 1, ")" if piece == "(" else "]")
            expression += inner if piece == "(" else f"{inner}?"
            needed += [anchors] if piece == "(" and anchors else []
        elif piece == "...":
            expression += _GAP
        else:
            expression += f" {_literal(piece)}"
            needed.append(_spellings(piece))
        at += 1
    return expression, needed, at


def _either(pieces: list[str], at: int, closing: str) -> tuple[str, frozenset[str], int]:
    expressions, anchors, complete = [], frozenset[str](), True
    while True:
        expression, needed, at = _sequence(pieces, at)
        expressions.append(expression)
        anchors |= _rarest(needed)
        complete = complete and bool(needed)
        if at >= len(pieces) or pieces[at] not in {"|", closing}:
            raise ValueError(f"{' '.join(pieces)!r}: {closing!r} is missing")
        if pieces[at] == closing:
            return f"(?:{'|'.join(expressions)})", anchors if complete else frozenset(), at
        at += 1


def _literal(piece: str) -> str:
    # "39" matches "39.5" too.
    decimals = r"(?:[.,]\d+)?" if piece.isdecimal() else ""
    return re.escape(piece).replace(_APOSTROPHE, " ?").rstrip(" ?") + decimals


def _spellings(piece: str) -> frozenset[str]:
    """The words to look for: "n'arrive" is read as "n" and "arrive", or as one word if the apostrophe is missing."""
    parts = [part for part in piece.split("'") if part]
    return frozenset({"".join(parts), parts[-1]})


def _rarest(needed: list[frozenset[str]]) -> frozenset[str]:
    # Long words are rare: so fewer patterns are tried on an unrelated text.
    return max(needed, key=lambda words: min(map(len, words)), default=frozenset())
