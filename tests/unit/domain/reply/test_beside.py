"""Replies with words beside the answer, in many wordings: the value is kept where it is certain, and never guessed."""

import pytest

from tests.beside import right, texts

LANGUAGES = sorted({each.language for each in texts()})
LEAST = {"remarks": 0.84, "chatter": 0.9}
"""The share of replies beside which the value must be kept, in each language."""


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("section", LEAST)
def test_the_value_is_kept(code: str, section: str) -> None:
    sample = [each for each in texts() if (each.language, each.section) == (code, section)]
    assert right(sample) >= LEAST[section]


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_other_value_is_taken(code: str) -> None:
    taken = [each.text for each in texts() if each.language == code and each.is_wrong(each.read())]
    assert taken == []
