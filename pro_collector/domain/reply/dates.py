"""Reads dates as people write them, if day, month and year are unambiguous."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.question import Question, Reading
from pro_collector.domain.reply.reading import read
from pro_collector.domain.reply.scale import scale
from pro_collector.domain.reply.tokens import fold, forms, split

_ISO = re.compile(r"(?<![\d/.-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\d/.-])")
_NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?![\d/.-])")
_DAY_FIRST = re.compile(
    r"(?<![\d/.-])(\d{1,2})(?:st|nd|rd|th|er)?\.? (?:of |de )?([^\W\d_]+)\.?,? (?:de |del )?(\d{4})(?!\d)"
)
_MONTH_FIRST = re.compile(r"(?<!\w)([^\W\d_]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?!\d)")

_ANY_DATE = "|".join(each.pattern.replace(r"\2", "[/.-]") for each in (_ISO, _NUMERIC, _DAY_FIRST, _MONTH_FIRST))
_ANY_NUMBER = Question("integer", 0, 10)


def read_date(folded: str, language: Language) -> Reading:
    """The only date in a folded text, as ISO 8601; or "unclear".

    "03/04/2026" is the third of April in a language that writes the day first, and unclear in English. A date without
    a year is unclear, because the text may arrive days later. The words around a date follow the same rules as those
    around a number.
    """
    dates = set(_dates(folded, language))
    if len(dates) != 1:
        return Reading("unclear", reason="more than one date" if dates else "no whole date in it")
    sentence = read(split(_mask(language).sub(" 7 ", folded)), scale(_ANY_NUMBER, language, 0))
    return Reading("answer", dates.pop().isoformat(), "date") if sentence.outcome == "answer" else sentence


def _dates(folded: str, language: Language) -> Iterator[date]:
    for year, month, day in _ISO.findall(folded):
        yield from _existing(year, month, day)
    for first, _, second, year in _NUMERIC.findall(folded):
        yield from _existing(year, second, first)
        if not language.own.day_first:
            yield from _existing(year, first, second)
    months = _months(language)
    for day, name, year in _DAY_FIRST.findall(folded):
        yield from _existing(year, months.get(name, 0), day)
    for name, day, year in _MONTH_FIRST.findall(folded):
        yield from _existing(year, months.get(name, 0), day)


def _existing(year: str, month: str | int, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return


@lru_cache(maxsize=16)
def _months(language: Language) -> dict[str, int]:
    """Month names of every language; the participant's own language is last, so that its names take precedence."""
    return {
        " ".join(said): month
        for vocabulary in reversed(language.all)
        for month, names in vocabulary.months.items()
        for name in names
        for said in forms(name)
    }


@lru_cache(maxsize=16)
def _mask(language: Language) -> re.Pattern[str]:
    """A pattern for a date and the words that may introduce it ("on the")."""
    opening = "|".join(re.escape(fold(phrase)) for phrase in language.own.before_dates)
    return re.compile(rf"(?:\b(?:{opening}) )?(?:{_ANY_DATE})")
