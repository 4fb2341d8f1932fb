"""The one reading of a reply to one question, or none: every word must be known, and all of them must agree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from pro_collector.domain.reply.lexicon import (
    AFFIRMING,
    ALONE,
    APOLOGY,
    ARTICLE,
    BESIDE,
    CORRECTION,
    DENYING,
    DIGITS,
    LABEL,
    NOT_THIS,
    NUMERAL,
    PAUSE,
    QUALIFIER,
    REMARK,
    SENTENCE,
    SPOILING,
    Codes,
    Phrase,
    texts_of,
)
from pro_collector.domain.reply.question import Reading, Value
from pro_collector.domain.reply.scale import Scale
from pro_collector.domain.reply.spelling import complete
from pro_collector.domain.reply.tokens import BREAK, COMPOUND, GLUED, MARK, NUMBER, SIGNED, SLASH, WORD, Token

UNKNOWN = "words not known"
WORDS = "words that may change the answer"
NOTHING = "no answer in it"
SEVERAL = "more than one reading"
OPTIONS = "not among the options"
WHOLE = "not a whole number"

# A reply is a string of parts: n digits, w number word, u article or one, v one, l label, o yes, z no, q yes or no
# before an answer, k courtesy, f beside, i before, h hedge, b degree, a after, m "out of ten", j joining, r remark,
# s pause, e end of a sentence, c correction, y apology, d "no" beside a number, x "not", ! spoiling (see `lexicon`).
_BEFORE_ITEM = re.compile(r"[fkyihb]*[nwloz]")
_ON_ITS_OWN = re.compile(r"[ky]*(?:[sem]|$)")
_MISPLACED = re.compile(
    r"""!                            # something that may change any answer
      | [ajrm][fkyihb]*[nwloz]       # a remark runs into the answer: "my leg 3"
      | [nw][^sej]*r                 # the answer runs into a remark: "2 bad legs"
      | [nwloz][fkyhb]*i             # the answer is what something is said about: "7 is too much"
      | [loz][mb] | la | l[^sej]*r   # words for numbers beside a label: "not at all good"
      | b[fkyih]*[loz]
      | h.*[oz] | [oz].*h            # "maybe yes"
      | [fb]z | z[framb]             # "no" with anything but courtesies: "no sleep"
      | d(?![se]*[yc])               # "no" beside a number, unless it corrects: "3 no, sorry, 4"
      | c[^nwloz]*$ | j[se]*$        # a correction to nothing, a remark that does not come
    """,
    re.VERBOSE,
)
# "1. Nausea" opens a list.
_LIST = re.compile(r"ne[^kyse]")
_PLAIN = re.compile(r"0?[1-9]|0|[1-9]\d{1,8}")
# One sentence with one answer in it, its end, and nothing but remarks since.
_ANSWERED = re.compile(r"[fkihbyse]*[nwloz][fkhabsm]*e[efkihabjrsm]*")
_STRONG = DIGITS + NUMERAL + LABEL + AFFIRMING + DENYING
_ITEMS = _STRONG + QUALIFIER + NOT_THIS


@dataclass(slots=True)
class _Said:
    """The parts of a reply as one letter each, and by their place in it the codes that items may stand for."""

    shape: str = ""
    items: dict[int, Codes] = field(default_factory=dict)

    def add(self, part: str, codes: Codes | None = None) -> None:
        if codes is not None:
            self.items[len(self.shape)] = codes
        self.shape += part


class _Unreadable(Exception):
    """Ends the walk over a reply at the first thing that leaves no safe reading; carries the reason."""


def read(parts: Sequence[Token], scale: Scale) -> Reading:
    """The answer that `parts` give to the question of `scale`, or "unclear" with the reason."""
    try:
        return _answer(_walk(parts, scale), scale)
    except _Unreadable as unreadable:
        return Reading("unclear", reason=str(unreadable))


def _walk(parts: Sequence[Token], scale: Scale) -> _Said:
    kept = [part for part in parts if part.kind != MARK]
    texts = texts_of(kept)
    said = _Said()
    at = 0
    while at < len(kept):
        at += _step(kept, texts, at, said, scale)
    return said


def _step(parts: list[Token], texts: tuple[str, ...], at: int, said: _Said, scale: Scale) -> int:
    kind, text = parts[at]
    if kind == BREAK:
        said.add(SENTENCE if text in ".!\n" else PAUSE)
        return 1
    found = _longest(texts, at, scale)
    if kind == WORD and (found is None or found.part not in _ITEMS or len(found.words) == 1):
        meant = scale.label_meant(texts, at)
        found = meant if meant and (not found or len(meant.words) > len(found.words)) else found
    if kind == NUMBER and (found is None or len(found.words) == 1):
        labelled = found.payload if found else None
        said.add(DIGITS, _named(text, scale) | (labelled if isinstance(labelled, frozenset) else frozenset()))
        return 1
    if found is None and kind == WORD:
        meant_word = _meant(text, scale)
        if meant_word is None and _is_own_remark(texts, at, said):
            said.add(REMARK)
            return 1
        texts = (*texts[:at], meant_word or text, *texts[at + 1 :])
        found = _longest(texts, at, scale)
    if found is None and kind == WORD:
        raise _Unreadable(UNKNOWN)
    if found is None:
        return _figure(parts, at, said, scale)
    said.add(found.part, scale.codes_of(found.payload))
    return len(found.words)


def _longest(texts: tuple[str, ...], at: int, scale: Scale) -> Phrase | None:
    found, usual = scale.answers.at(texts, at), scale.common.at(texts, at)
    if found is None or (usual is not None and len(usual.words) > len(found.words)):
        return usual
    return found


def _meant(word: str, scale: Scale) -> str | None:
    meant = scale.spelling.mend(word)
    if meant is None and word not in scale.real_words:
        meant = complete(word, scale.label_words)
    return meant


def _is_own_remark(texts: tuple[str, ...], at: int, said: _Said) -> bool:
    """Whether an unknown word stands in a sentence of three words or more after one that already gave the answer.

    "8. The nurse changed my dressing" is 8; "2. Advil" may count pills.
    """
    if not _ANSWERED.fullmatch(said.shape):
        return False
    start = max((place + 1 for place in range(at) if texts[place] in ".!\n"), default=0)
    return len(list(takewhile(str.isalnum, texts[start:]))) >= 3


def _named(digits: str, scale: Scale) -> Codes:
    if not _PLAIN.fullmatch(digits):
        raise _Unreadable(_outside(scale))
    return scale.named(int(digits))


def _figure(parts: list[Token], at: int, said: _Said, scale: Scale) -> int:
    kind, text = parts[at]
    if kind == COMPOUND:
        said.add(DIGITS, _compound(text, scale))
    elif kind == GLUED and text.endswith(scale.endings):
        said.add(DIGITS, _named(_before_ending(text, scale), scale))
    elif kind == SLASH and said.shape.endswith((DIGITS, NUMERAL)) and _is_maximum(parts[at + 1 : at + 2], scale):
        return 2
    elif kind == SIGNED and text[0] == "-" and (scale.question.minimum or 0) < 0:
        said.add(DIGITS, scale.named(-int(text[1:10])))
    else:
        raise _Unreadable(WORDS)
    return 1


def _before_ending(text: str, scale: Scale) -> str:
    ending = next(ending for ending in scale.endings if text.endswith(ending))
    digits = text.removesuffix(ending)
    if not digits.isdecimal():
        raise _Unreadable(WORDS)
    return digits


def _compound(text: str, scale: Scale) -> Codes:
    parts = re.split(r"([.,/:-])", text)
    if len(parts) != 3 or not parts[2].isdecimal():
        raise _Unreadable(SEVERAL)
    first, sign, second = parts
    if sign == "/" and _is_maximum([Token(NUMBER, second)], scale):
        return _named(first, scale)
    if sign == "." or (sign == "," and scale.vocabulary.decimal_comma):
        if scale.question.kind == "decimal":
            return frozenset({float(f"{first}.{second}")})
        if second not in {"0", "00"}:
            raise _Unreadable(WHOLE)
        return _named(first, scale)
    raise _Unreadable(SEVERAL)


def _is_maximum(following: Sequence[Token], scale: Scale) -> bool:
    return bool(following) and following[0] == Token(NUMBER, str(scale.question.maximum))


def _answer(said: _Said, scale: Scale) -> Reading:
    shape = _articles(said)
    if _MISPLACED.search(shape) or (_LIST.match(shape) and 1 in said.items[0]):
        raise _Unreadable(WORDS)
    groups = [group for group in _groups(shape, said.items) if group]
    if not groups:
        raise _Unreadable(NOTHING)
    if len(groups) > 2:
        raise _Unreadable(SEVERAL)
    codes = _group(groups[-1])
    if len(codes) != 1:
        raise _Unreadable(SEVERAL if codes else _outside(scale))
    value = next(iter(codes))
    if not scale.holds(value):
        raise _Unreadable(_outside(scale))
    if scale.question.kind == "decimal":
        value = float(value)
    return Reading("answer", value, _grounds(shape, len(groups)))


def _articles(said: _Said) -> str:
    """The shape with every article settled: "un 7" is 7, "un" alone is 1, "un mal de tête" is neither."""
    return "".join(_article(said, at) if part in (ARTICLE, ALONE) else part for at, part in enumerate(said.shape))


def _article(said: _Said, at: int) -> str:
    if at not in said.items or (said.shape[at] == ARTICLE and _BEFORE_ITEM.match(said.shape, at + 1)):
        return BESIDE
    return NUMERAL if _ON_ITS_OWN.match(said.shape, at + 1) else SPOILING


def _groups(shape: str, items: dict[int, Codes]) -> list[list[tuple[str, Codes]]]:
    """What was said, cut at corrections: in each group the items and the places of "not"."""
    groups: list[list[tuple[str, Codes]]] = [[]]
    for at, part in enumerate(shape):
        if part in (CORRECTION, APOLOGY):
            groups.append([])
        elif part in _ITEMS:
            groups[-1].append((part, items.get(at, frozenset())))
    return groups


def _group(group: list[tuple[str, Codes]]) -> Codes:
    shape = "".join(part for part, _ in group)
    if NOT_THIS in shape:
        return _instead(group, shape)
    if not set(shape) & set(_STRONG):
        raise _Unreadable(NOTHING)
    if shape.count(DIGITS) > 1 or shape.count(NUMERAL) > 1:
        raise _Unreadable(SEVERAL)
    if len(group) == 1:
        return group[0][1]
    common = frozenset[Value].intersection(*(codes for _, codes in group))
    if not common:
        raise _Unreadable(SEVERAL)
    return common


def _instead(group: list[tuple[str, Codes]], shape: str) -> Codes:
    """ "4 not 3" is 4, when both are answers and differ; any other "not" leaves no reading."""
    if not re.fullmatch(f"[{_STRONG}]x[{_STRONG}]", shape) or group[0][1] & group[2][1] or not group[2][1]:
        raise _Unreadable(WORDS)
    return group[0][1]


def _outside(scale: Scale) -> str:
    question = scale.question
    if scale.codes:
        return OPTIONS
    if question.minimum is None or question.maximum is None:
        return "out of range"
    return f"out of range: {question.minimum} to {question.maximum}"


def _grounds(shape: str, groups: int) -> str:
    if groups > 1 or CORRECTION in shape:
        return "corrected"
    if set(shape) & {LABEL, AFFIRMING, DENYING}:
        return "number and label agree" if set(shape) & {DIGITS, NUMERAL} else "label"
    return "number" if DIGITS in shape else "number word"
