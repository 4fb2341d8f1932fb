"""The consent text that a person agreed to: their version and language, or the newest if nothing was recorded."""

import pytest
from pydantic import ValidationError

from pro_collector.domain.study.consent import ConsentText, agreed, consent_mistakes, newest

OLD = {"en": ConsentText(text="Old.\n\nWords."), "es": ConsentText(text="Antiguo.")}
NEW = {"en": ConsentText(link="https://example.org/consent.pdf")}
TEXTS = {"1": OLD, "2": NEW}


def test_everybody_finds_what_they_agreed_to() -> None:
    own = agreed(TEXTS, "1", "es")
    assert own is not None
    assert (own.version, own.language, own.content.text, own.recorded) == ("1", "es", "Antiguo.", True)
    other = agreed(TEXTS, "2", "es")
    assert other is not None
    assert (other.version, other.language, other.recorded) == ("2", "en", True)


def test_without_a_record_it_is_the_newest_and_says_so() -> None:
    assert newest(TEXTS) == "2"
    found = agreed(TEXTS, None, "en")
    assert found is not None
    assert (found.version, found.recorded) == ("2", False)
    assert newest({}) is None
    assert agreed({}, None, "en") is None


def test_it_is_words_or_a_link() -> None:
    assert OLD["en"].paragraphs == ["Old.", "Words."]
    with pytest.raises(ValidationError, match="and not both"):
        ConsentText(text="Words.", link="https://example.org/x")
    with pytest.raises(ValidationError, match="https://"):
        ConsentText(link="http://example.org/x")


def test_a_missing_language_is_named() -> None:
    found = list(consent_mistakes({"languages": ["en", "es"], "consent": {"1": {"en": {"text": "A"}}}}))
    assert found == [(("consent", "1"), "no text in `es`, which is a language of this study")]
