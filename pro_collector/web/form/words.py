"""The texts of the pages for patients."""

from collections.abc import Mapping
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
