"""An item asks for one kind of answer, in every mode and language; any other wording is reported."""

import pytest

from pro_collector.domain.instrument.asking import kind_asked
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.lint import lint
from pro_collector.languages import asking
from tests.shared.instruments import library, shipped

OLD = {
    ("symptom-diary", "nausea"): ("¿con qué frecuencia sintió náuseas?", "how often"),
    ("well-being-diary", "mood"): ("¿cuánto estuvo de buen humor?", "how much"),
    ("well-being-diary", "calm"): ("¿cuánto se sintió en calma?", "how much"),
    ("well-being-diary", "doing"): ("¿pudo hacer las cosas que le gustan?", "yes or no"),
    ("well-being-diary", "missing_out"): ("¿se perdió algo por culpa de su salud?", "yes or no"),
    ("well-being-diary", "company"): ("¿pasó buenos ratos con otras personas?", "yes or no"),
}
"""Text messages of items whose form asks otherwise: most are earlier ones of ours."""


def reworded(instrument: Instrument, item: str, sms: str) -> Instrument:
    """The instrument with another text message for one item in Spanish."""
    text = instrument.texts["es"]
    words = text.items[item].model_copy(update={"sms": {**(text.items[item].sms or {}), "self": sms}})
    return instrument.with_texts(text.model_copy(update={"items": {**text.items, item: words}}))


def told(instrument: Instrument) -> list[str]:
    """The serious findings, as printed."""
    return [str(each) for each in lint(instrument, asking=asking()) if each.serious]


@pytest.mark.parametrize(("name", "item"), OLD)
def test_a_text_that_asks_for_another_kind_of_answer_than_the_form_is_refused(name: str, item: str) -> None:
    words, kind = OLD[name, item]
    found = told(reworded(shipped(name), item, f"Últimos 7 días: {words}"))
    asked = "how much" if name == "symptom-diary" else "how often"
    assert found == [f"! {item} (es, self, by text): asks {kind}, where en, self asks {asked}"]


@pytest.mark.parametrize("name", library().ids())
def test_shipped_instruments_ask_for_one_kind_of_answer_per_item(name: str) -> None:
    assert told(shipped(name)) == []


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("en", "Last 7 days: how often did you throw up?", "how often"),
        ("en", "How many times did you throw up?", "how many"),
        ("en", "How tired were you on your worst day?", "how much"),
        ("en", "Did you throw up?", "yes or no"),
        ("en", "Did you feel so bad that nobody could tell how much?", "how much"),
        ("en", "What was the SEVERITY of your PAIN at its WORST?", None),
        ("en", "How would you rate your health?", None),
        ("en", "I felt tired", None),
        ("en", "Last 7 days: worst pain?", None),
        ("es", "¿Con qué FRECUENCIA vomitó?", "how often"),
        ("es", "En los últimos 7 días, ¿qué tan fuerte fue su peor dolor?", "how much"),
        ("es", "¿Qué número le da?", None),
        ("es", "¿Vomitó más de lo que pensaba?", "yes or no"),
        ("fr", "À quelle fréquence avez-vous vomi ?", "how often"),
        ("fr", "Combien de fois avez-vous vomi ?", "how many"),
        ("fr", "Est-ce que vous avez vomi ?", "yes or no"),
        ("de", "Letzte 7 Tage: Wie groß waren Ihre Sorgen?", "how much"),
        ("de", "An wie vielen der letzten 7 Tage haben Sie erbrochen?", "how many"),
        ("de", "Wie oft hatten Sie gute Laune?", "how often"),
        ("de", "Haben Sie erbrochen?", "yes or no"),
    ],
)
def test_the_kind_of_answer_follows_from_the_asking_words(language: str, text: str, kind: str | None) -> None:
    assert kind_asked(text, asking()[language]) == kind


def test_a_count_is_refused_where_the_choices_are_words() -> None:
    """To "how many times did you throw up?" people reply "3", which would be stored as "often"."""
    diary = shipped("well-being-diary").with_texts()
    mood = diary.items[0]
    english = diary.texts["en"]
    words = english.items["mood"].model_copy(update={"prompt": {"self": "On how many days?"}, "sms": None})
    text = english.model_copy(update={"items": {"mood": words}, "reporters": ("self",)})
    alone = Instrument(**{**diary.model_dump(exclude={"texts"}), "items": (mood,), "scales": (), "texts": {"en": text}})
    assert "! mood (en, self): asks how many, and none of its choices answers that" in told(alone)


def test_a_language_without_asking_words_is_not_checked() -> None:
    diary = shipped("symptom-diary")
    danish = diary.texts["en"].model_copy(update={"language": "da"})
    assert told(diary.with_texts(danish)) == []
