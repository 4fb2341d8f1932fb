"""The texts of the pages for patients, and a date as text."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from pro_collector.words import Words, load


@cache
def load_words() -> Mapping[str, Words]:
    """The texts of the form and of people's own pages (`mine.` before their keys) in every language, by language."""
    return {
        language: Words(language, {**words.section("form").phrases, **_own_page(words)})
        for language, words in load().items()
    }


def _own_page(words: Words) -> dict[str, str]:
    return {key: phrase for key, phrase in words.phrases.items() if key.startswith("mine.")}


def date_in_words(words: Words, when: date) -> str:
    """A date in the format of this language, with the name of the month."""
    return words.say("date", day=when.day, month=words.say(f"months.{when.month - 1}"), year=when.year)


def day_as_said(words: Words, when: date, today: date) -> str:
    """A coming day as people say it: with its weekday, and with its year only if that is not this one."""
    weekday, month = words.say(f"weekdays.{when.weekday()}"), words.say(f"months.{when.month - 1}")
    if when.year == today.year:
        return words.say("day", weekday=weekday, day=when.day, month=month)
    return words.say("day_next_year", weekday=weekday, day=when.day, month=month, year=when.year)
