"""Reads when somebody wants to be asked again: "tomorrow", "at 6pm", "in an hour", "a las 6", "après le déjeuner".

Every word must be known, as in an answer: "tomorrow I see the doctor" is no such wish, and a person reads it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pro_collector.domain.reply.language import Language, Vocabulary
from pro_collector.domain.reply.tokens import BREAK, MARK, STRANGE, Token, forms

_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d\d))?(am|pm|h|hs|hrs|uhr)?")
_SKIPPED = frozenset({BREAK, MARK, STRANGE})
_LONGEST = 5


@dataclass(frozen=True, slots=True)
class TimeWish:
    """When somebody wants to be asked again.

    `day`: days from today. `minute`: the minute of the day; if `either_half`, 12 hours later may be meant too. `wait`:
    minutes from now.
    """

    day: int | None = None
    minute: int | None = None
    either_half: bool = False
    wait: int | None = None


@dataclass
class _Said:
    """What was found in a text so far."""

    kinds: set[str] = field(default_factory=set)
    values: dict[str, int] = field(default_factory=dict)
    minutes: int = 0
    half: str = ""
    exact: bool = False


def read_time(parts: Sequence[Token], language: Language) -> TimeWish | None:
    """The wish that the whole text is, in any shipped language; None if it is none, or may be an answer ("at 6")."""
    said = (_read(parts, known) for known in _lexicons(language))
    return next((wish for each in said if each and (wish := _wish(each))), None)


def _read(parts: Sequence[Token], known: Mapping[str, tuple[str, int]]) -> _Said | None:
    texts = [text for kind, text in parts if kind not in _SKIPPED]
    said, at = _Said(), 0
    while at < len(texts):
        most = min(_LONGEST, len(texts) - at)
        length = next((n for n in range(most, 0, -1) if " ".join(texts[at : at + n]) in known), 0)
        if length:
            kind, value = known[" ".join(texts[at : at + length])]
            said.kinds.add(kind)
            if said.values.setdefault(kind, value) != value:
                return None
            at += length
        elif _add_clock(said, texts[at]):
            at += 1
        else:
            return None
    return said


def _add_clock(said: _Said, text: str) -> bool:
    match = _CLOCK.fullmatch(text)
    if match is None or "number" in said.values:
        return False
    said.values["number"], said.minutes = int(match[1]), int(match[2] or 0)
    said.half = match[3] if match[3] in ("am", "pm") else ""
    said.exact = bool(match[2] or match[3])
    return said.minutes < 60


def _wish(said: _Said) -> TimeWish | None:
    number, day, part = said.values.get("number"), said.values.get("day"), said.values.get("hour")
    wait, unit = said.values.get("wait"), said.values.get("unit")
    if unit is not None:
        alone = number is not None and "within" in said.kinds and not said.exact and day is part is None
        return TimeWish(wait=number * unit) if alone and number is not None else None
    if wait is not None:
        return TimeWish(wait=wait) if number is day is part is None else None
    if number is None:
        return TimeWish(day, part * 60 if part is not None else None) if day is not None or part is not None else None
    halves = {kind for kind in ("am", "pm") if kind in said.kinds or kind == said.half}
    late_part = {"pm" if part >= 12 else "am"} if part is not None else set()
    certain = said.exact or number > 12 or halves or late_part or day is not None or said.kinds & {"clock", "asking"}
    if number > 23 or not certain or len(halves | late_part) > 1:
        return None
    half = next(iter(halves | late_part), "")
    hour = number % 12 + 12 * (half == "pm") if half and number <= 12 else number
    either = not half and 1 <= number <= 12 and said.half == ""
    return TimeWish(day, hour * 60 + said.minutes, either)


@lru_cache(maxsize=16)
def _lexicons(language: Language) -> tuple[Mapping[str, tuple[str, int]], ...]:
    """By phrase its kind and value, for each language."""
    return tuple(
        {" ".join(form): meaning for phrase, meaning in _phrases(vocabulary) for form in forms(phrase)}
        for vocabulary in language.all
    )


def _phrases(vocabulary: Vocabulary) -> Iterator[tuple[str, tuple[str, int]]]:
    times = vocabulary.times
    plain = ("around", "asking", "within", "clock", "am", "pm")
    yield from ((phrase, (name, 0)) for name in plain for phrase in getattr(times, name))
    for name in ("day", "hour", "wait", "unit"):
        for value, phrases in getattr(times, name).items():
            yield from ((phrase, (name, value)) for phrase in phrases)
