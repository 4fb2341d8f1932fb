"""Reads the answer of a reply to one question: every word must be known, and all of them must agree."""

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
from pro_collector.domain.reply.reply_shape import (
    NOTHING,
    SEVERAL,
    WORDS,
    NoSafeReading,
    ReplyShape,
    out_of_range,
    parse_shape,
)
from pro_collector.domain.reply.scale import AnswerScale
from pro_collector.domain.reply.tokens import Token

# A reply is a string of parts: n digits, w number word, u article or one, v one, l label, o yes, z no, q yes or no
# before an answer, k courtesy, f beside, i before, h hedge, b degree, a after, m "out of ten", j joining, r remark,
# s pause, e end of a sentence, c correction, y apology, d "no" next to a number, x "not", ! spoiling (see `lexicon`).
_BEFORE_ITEM = re.compile(r"[fkyihb]*[nwloz]")
_ON_ITS_OWN = re.compile(r"[ky]*(?:[sem]|$)")
_MISPLACED = re.compile(
    r"""!                            # something that may change any answer
      | [ajrm][fkyihb]*[nwloz]       # no separator between a remark and the answer: "my leg 3"
      | [nw][^sej]*r                 # no separator between the answer and a remark: "2 bad legs"
      | [nwloz][fkyhb]*i             # a statement about the number: "7 is too much"
      | [loz][mb] | la | l[^sej]*r   # words for numbers next to a label: "not at all good"
      | b[fkyih]*[loz]
      | h.*[oz] | [oz].*h            # "maybe yes"
      | [fb]z | z[framb]             # "no" with other words than courtesies: "no sleep"
      | d(?![se]*[yc])               # "no" next to a number, unless it corrects: "3 no, sorry, 4"
      | c[^nwloz]*$ | j[se]*$        # a correction without a new answer, a joining word without a remark
    """,
    re.VERBOSE,
)
# "1. Nausea" starts a list; "1. Not at all" names one option twice, or two different ones.
_LIST = re.compile(r"ne[^kysel]")
_CUTS = CORRECTION + APOLOGY


def read(parts: Sequence[Token], scale: AnswerScale) -> Reading:
    """The answer in `parts` to the question of `scale`, or "unclear" with the reason."""
    try:
        return _answer(parse_shape(parts, scale), scale)
    except NoSafeReading as unreadable:
        return Reading("unclear", reason=str(unreadable))


def _answer(reply: ReplyShape, scale: AnswerScale) -> Reading:
    shape = _articles(reply)
    if _MISPLACED.search(shape) or (_LIST.match(shape) and 1 in reply.items[0]):
        raise NoSafeReading(WORDS)
    groups = [group for group in _groups(shape, reply.items) if group]
    if not groups:
        raise NoSafeReading(NOTHING)
    if len(groups) > 2:
        raise NoSafeReading(SEVERAL)
    codes = _codes_of_group(groups[-1])
    if len(codes) != 1:
        raise NoSafeReading(SEVERAL if codes else out_of_range(scale))
    value = next(iter(codes))
    if not scale.in_range(value):
        raise NoSafeReading(out_of_range(scale))
    if scale.question.kind == "decimal":
        value = float(value)
    return Reading("answer", value, _grounds(shape, len(groups)), flag="words" if reply.unread else None)


def _articles(reply: ReplyShape) -> str:
    """The shape with every article resolved: "un 7" is 7, "un" alone is 1, "un mal de tête" is neither."""
    if ARTICLE not in reply.shape and ALONE not in reply.shape:
        return reply.shape
    return "".join(_article(reply, at) if part in (ARTICLE, ALONE) else part for at, part in enumerate(reply.shape))


def _article(reply: ReplyShape, at: int) -> str:
    if at not in reply.items or (reply.shape[at] == ARTICLE and _BEFORE_ITEM.match(reply.shape, at + 1)):
        return BESIDE
    return NUMERAL if _ON_ITS_OWN.match(reply.shape, at + 1) else SPOILING


def _groups(shape: str, items: dict[int, Codes]) -> list[list[tuple[str, Codes]]]:
    """The items and "not" of a reply, as (part, codes), split into groups at corrections."""
    groups: list[list[tuple[str, Codes]]] = [[]]
    for at, part in enumerate(shape):
        if part in _CUTS:
            groups.append([])
        elif part in ITEMS:
            groups[-1].append((part, items.get(at, frozenset())))
    return groups


def _codes_of_group(group: list[tuple[str, Codes]]) -> Codes:
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
    """ "4 not 3" is 4, if both are answers and differ; any other "not" leaves no safe reading."""
    if not re.fullmatch(f"[{STRONG}]x[{STRONG}]", shape) or group[0][1] & group[2][1] or not group[2][1]:
        raise NoSafeReading(WORDS)
    return group[0][1]


def _grounds(shape: str, groups: int) -> str:
    if groups > 1 or CORRECTION in shape:
        return "corrected"
    if set(shape) & {LABEL, AFFIRMING, DENYING}:
        return "number and label agree" if set(shape) & {DIGITS, NUMERAL} else "label"
    return "number" if DIGITS in shape else "number word"
