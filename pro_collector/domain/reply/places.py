"""Reads an answer that is named by its place: "top of the scale", "right in the middle", "the last option", "option c".

A place must be the whole reply, courtesies aside: "in the middle of my back" is no answer.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from string import ascii_lowercase

from pro_collector.domain.reply.language import Language, PlaceWords
from pro_collector.domain.reply.lexicon import BESIDE, COURTESY, HEDGE, Codes, Lexicon, Phrase, common, texts_of
from pro_collector.domain.reply.question import Choice, Question, Reading, Value
from pro_collector.domain.reply.tokens import BREAK, MARK, Token, forms

_POINT, _NOTHING = "point", "nothing"
_LEAST_WITH_A_MIDDLE = 3


def read_place(parts: Sequence[Token], question: Question, language: Language) -> Reading | None:
    """The answer of a reply that only names a place on the scale or in the list of options; None if it does not."""
    named, known = _places(question, language), common(language, 0)
    kept = [part for part in parts if part.kind != MARK]
    texts = texts_of(kept)
    parts_read, found = set[str](), frozenset[Value]()
    at = 0
    while at < len(kept):
        if kept[at].kind == BREAK:
            at += 1
            continue
        phrase = named.at(texts, at) or known.at(texts, at)
        if phrase is None:
            return None
        parts_read.add(phrase.part)
        if phrase.part in (_POINT, _NOTHING) and isinstance(phrase.payload, frozenset):
            found |= phrase.payload
        at += len(phrase.words)
    # "Nothing, in pain" is no zero, so beside "nothing" only courtesies may stand.
    allowed = {_NOTHING, COURTESY} if _NOTHING in parts_read else {_POINT, COURTESY, BESIDE, HEDGE}
    return Reading("answer", next(iter(found)), "place") if len(found) == 1 and parts_read <= allowed else None


@lru_cache(maxsize=1024)
def _places(question: Question, language: Language) -> Lexicon:
    words = language.own.places
    if question.kind == "integer":
        return Lexicon(_points(question, words))
    return Lexicon(_options(question.options, words) if question.kind == "choice" else ())


def _points(question: Question, words: PlaceWords) -> Iterator[Phrase]:
    low, high = question.minimum, question.maximum
    if low is None or high is None:
        return
    for said, value in ((words.lowest, low), (words.highest, high)):
        yield from _phrases(said, _POINT, int(value))
    if (low + high) % 2 == 0:
        yield from _phrases(words.middle, _POINT, int(low + high) // 2)
    if low == 0:
        yield from _phrases(words.nothing, _NOTHING, 0)


def _options(options: Sequence[Choice], words: PlaceWords) -> Iterator[Phrase]:
    if len(options) < _LEAST_WITH_A_MIDDLE:
        return
    codes = {str(option.code): place for place, option in enumerate(options, 1)}
    for place, said in words.option.items():
        # "The second one" of "0 none, 1 mild, 2 severe" may be either: it is taken only if no other option is number 2.
        if place <= len(options) and codes.get(str(place), place) == place:
            yield from _phrases(said, _POINT, options[place - 1].code)
    yield from _phrases(words.last_option, _POINT, options[-1].code)
    if len(options) % 2:
        yield from _phrases(words.middle_option, _POINT, options[len(options) // 2].code)
    if all(isinstance(option.code, int) for option in options):
        for letter, option in zip(ascii_lowercase, options, strict=False):
            yield from _phrases([each.format(letter=letter) for each in words.lettered], _POINT, option.code)


def _phrases(said: Sequence[str], part: str, value: Value) -> Iterator[Phrase]:
    codes: Codes = frozenset({value})
    return (Phrase(form, part, codes) for phrase in said for form in forms(phrase))
