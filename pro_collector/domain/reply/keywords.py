"""Keywords and intents of every shipped language, compiled once: to stop, to leave, help, a pause, an emergency."""

from functools import lru_cache

from pro_collector.domain.reply.intent_patterns import PRIORITY_INTENTS, IntentPatterns
from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.standalone_keywords import Keyword, StandaloneKeywords
from pro_collector.domain.reply.tokens import tokens

__all__ = [
    "PRIORITY_INTENTS",
    "IntentPatterns",
    "Keyword",
    "StandaloneKeywords",
    "intent_patterns",
    "keyword_of",
    "standalone",
]


@lru_cache(maxsize=16)
def standalone(language: Language) -> StandaloneKeywords:
    """The standalone keywords of all languages, for a participant who is texted in `language`."""
    return StandaloneKeywords(language)


@lru_cache(maxsize=16)
def intent_patterns(language: Language) -> IntentPatterns:
    """The intent patterns of all languages, for a participant who is texted in `language`."""
    return IntentPatterns(language)


def keyword_of(text: str, language: Language) -> Keyword | None:
    """The keyword that a text is taken for if it is sent alone, or None.

    The lint of instruments uses it: an option with such a label could never be chosen by its label.
    """
    return standalone(language).keyword(tokens(text))
