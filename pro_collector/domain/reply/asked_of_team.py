"""Finds what somebody asks the study team: "Can I take the new pills with breakfast?"

A sentence counts that ends with a question mark, has some words and no number, begins as a question does
(`asked_of_team.opening` of the language files), and does not speak of the survey itself (`about_the_survey`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.phrases import as_line, compile_phrase
from pro_collector.domain.reply.tokens import BREAK, MARK, STRANGE, WORD, Token

QUESTION_MARKS = frozenset("?¿？؟")
_FEWEST_WORDS = 4
"""Shorter questions ("is it mild?", "which one?") are about the question that was asked."""
_WORDS_ALONE = frozenset({WORD, MARK})


def asks_team(parts: list[Token], language: Language) -> bool:
    """Whether a sentence of the text asks something that only a person can answer."""
    opening, about_survey = _patterns(language)
    for asked in _asked(parts):
        words = sum(part.kind == WORD for part in asked)
        if words < _FEWEST_WORDS or any(part.kind not in _WORDS_ALONE for part in asked):
            continue
        line = as_line(asked)
        if opening.match(line) and not about_survey.search(line):
            return True
    return False


def _asked(parts: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each sentence, or part of one after a comma, that ends with a question mark."""
    sentence: list[Token] = []
    for part in parts:
        if part.text in QUESTION_MARKS and sentence:
            yield sentence
        if part.kind in {BREAK, STRANGE}:
            sentence = []
        else:
            sentence.append(part)


@lru_cache(maxsize=16)
def _patterns(language: Language) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How a question begins, and the words of one about the survey, in any shipped language."""
    sections = [vocabulary.asked_of_team for vocabulary in language.all]
    opening = [compile_phrase(phrase).expression for each in sections for phrase in each.opening]
    about = [compile_phrase(phrase).expression for each in sections for phrase in each.about_the_survey]
    return _any_of(opening), _any_of(about)


def _any_of(expressions: list[str]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(expressions)})(?= )" if expressions else r"(?!)")
