"""The small pattern language of the language files: `stop (texting|calling) [me]`, `...` for up to three words."""

import re
from dataclasses import dataclass

from pro_collector.domain.reply.tokens import BREAK, MARK, STRANGE, Token, fold

_PIECE = re.compile(r"\.\.\.|[()\[\]|]|[^\s()\[\]|]+")
_SIGNS = frozenset({"(", ")", "[", "]", "|", "..."})
_APOSTROPHE, _ELIDED = "'", "ʹ"
_PARTING = frozenset({BREAK, STRANGE})
_GAP = r"(?: [^ .]+){0,3}?"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One phrase, compiled: `expression` matches in `spoken` text; one of `anchors` is among its words.

    `literals` are all words that may be said in it.
    """

    expression: str
    anchors: frozenset[str]
    literals: frozenset[str]


def compile_phrase(phrase: str) -> Pattern:
    """Compile one phrase of a language file.

    Raises ValueError when brackets do not close, or when nothing in it must be said.
    """
    pieces = _PIECE.findall(fold(phrase.replace("'", _ELIDED)).replace(_ELIDED, "'"))
    expression, anchors, end = _sequence(pieces, 0)
    if end != len(pieces):
        raise ValueError(f"{phrase!r}: a bracket or a bar stands alone")
    if not anchors:
        raise ValueError(f"{phrase!r}: at least one word must be said")
    literals = (word for piece in pieces if piece not in _SIGNS for word in _spellings(piece))
    return Pattern(expression, anchors, frozenset(literals))


def spoken(parts: list[Token]) -> str:
    """The words of a text in one line, with " . " where punctuation parts them; what patterns are matched against."""
    said = ["." if kind in _PARTING else text for kind, text in parts if kind != MARK]
    return f" {' '.join(said)} " if said else " "


def _sequence(pieces: list[str], at: int) -> tuple[str, frozenset[str], int]:
    expression, best = "", frozenset[str]()
    while at < len(pieces) and pieces[at] not in {")", "]", "|"}:
        piece = pieces[at]
        if piece in {"(", "["}:
            inner, anchors, at = _either(pieces, at + 1, ")" if piece == "(" else "]")
            expression += inner if piece == "(" else f"{inner}?"
            best = _rarer(best, anchors if piece == "(" else frozenset())
        elif piece == "...":
            expression += _GAP
        else:
            expression += f" {_literal(piece)}"
            best = _rarer(best, _spellings(piece))
        at += 1
    return expression, best, at


def _either(pieces: list[str], at: int, closing: str) -> tuple[str, frozenset[str], int]:
    expressions, anchors, complete = [], frozenset[str](), True
    while True:
        expression, some, at = _sequence(pieces, at)
        expressions.append(expression)
        anchors |= some
        complete = complete and bool(some)
        if at >= len(pieces) or pieces[at] not in {"|", closing}:
            raise ValueError(f"{' '.join(pieces)!r}: {closing!r} is missing")
        if pieces[at] == closing:
            return f"(?:{'|'.join(expressions)})", anchors if complete else frozenset(), at
        at += 1


def _literal(piece: str) -> str:
    # "39" is also said as "39.5".
    decimals = r"(?:[.,]\d+)?" if piece.isdecimal() else ""
    return re.escape(piece).replace(_APOSTROPHE, " ?").rstrip(" ?") + decimals


def _spellings(piece: str) -> frozenset[str]:
    """The words to look for: "n'arrive" is said as "arrive" behind "n", or written in one without apostrophe."""
    parts = [part for part in piece.split("'") if part]
    return frozenset({"".join(parts), parts[-1]})


def _rarer(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    # Long words are rare words: fewer patterns are tried on a text that has nothing to do with them.
    return max(one, other, key=lambda words: min(map(len, words), default=0))
