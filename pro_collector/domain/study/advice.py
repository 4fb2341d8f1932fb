"""Advice after the last answer: what a person should do, by the severity of their answers, in the study's own words."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self, get_args

from pydantic import Field, StrictInt, StrictStr, model_validator

from pro_collector.domain.study.emergency import Emergency
from scheduler.rules import Frozen

Urgency = Literal["now", "today", "calm"]
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)
"""The most urgent first."""
GAPS = ("phone", "medical", "crisis")
"""The gaps that a text may have: the team's phone, and the two emergency texts of the place where the reader is."""

Given = Mapping[str, Mapping[str, object]]
"""The answers of one survey, by instrument and item."""
Scores = Mapping[str, Mapping[str, float | None]]
"""The scores of one survey, by instrument and scale."""


class Advice(Frozen):
    """Words for a person whose answer to `item`, or whose score on `scale`, meets every condition that is given."""

    instrument: str
    item: str | None = None
    scale: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    codes: tuple[StrictInt | StrictStr, ...] = Field(default=(), description="the answers to `item` that it is for")
    urgency: Urgency = Field(description="the most urgent advice that fits is given; of two, the first in the file")
    text: dict[str, str] = Field(
        min_length=1, description="by language; with {phone}, {medical} or {crisis} where those belong"
    )

    @model_validator(mode="after")
    def _has_a_condition(self) -> Self:
        if (self.item is None) == (self.scale is None):
            raise ValueError("name an `item` or a `scale`, and not both")
        if self.at_least is None and self.at_most is None and not self.codes:
            raise ValueError("say from when on it is given: `at_least`, `at_most` or `codes`")
        if self.codes and self.scale is not None:
            raise ValueError("`codes` are answers to an `item`; a score has `at_least` and `at_most`")
        return self

    def fits(self, given: Given, scores: Scores) -> bool:
        """Whether it is for somebody with these answers and scores."""
        value = self._value(given, scores)
        if self.codes:
            return any(type(value) is type(code) and value == code for code in self.codes)
        if not isinstance(value, int | float):
            return False
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)

    def words(self, language: str, phone: str, emergency: Emergency) -> tuple[str, str]:
        """The text with its gaps filled, and the language it is in: `language`, else any."""
        known = next((each for each in (language, language.split("-")[0]) if each in self.text), next(iter(self.text)))
        filled = {"phone": phone, "medical": emergency.medical, "crisis": emergency.crisis}
        return self.text[known].format(**filled), known

    def _value(self, given: Given, scores: Scores) -> object:
        source: Mapping[str, Mapping[str, object]] = given if self.scale is None else scores
        return source.get(self.instrument, {}).get(self.item or self.scale or "")


def advice_for(rules: Sequence[Advice], given: Given, scores: Scores) -> Advice | None:
    """The most urgent advice for somebody with these answers and scores; of several, the first; None without one."""
    fitting = (rule for rule in rules if rule.fits(given, scores))
    return min(fitting, key=lambda rule: URGENCIES.index(rule.urgency), default=None)
