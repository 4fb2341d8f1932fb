"""Answers with a remark beside them: the value is kept, a person reads the remark, and doubt is never an answer."""

from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.reply.question import Choice, Question
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language
from tests.shared.places import DATA

SCALE = Question("integer", 0, 10)
SEVERITY = Question("choice", options=tuple(map(Choice, range(4), ("None", "Mild", "Moderate", "Severe"))))
TAKEN = Question("yesno")
TEXTS = yaml.safe_load((DATA / "remarks.yaml").read_text("utf-8"))
JOINED = {"en": ("and", "but"), "es": ("y", "pero"), "fr": ("et", "mais")}
LEAST_KEPT = 0.93
"""The share of remarks beside which the value must be kept, in each language and each way to write them."""


def remarks(code: str) -> list[str]:
    return list(TEXTS[code]["remarks"].splitlines())


def ways(code: str, remark: str) -> Iterator[tuple[str, str]]:
    """The usual ways to write a remark beside a 7."""
    both, but = JOINED[code]
    sentence = remark[0].upper() + remark[1:]
    yield "comma", f"7, {remark}"
    yield "sentence", f"7. {sentence}"
    yield "line", f"7\n{remark}"
    yield "and", f"7 {both} {remark}"
    yield "but", f"7 {but} {remark}"
    yield "nothing", f"7 {remark}"
    yield "before", f"{sentence}. 7"


@pytest.mark.parametrize("code", JOINED)
@pytest.mark.parametrize("way", ["comma", "sentence", "line", "and", "but", "nothing", "before"])
def test_the_value_is_kept_and_a_person_reads_the_remark(code: str, way: str) -> None:
    texts = [dict(ways(code, remark))[way] for remark in remarks(code)]
    readings = [understand(text, SCALE, language(code)) for text in texts]
    kept = [reading for reading in readings if reading.value == 7 and reading.flag]
    assert len(kept) >= LEAST_KEPT * len(texts)
    assert all(reading.flag or reading.outcome not in ("answer", "unclear") for reading in readings)


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code in JOINED for text in TEXTS[code]["doubtful"].splitlines()]
)
def test_a_number_that_the_remark_makes_doubtful_is_asked_again(code: str, text: str) -> None:
    assert understand(text, SCALE, language(code)).outcome != "answer"


@pytest.mark.parametrize(
    ("text", "question", "value"),
    [
        ("Moderate, my leg is swollen", SEVERITY, 2),
        ("severe. they took me to the hospital on friday", SEVERITY, 3),
        ("yes, my hair is falling out", TAKEN, "yes"),
        ("no. the pharmacy was closed all weekend", TAKEN, "no"),
        ("7, temp was 38.5 at noon", SCALE, 7),
        ("7 and i fell 2 times this week", SCALE, 7),
    ],
)
def test_labels_and_measures_beside_an_answer(text: str, question: Question, value: object) -> None:
    reading = understand(text, question, language("en"))
    assert (reading.value, reading.flag is not None) == (value, True)


@pytest.mark.parametrize(
    "text",
    [
        "7, my leg is a 9",
        "7, my back is 3",
        "Mild, my leg is severe",
        "7, i mean my leg",
        "7, that is my age",
        "7, not sure about it",
    ],
)
def test_another_answer_or_a_word_about_the_answer_leaves_no_safe_reading(text: str) -> None:
    assert understand(text, SEVERITY if text[0] == "M" else SCALE, language("en")).outcome == "unclear"


@given(st.sampled_from(remarks("en")), st.integers(0, 10))
def test_the_value_is_the_number_that_was_written(remark: str, number: int) -> None:
    reading = understand(f"{number}, {remark}", SCALE, language("en"))
    assert reading.value in (number, None)
