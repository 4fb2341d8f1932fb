"""What each text to a patient costs: its SMS segments in every language, filled as in an ordinary study."""

import re
from collections.abc import Iterator
from itertools import product

import pytest

from pro_collector import rendering
from pro_collector.domain.instrument.sms_text import outside_gsm7, segments
from pro_collector.words import load

LINK = "https://pro.hospital.example.org/r/" + "x" * 22
FILLED: dict[str, object] = {
    "sender": "The Story Team",
    "phone": "+12025550142",
    "call": "911",
    "number": 3,
    "total": 13,
    "question": "",
    "minutes": 10,
    "when": "...",
}
"""Without the question: what that costs, `instrument check` says."""
OF_OTHERS = {"emergency", "crisis", "advice", "explanation", "person", "own_page"}
"""Texts whose words are those of a study, an instrument or a person."""
UCS2 = {"pt": {"language_changed", "language_not_offered"}}
"""Texts that name a language by its own name, with whatever letters it has."""
AFTER_THE_END = ("after_completed", "after_deceased", "after_reminder", "after_withdrawn")
TWO = {("pt", "language_not_offered"), *product(load(), AFTER_THE_END)}
"""Texts of two segments, where fewer words would say less."""


def texts(language: str) -> list[str]:
    """The names of the texts whose words are in the file of this language."""
    named = {key.split(".")[0] for key in load()[language].section("sms").phrases}
    return sorted(named - OF_OTHERS - {"caregiver"})


def said(language: str, name: str) -> Iterator[str]:
    """A text in each of its forms, with a link as long as ours."""
    for about, reporter in product(("", "RT-0007"), ("self", "proxy", "caregiver")):
        whose = {reporter: True}
        body = rendering.sms(language, name, about=about, **whose, **FILLED)
        yield re.sub(r"\{(link|own_page)\}", LINK, body).replace("{code}", "123456")


@pytest.mark.parametrize("language", load())
def test_each_text_costs_one_segment_or_is_listed(language: str) -> None:
    counts = {name: max(segments(body).count for body in said(language, name)) for name in texts(language)}
    dear = {name: count for name, count in counts.items() if count > 1}
    assert dear == dict.fromkeys((name for known, name in TWO if known == language), 2)


@pytest.mark.parametrize("language", load())
def test_texts_have_only_letters_that_every_carrier_sends_cheaply(language: str) -> None:
    odd = {name: letters for name in texts(language) if (letters := outside_gsm7("".join(said(language, name))))}
    assert odd.keys() <= UCS2.get(language, set()), odd
