"""Answers named by their place: on a scale, and in a list of options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.reply.question import Choice, Question, Value
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language

FROM_ZERO = tuple(Choice(code, label) for code, label in enumerate(("Never", "Rarely", "Sometimes", "Often", "Always")))
FROM_ONE = tuple(Choice(code, label) for code, label in enumerate(("Better", "The same", "Worse"), 1))
WITH_UNKNOWN = (Choice(1, "Yes"), Choice(2, "No"), Choice(9, "Don't know"))


def value(text: str, question: Question, code: str = "en") -> Value | None:
    reading = understand(text, question, language(code))
    return reading.value if reading.outcome == "answer" else None


@given(st.integers(0, 5), st.integers(6, 100))
def test_the_ends_and_the_middle_of_a_scale_are_its_bounds(low: int, high: int) -> None:
    scale = Question("integer", low, high)
    assert value("bottom of the scale", scale) == low
    assert value("top of the scale please", scale) == high
    assert value("right in the middle", scale) == ((low + high) // 2 if (low + high) % 2 == 0 else None)
    assert value("none whatsoever", scale) == (0 if low == 0 else None)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("the last option", FROM_ZERO, 4),
        ("the middle one", FROM_ZERO, 2),
        ("option c", FROM_ZERO, 2),
        ("the second one", FROM_ZERO, None),  # or the option with the code 2
        ("the second one", FROM_ONE, 2),
        ("the third one", WITH_UNKNOWN, 9),
        ("option f", FROM_ZERO, None),
        ("the fifth one", FROM_ONE, None),
    ],
)
def test_an_option_is_named_by_its_place_unless_a_code_may_be_meant(
    text: str, options: tuple[Choice, ...], expected: int | None
) -> None:
    assert value(text, Question("choice", options=options)) == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "right in the middle of my back"),
        ("en", "right in the middle, under my ribs where the scar is"),
        ("en", "nothing, in pain"),
        ("en", "bottom of the scale or top of the scale"),
        ("en", "no pain"),  # the question may be about something else
        ("es", "en el medio de la espalda"),
        ("fr", "au milieu de la nuit"),
        ("pt", "no meio das costas"),
        ("de", "genau in der Mitte vom Rücken"),
    ],
)
def test_a_place_with_other_words_is_no_answer(code: str, text: str) -> None:
    assert value(text, Question("integer", 0, 10), code) is None
