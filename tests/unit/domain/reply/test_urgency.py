"""Urgent texts: a stop, an emergency and news of a death in every language; answers and remarks are not."""

import pytest

from pro_collector import languages
from pro_collector.domain.reply.urgency import is_urgent


@pytest.mark.parametrize("code", languages.available())
@pytest.mark.parametrize(
    "words",
    [
        "STOP", "please stop texting me", "I have chest pain", "no puedo respirar", "mon mari est mort",
        "ich habe keinen Lebenswillen mehr", "7 STOP", "wrong number",
    ],
)  # fmt: skip
def test_it_does_not_wait(words: str, code: str) -> None:
    assert is_urgent(words, languages.language(code))


@pytest.mark.parametrize("words", ["7", "", "not at all", "4 but I slept badly", "what does that mean?", "thank you"])
def test_it_waits_for_its_turn(words: str) -> None:
    assert not any(is_urgent(words, languages.language(code)) for code in languages.available())
