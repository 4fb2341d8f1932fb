"""Splits text into tokens, after normalizing digits, quotes, dashes, accents, letter case and emoji of any script."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

WORD, NUMBER, COMPOUND, SIGNED, GLUED, SLASH, BREAK, MARK, STRANGE = (
    "word",  # letters only
    "number",  # digits only
    "compound",  # digits joined by . , : / or -
    "signed",  # digits after a minus, a point or a colon that belongs to them
    "glued",  # digits and letters without a space
    "slash",
    "break",  # punctuation, line end or emoji: a new remark begins after it
    "mark",  # a sign that belongs to the word next to it: # * ~ = "
    "strange",  # a sign that changes the meaning of a number: ? + < > % and the like
)


class Token(NamedTuple):
    """One piece of a reply: its kind (a constant of this module) and its plain text."""

    kind: str
    text: str


# `re` does not count the vowel signs of many scripts as letters, so they would split words.
_SIGNS = "".join(chr(code) for code in range(0x0591, 0x1D00) if unicodedata.category(chr(code)) in {"Mn", "Mc"})
_CHANGES_MEANING = "?¿؟+<>%٪‰×÷$€£¥&@^°\\|{}□❓❔⁉➕➖✖❌⭕🚫🤷👎💯🔢✌☝🖐✋🤞🥇🥈🥉⬆⬇📈📉🤔"


def _tokenizer(letter: str) -> re.Pattern[str]:
    # Possessive quantifiers: a word with a digit directly after it must not be matched as a shorter word.
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


_TOKEN = _tokenizer("[a-z]")  # all letters of folded ASCII text
_TOKEN_WITH_SIGNS = _tokenizer(rf"(?:[^\W\d_]|[{_SIGNS}])")
_EMOTICON = re.compile(r"(?<![\w:;])[:;]'?-?[()\[\]/|\\*]+(?!\d)|(?<!\w)[:;x]-?[dp](?!\w)", re.IGNORECASE)
# These three patterns begin with the sign and look back from it, which is fast because few texts have the sign.
_APOSTROPHE = re.compile(r"'(?<=[^\W\d_]')(?=[^\W\d_])")
# French "j'ai" and "n'arrive" are two words each, English "can't" is one.
_ELISION = re.compile(r"'(?:(?<=[cdjlmnst]')(?<![^\W\d_].')|(?<=qu')(?<![^\W\d_]..'))(?=[^\W\d_])")
_HYPHEN = re.compile(r"-(?<=[^\W\d_]-)(?=[^\W\d_])")
# Accents, and the vowel signs of Hebrew and Arabic, which few people type.
_ACCENT = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]")
# Letters that Unicode does not take apart, and forms of one Arabic letter that people type for each other.
_LETTERS = {
    **dict(zip("łŁøØđĐðÐħĦıſ", "llooddddhhis", strict=True)),
    **{"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th"},
    **{"ٱ": "ا", "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ـ": ""},
}
_UMLAUT = re.compile("[äöüÄÖÜ]")
_SPELT_OUT = {"ä": "ae", "ö": "oe", "ü": "ue"}
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
    0x1F6D1: " stop ",  # the stop sign: an opt-out in any language
    0x2116: "#",
    0x2028: "\n",
    0x2029: "\n",
    0x0D: "\n",
    **{ord(letter): plain for letter, plain in _LETTERS.items()},
}
_UNUSUAL = re.compile(f"[{re.escape(''.join(map(chr, _PLAIN)))}]")
_NUMBER_SIGN = re.compile("\\bn[°º]", re.IGNORECASE)


def fold(text: str) -> str:
    """The folded text: lower case, no accents, ASCII digits and quotes, no apostrophes or hyphens in words."""
    if not text.isascii():
        text = _UNUSUAL.sub(lambda sign: _PLAIN[ord(sign[0])] or "", _NUMBER_SIGN.sub("#", text))
        text = _ACCENT.sub("", unicodedata.normalize("NFKD", text))
        text = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
    text = text.casefold()
    if "'" in text:
        text = _APOSTROPHE.sub("", _ELISION.sub(" ", text))
    return _HYPHEN.sub(" ", text) if "-" in text else text


def spelt_out(text: str) -> str:
    """The text with ä, ö and ü as "ae", "oe" and "ue", as Germans write them without these keys: "fuenf"."""
    return _UMLAUT.sub(lambda letter: _SPELT_OUT[letter[0].lower()], unicodedata.normalize("NFC", text))


def tokens(text: str) -> list[Token]:
    """The tokens of a reply, in order."""
    return split(fold(text))


def split(folded: str) -> list[Token]:
    """The tokens of a text that is folded already."""
    if ":" in folded or ";" in folded or "x" in folded:
        folded = _EMOTICON.sub(" , ", folded)
    pattern = _TOKEN if folded.isascii() else _TOKEN_WITH_SIGNS
    result: list[Token] = []
    # No token contains a blank, and most of the pieces between blanks are plain words or numbers.
    for piece in folded.replace("\n", " \n ").split(" "):
        if piece.isalpha():
            result.append(Token(WORD, piece))
        elif piece.isdecimal():
            result.append(Token(NUMBER, piece))
        elif piece:
            result += [Token(kind, each[kind]) for each in pattern.finditer(piece) if (kind := each.lastgroup)]
    return result


def sentences(parts: list[Token]) -> list[list[Token]]:
    """The tokens of each sentence: those between punctuation, line ends and emoji. No sentence is empty."""
    found: list[list[Token]] = [[]]
    for part in parts:
        if part.kind == BREAK:
            found.append([])
        else:
            found[-1].append(part)
    return [each for each in found if each]


@lru_cache(maxsize=131072)  # phrases of language files only: every question is compiled from the same ones
def forms(phrase: str) -> tuple[tuple[str, ...], ...]:
    """The words of a phrase as people write them: also without apostrophes ("cest"), and with "ue" for "ü"."""
    spellings = {phrase: None, phrase.replace("'", ""): None, spelt_out(phrase): None}  # mostly one
    return tuple({words(each): None for each in spellings})


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a phrase, in order, without punctuation."""
    return tuple(token.text for token in tokens(text) if token.kind not in {BREAK, MARK})
