"""What people ask for beyond answering, in any shipped language: to stop, to leave, help, a pause, an emergency."""

from functools import lru_cache

from pro_collector.domain.reply.alone import Keyword, Standalone
from pro_collector.domain.reply.hearing import PRESSING, Hearing
from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.tokens import tokens

__all__ = ["PRESSING", "Hearing", "Keyword", "Standalone", "hearing", "keyword_of", "standalone"]


@lru_cache(maxsize=16)
def standalone(language: Language) -> Standalone:
    """The keywords of all languages, compiled once for a participant's."""
    return Standalone(language)


@lru_cache(maxsize=16)
def hearing(language: Language) -> Hearing:
    """The patterns of all languages, compiled once for a participant's."""
    return Hearing(language)


def keyword_of(text: str, language: Language) -> Keyword | None:
    """The keyword a text is taken for when sent alone: an option labelled so could never be chosen by its label.

    Authoring lints use it; `always` marks those that carriers or the law take whatever was asked.
    """
    return standalone(language).keyword(tokens(text))
