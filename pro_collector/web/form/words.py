"""The texts of the web form around the questions, and a date as text."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from pro_collector.words import Words, load


@cache
def load_words() -> Mapping[str, Words]:
    """The texts of the form in every language, by language code."""
    return {language: words.section("form") for language, words in load().items()}


def date_in_words(words: Words, when: date) -> str:
    """A date in the format of this language, with the name of the month."""
    return words.say("date", day=when.day, month=words.say(f"months.{when.month - 1}"), year=when.year)
