"""The words of the web form, those around the questions, and a date in words."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from pro_collector.words import Words, load


@cache
def load_words() -> Mapping[str, Words]:
    """Every language there are words in, by its code."""
    return {language: words.section("form") for language, words in load().items()}


def date_in_words(words: Words, when: date) -> str:
    """A date as people of this language write it, with the name of the month."""
    return words.say("date", day=when.day, month=words.say(f"months.{when.month - 1}"), year=when.year)
