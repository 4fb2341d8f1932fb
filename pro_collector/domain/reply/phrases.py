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

    So is one of `also`, the next rarest, when there is any. `literals` are all words that may be said in it.
    """

    expression: str
    anchors: frozenset[str]
    also: frozenset[str]
    literals: frozenset[str]


def compile_phrase(phrase: str) -> Pattern:
    """Compile one phrase of a language file.

    Raises ValueError when brackets do not close, or when nothing in it must be said.
    """
    pieces = _PIECE.findall(fold(phrase.replace("'", _ELIDED)).replace(_ELIDED, "'"))
    expression, needed, end = _sequence(pieces, 0)
    if end != len(pieces):
        raise ValueError(f"{phrase!r}: a bracket or a bar stands alone")
    if not needed:
        raise ValueError(f"{phrase!r}: at least one word must be said")
    anchors = _rarest(needed)
    # Not by numbers: "39" is said as "39.5", too.
    others = [words for words in needed if words is not anchors and not any(map(str.isdecimal, words))]
    literals = (word for piece in pieces if piece not in _SIGNS for word in _spellings(piece))
    return Pattern(expression, anchors, _rarest(others), frozenset(literals))


def spoken(parts: list[Token]) -> str:
    """The words of a text in one line, with " . " where punctuation parts them; what patterns are matched against."""
    said = ["." if kind in _PARTING else text for kind, text in parts if kind != MARK]
    return f" {' '.join(said)} " if said else " "


def _sequence(pieces: list[str], at: int) -> tuple[str, list[frozenset[str]], int]:
    """The expression, and of each part that must be said the words that can stand for it."""
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
    # "39" is also said as "39.5".
    decimals = r"(?:[.,]\d+)?" if piece.isdecimal() else ""
    return re.escape(piece).replace(_APOSTROPHE, " ?").rstrip(" ?") + decimals


def _spellings(piece: str) -> frozenset[str]:
    """The words to look for: "n'arrive" is said as "arrive" behind "n", or written in one without apostrophe."""
    parts = [part for part in piece.split("'") if part]
    return frozenset({"".join(parts), parts[-1]})


def _rarest(needed: list[frozenset[str]]) -> frozenset[str]:
    # Long words are rare words: fewer patterns are tried on a text that has nothing to do with them.
    return max(needed, key=lambda words: min(map(len, words)), default=frozenset())
