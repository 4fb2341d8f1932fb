"""Finds the language that a person asks for: "in Spanish please", "no entiendo inglés", "en français svp"."""

import re
from functools import lru_cache

from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.lexicon import texts_of
from pro_collector.domain.reply.phrases import as_line, compile_phrase
from pro_collector.domain.reply.tokens import BREAK, MARK, STRANGE, Token, forms

_NOT_WORDS = frozenset({BREAK, MARK, STRANGE})


class LanguageRequests:
    """How each language is asked for, in every shipped language; from the section `languages` of the language files."""

    def __init__(self, language: Language) -> None:
        self._alone: dict[str, str] = {}
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        self._unless: list[re.Pattern[str]] = []
        anchors: set[str] = set()
        for vocabulary in language.all:
            for code, request in vocabulary.languages.items():
                self._alone |= {" ".join(form): code for phrase in request.alone for form in forms(phrase)}
                for phrase in request.phrases:
                    pattern = compile_phrase(phrase)
                    self._patterns.append((code, re.compile(f"{pattern.expression}(?= )")))
                    anchors |= pattern.anchors
                self._unless += [re.compile(f"{compile_phrase(each).expression}(?= )") for each in request.unless]
        self._words = anchors | {word for key in self._alone for word in key.split()}

    def asked(self, parts: list[Token]) -> str | None:
        """The code of the one language that a text asks for; None if it asks for none, or for several."""
        if self._words.isdisjoint(texts_of(parts)):
            return None
        alone = self._alone.get(" ".join(text for kind, text in parts if kind not in _NOT_WORDS))
        text = as_line(parts)
        if alone or any(each.search(text) for each in self._unless):
            return alone
        found = {code for code, pattern in self._patterns if pattern.search(text)}
        return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=16)
def language_requests(language: Language) -> LanguageRequests:
    """The requests of all languages, for a participant who is texted in `language`."""
    return LanguageRequests(language)
