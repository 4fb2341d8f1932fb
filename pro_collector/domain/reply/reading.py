"""The one reading of a reply to one question, or none: every word must be known, and all of them must agree."""

import re
from collections.abc import Sequence

from pro_collector.domain.reply.lexicon import (
    AFFIRMING,
    ALONE,
    APOLOGY,
    ARTICLE,
    BESIDE,
    CORRECTION,
    DENYING,
    DIGITS,
    ITEMS,
    LABEL,
    NOT_THIS,
    NUMERAL,
    SPOILING,
    STRONG,
    Codes,
)
from pro_collector.domain.reply.question import Reading, Value
from pro_collector.domain.reply.scale import AnswerScale
from pro_collector.domain.reply.tokens import Token
from pro_collector.domain.reply.walking import NOTHING, SEVERAL, WORDS, NoSafeReading, ReplyShape, outside, walk

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
# "1. Nausea" opens a list; "1. Not at all" names an option twice, or contradicts itself.
_LIST = re.compile(r"ne[^kysel]")
_CUTS = CORRECTION + APOLOGY


def read(parts: Sequence[Token], scale: AnswerScale) -> Reading:
    """The answer that `parts` give to the question of `scale`, or "unclear" with the reason."""
    try:
        return _answer(walk(parts, scale), scale)
    except NoSafeReading as unreadable:
        return Reading("unclear", reason=str(unreadable))


def _answer(said: ReplyShape, scale: AnswerScale) -> Reading:
    shape = _articles(said)
    if _MISPLACED.search(shape) or (_LIST.match(shape) and 1 in said.items[0]):
        raise NoSafeReading(WORDS)
    groups = [group for group in _groups(shape, said.items) if group]
    if not groups:
        raise NoSafeReading(NOTHING)
    if len(groups) > 2:
        raise NoSafeReading(SEVERAL)
    codes = _group(groups[-1])
    if len(codes) != 1:
        raise NoSafeReading(SEVERAL if codes else outside(scale))
    value = next(iter(codes))
    if not scale.holds(value):
        raise NoSafeReading(outside(scale))
    if scale.question.kind == "decimal":
        value = float(value)
    return Reading("answer", value, _grounds(shape, len(groups)), flag="words" if said.unread else None)


def _articles(said: ReplyShape) -> str:
    """The shape with every article settled: "un 7" is 7, "un" alone is 1, "un mal de tête" is neither."""
    if ARTICLE not in said.shape and ALONE not in said.shape:
        return said.shape
    return "".join(_article(said, at) if part in (ARTICLE, ALONE) else part for at, part in enumerate(said.shape))


def _article(said: ReplyShape, at: int) -> str:
    if at not in said.items or (said.shape[at] == ARTICLE and _BEFORE_ITEM.match(said.shape, at + 1)):
        return BESIDE
    return NUMERAL if _ON_ITS_OWN.match(said.shape, at + 1) else SPOILING


def _groups(shape: str, items: dict[int, Codes]) -> list[list[tuple[str, Codes]]]:
    """What was said, cut at corrections: in each group the items and the places of "not"."""
    groups: list[list[tuple[str, Codes]]] = [[]]
    for at, part in enumerate(shape):
        if part in _CUTS:
            groups.append([])
        elif part in ITEMS:
            groups[-1].append((part, items.get(at, frozenset())))
    return groups


def _group(group: list[tuple[str, Codes]]) -> Codes:
    if len(group) == 1 and group[0][0] in STRONG:
        return group[0][1]
    shape = "".join([part for part, _ in group])
    if NOT_THIS in shape:
        return _instead(group, shape)
    if not set(shape) & set(STRONG):
        raise NoSafeReading(NOTHING)
    if shape.count(DIGITS) > 1 or shape.count(NUMERAL) > 1:
        raise NoSafeReading(SEVERAL)
    common = frozenset[Value].intersection(*(codes for _, codes in group))
    if not common:
        raise NoSafeReading(SEVERAL)
    return common


def _instead(group: list[tuple[str, Codes]], shape: str) -> Codes:
    """ "4 not 3" is 4, when both are answers and differ; any other "not" leaves no reading."""
    if not re.fullmatch(f"[{STRONG}]x[{STRONG}]", shape) or group[0][1] & group[2][1] or not group[2][1]:
        raise NoSafeReading(WORDS)
    return group[0][1]


def _grounds(shape: str, groups: int) -> str:
    if groups > 1 or CORRECTION in shape:
        return "corrected"
    if set(shape) & {LABEL, AFFIRMING, DENYING}:
        return "number and label agree" if set(shape) & {DIGITS, NUMERAL} else "label"
    return "number" if DIGITS in shape else "number word"
