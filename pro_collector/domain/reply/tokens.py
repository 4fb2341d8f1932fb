"""Text to tokens: any script's digits, quotes, dashes, accents, letter case and emoji brought to one plain form."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

WORD, NUMBER, COMPOUND, SIGNED, GLUED, SLASH, BREAK, MARK, STRANGE = (
    "word",  # letters only
    "number",  # digits only
    "compound",  # digits joined by . , : / or -
    "signed",  # digits behind a minus, a point or a colon that belongs to them
    "glued",  # digits and letters in one
    "slash",
    "break",  # punctuation, line end or emoji: what stands behind it is a new remark
    "mark",  # a decoration that belongs to its neighbour: # * ~ = "
    "strange",  # a sign that changes what a number means: ? + < > % and the like
)


class Token(NamedTuple):
    """One piece of a reply: its kind (a constant of this module) and its plain text."""

    kind: str
    text: str


# Vowel signs of many scripts are no letters to `re`, and would cut words in two.
_SIGNS = "".join(chr(code) for code in range(0x0591, 0x1D00) if unicodedata.category(chr(code)) in {"Mn", "Mc"})
_CHANGES_MEANING = "?¿+<>%$€£¥&@^°\\|{}□❓❔⁉➕➖✖❌⭕🚫🤷👎💯🔢✌☝🖐✋🤞🥇🥈🥉⬆⬇📈📉🤔"


def _tokenizer(letter: str) -> re.Pattern[str]:
    # Possessive: a word that runs into a digit must not be given back as a shorter word.
    return re.compile(
        rf"""
        [^\S\n]*+(?:
          (?P<word>{letter}++(?!\d))
        | (?P<number>\d++(?![.,:/-]\d|{letter}))
        | (?P<signed>(?:(?<=\s)|^)[-.:]\d+)
        | (?P<compound>\d+(?:[.,:/-]\d+)+{letter}*)
        | (?P<glued>\d+{letter}+\w*|{letter}+\d\w*)
        | (?P<strange>[{re.escape(_CHANGES_MEANING)}]|[🕐-🕧])
        | (?P<slash>/)
        | (?P<mark>[#*~="'_`]+)
        | (?P<break>\n|[^\w\s])
        )
        """,
        re.VERBOSE,
    )


_TOKEN = _tokenizer("[a-z]")  # all letters that plain ASCII text has
_TOKEN_WITH_SIGNS = _tokenizer(rf"(?:[^\W\d_]|[{_SIGNS}])")
_EMOTICON = re.compile(r"(?<![\w:;])[:;]'?-?[()\[\]/|\\*]+(?!\d)|(?<!\w)[:;x]-?[dp](?!\w)", re.IGNORECASE)
# These three begin with the sign, which few texts hold, and look back from it.
_APOSTROPHE = re.compile(r"'(?<=[^\W\d_]')(?=[^\W\d_])")
# French "j'ai" and "n'arrive" are two words each, English "can't" is one.
_ELISION = re.compile(r"'(?:(?<=[cdjlmnst]')(?<![^\W\d_].')|(?<=qu')(?<![^\W\d_]..'))(?=[^\W\d_])")
_HYPHEN = re.compile(r"-(?<=[^\W\d_]-)(?=[^\W\d_])")
_ACCENT = re.compile("[\u0300-\u036f]")
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
_HIDDEN = (0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, 0xFE0E, 0xFE0F, 0x20E3)
_INVISIBLE = dict.fromkeys(
    b for a in (range(0x202A, 0x202F), range(0x2066, 0x206A), range(0x1F3FB, 0x1F400), _HIDDEN) for b in a
)
_PLAIN: dict[int, str | None] = {
    **_INVISIBLE,
    **dict.fromkeys(map(ord, "’‘ʼ´′`＇"), "'"),
    **dict.fromkeys(map(ord, "“”„«»‟″"), '"'),
    **dict.fromkeys(map(ord, "–—−‑‒―"), "-"),
    # Compatibility folding would turn 7² into 72 and 3½ into 31/2.
    **dict.fromkeys(map(ord, "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉¼½¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘⅙⅚⅐⅑⅒⅟↉"), " □ "),
    **{0x2460 + step: f" {step + 1} " for step in range(20)},
    **{0x2776 + step: f" {step + 1} " for step in range(10)},
    0x24EA: " 0 ",
    0x1F51F: " 10 ",
    0x2116: "#",
    0x2028: "\n",
    0x2029: "\n",
    0x0D: "\n",
}
_UNUSUAL = re.compile(f"[{re.escape(''.join(map(chr, _PLAIN)))}]")
_NUMBER_SIGN = re.compile("\\bn[°º]", re.IGNORECASE)


def fold(text: str) -> str:
    """`text` in plain form: lower case, no accents, ASCII digits and quotes, no apostrophes or hyphens in words."""
    if not text.isascii():
        text = _UNUSUAL.sub(lambda sign: _PLAIN[ord(sign[0])] or "", _NUMBER_SIGN.sub("#", text))
        text = _ACCENT.sub("", unicodedata.normalize("NFKD", text))
        text = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
    text = text.casefold()
    if "'" in text:
        text = _APOSTROPHE.sub("", _ELISION.sub(" ", text))
    return _HYPHEN.sub(" ", text) if "-" in text else text


def tokens(text: str) -> list[Token]:
    """The tokens of a reply, in order."""
    return split(fold(text))


def split(folded: str) -> list[Token]:
    """The tokens of a text that `fold` has already brought to plain form."""
    if ":" in folded or ";" in folded or "x" in folded:
        folded = _EMOTICON.sub(" , ", folded)
    pattern = _TOKEN if folded.isascii() else _TOKEN_WITH_SIGNS
    found: list[Token] = []
    # Nothing is read across a blank, and most of what stands between two is a plain word or number.
    for piece in folded.replace("\n", " \n ").split(" "):
        if piece.isalpha():
            found.append(Token(WORD, piece))
        elif piece.isdecimal():
            found.append(Token(NUMBER, piece))
        elif piece:
            found += [Token(kind, each[kind]) for each in pattern.finditer(piece) if (kind := each.lastgroup)]
    return found


def sentences(parts: list[Token]) -> list[list[Token]]:
    """The tokens between punctuation, line ends and emoji; none that is empty."""
    found: list[list[Token]] = [[]]
    for part in parts:
        if part.kind == BREAK:
            found.append([])
        else:
            found[-1].append(part)
    return [each for each in found if each]


@lru_cache(maxsize=65536)  # phrases of language files only: every question is compiled from the same ones
def forms(phrase: str) -> tuple[tuple[str, ...], ...]:
    """The words of a phrase, as written and with apostrophes left out: "c'est" is also written "cest"."""
    return tuple({words(phrase): None, words(phrase.replace("'", "")): None})


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a phrase, in order, without anything between them."""
    return tuple(token.text for token in tokens(text) if token.kind not in {BREAK, MARK})
