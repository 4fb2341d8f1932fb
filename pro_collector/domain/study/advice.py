"""Advice after the last answer: what a person should do, by the severity of their answers, in the study's own words."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from pro_collector.domain.condition.level import Level
from pro_collector.domain.study.emergency import Emergency

Urgency = Literal["now", "today", "calm"]
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)
"""The most urgent first."""
GAPS = ("phone", "medical", "crisis")
"""The gaps that a text may have: the team's phone, and the two emergency texts of the place where the reader is."""

Given = Mapping[str, Mapping[str, object]]
"""The answers of one survey, by instrument and item."""
Scores = Mapping[str, Mapping[str, float | None]]
"""The scores of one survey, by instrument and scale."""


class Advice(Level):
    """Words for a person whose answer to `item`, or whose score on `scale`, meets every condition that is given."""

    urgency: Urgency = Field(description="the most urgent advice that fits is given; of two, the first in the file")
    text: dict[str, str] = Field(
        min_length=1, description="by language; with {phone}, {medical} or {crisis} where those belong"
    )

    @model_validator(mode="after")
    def _has_a_condition(self) -> Self:
        if not self.has_level:
            raise ValueError("say from when on it is given: `at_least`, `at_most` or `codes`")
        return self

    def fits(self, given: Given, scores: Scores) -> bool:
        """Whether it is for somebody with these answers and scores."""
        return self.passes(self._value(given, scores)) is True

    def words(self, language: str, phone: str, emergency: Emergency) -> tuple[str, str]:
        """The text with its gaps filled, and the language it is in: `language`, else any."""
        known = in_language(self.text, language)
        return fill(self.text[known], phone, emergency), known

    def _value(self, given: Given, scores: Scores) -> object:
        source: Mapping[str, Mapping[str, object]] = given if self.scale is None else scores
        return source.get(self.instrument, {}).get(self.name)


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The language in which somebody reads texts that a study file has by language: their own, else any."""
    return next((each for each in (language, language.split("-")[0]) if each in texts), next(iter(texts)))


def fill(text: str, phone: str, emergency: Emergency) -> str:
    """A text of a study file for patients, with its gaps filled."""
    return text.format(phone=phone, medical=emergency.medical, crisis=emergency.crisis)


def advice_for(rules: Sequence[Advice], given: Given, scores: Scores) -> Advice | None:
    """The most urgent advice for somebody with these answers and scores; of several, the first; None without one."""
    fitting = (rule for rule in rules if rule.fits(given, scores))
    return min(fitting, key=lambda rule: URGENCIES.index(rule.urgency), default=None)
