"""Advice after the last answer: which one fits, the most urgent first, and what a study file may not say."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.document import Path
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.study.advice import URGENCIES, Advice, advice_for
from pro_collector.domain.study.advice_check import advice_mistakes
from pro_collector.domain.study.definition import load_study
from pro_collector.domain.study.emergency import Emergency
from pro_collector.errors import BadInput
from pro_collector.library import load_library
from pro_collector.resources import SCHEMAS
from tests.unit.domain.exchange.test_instrument_fhir import conditioned

DEMO = (SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8")
TEXT = {"en": "Please call {phone}.", "es": "Llame al {phone}."}


@pytest.fixture(scope="module")
def library() -> dict[str, Instrument]:
    """The included instruments, by id."""
    return {instrument.id: instrument for instrument in load_library().all()}


def rule(**fields: object) -> Advice:
    """An advice about the item `pain` of a diary, unless the fields say otherwise."""
    known = {"instrument": "diary", "urgency": "today", "text": TEXT}
    about = {} if "scale" in fields else {"item": "pain"}
    return Advice.model_validate({**known, **about, **fields})


@pytest.mark.parametrize(
    ("fields", "answer", "fits"),
    [
        ({"at_least": 8}, 8, True),
        ({"at_least": 8}, 7, False),
        ({"at_most": 2}, 2, True),
        ({"at_most": 2}, 3, False),
        ({"at_least": 2, "at_most": 4}, 3, True),
        ({"at_least": 2, "at_most": 4}, 5, False),
        ({"codes": (4,)}, 4, True),
        ({"codes": (4,)}, 3, False),
        ({"codes": ("yes",)}, "yes", True),
        ({"codes": (1,)}, True, False),
        ({"at_least": 0}, None, False),
        ({"at_least": 0}, "asked-declined", False),
    ],
)
def test_it_fits_the_answers_that_its_conditions_name(fields: dict[str, object], answer: object, fits: bool) -> None:
    assert rule(**fields).fits({"diary": {"pain": answer}}, {}) is fits


def test_a_score_is_compared_like_an_answer_and_a_missing_one_fits_nothing() -> None:
    tired = rule(scale="tiredness", at_least=70)
    assert tired.fits({}, {"diary": {"tiredness": 70.0}})
    assert not tired.fits({}, {"diary": {"tiredness": 69.9}})
    assert not tired.fits({}, {"diary": {"tiredness": None}})
    assert not tired.fits({"diary": {"tiredness": 100}}, {})


@given(st.lists(st.sampled_from(URGENCIES), max_size=6), st.integers(0, 10))
def test_the_most_urgent_that_fits_is_given_and_of_several_the_first(urgencies: Sequence[str], pain: int) -> None:
    rules = [rule(urgency=urgency, at_least=number * 2) for number, urgency in enumerate(urgencies)]
    fitting = [each for each in rules if each.at_least is not None and each.at_least <= pain]
    found = advice_for(rules, {"diary": {"pain": pain}}, {})
    assert (found is None) == (not fitting)
    if found is not None:
        first = min(range(len(fitting)), key=lambda index: (URGENCIES.index(fitting[index].urgency), index))
        assert found is fitting[first]


def test_its_words_name_the_phone_and_the_emergency_text_of_the_place() -> None:
    said = rule(at_least=1, text={"en": "Call {phone}. {medical} {crisis}", "es": "Llame al {phone}."})
    emergency = Emergency(medical="Call 112.", crisis="Call 024.")
    assert said.words("en-GB", "+34600000100", emergency) == ("Call +34600000100. Call 112. Call 024.", "en")
    assert said.words("es", "+34600000100", emergency) == ("Llame al +34600000100.", "es")
    assert said.words("fr", "+34600000100", emergency)[1] == "en"


ADVICE = "advice: [{instrument: symptom-diary, item: pain, at_least: 8, urgency: today, text: {en: A, es: B}}]"


@pytest.mark.parametrize(
    ("before", "after", "mistake"),
    [
        ("item: pain", "item: pains", "advice.0.item: `symptom-diary` has no item `pains`"),
        ("item: pain", "scale: sore", "advice.0.scale: `symptom-diary` has no scale `sore`"),
        ("at_least: 8", "at_least: 11", "advice.0.at_least: 11 is outside of what it can be: 0 to 10"),
        ("item: pain, at_least: 8", "scale: pain, at_most: 101", "advice.0.at_most: 101 is outside of what it can be"),
        ("at_least: 8", "codes: [11]", "advice.0.codes.0: `11` is no answer to `pain`"),
        ("item: pain, at_least: 8", "item: nausea, codes: [9]", "advice.0.codes.0: `9` is no answer to `nausea`"),
        ("symptom-diary", "symptom-diar", "advice.0.instrument: no assessment asks `symptom-diar`; did you mean"),
        (", es: B", "", "advice.0.text: no text in `es`, which is a language of this study"),
        ("es: B", "es: B, fr: C", "advice.0.text.fr: unknown language `fr`"),
        ("en: A", "en: 'Call {fone}'", "advice.0.text.en: the gaps of a text are {phone}, {medical}, {crisis}"),
        ("en: A", "en: 'Call {'", "advice.0.text.en: the gaps of a text are {phone}, {medical}, {crisis}"),
        ("en: A", "en: ' '", "advice.0.text.en: there are no words here"),
        ("at_least: 8, ", "", "say from when on it is given"),
        ("item: pain", "item: pain, scale: pain", "name an `item` or a `scale`, and not both"),
        ("item: pain, at_least: 8", "scale: pain, codes: [8]", "`codes` are answers to an `item`"),
    ],
)
def test_each_mistake_is_named_with_its_place(
    library: dict[str, Instrument], before: str, after: str, mistake: str
) -> None:
    assert before in ADVICE
    study = DEMO[: DEMO.index("\nadvice:")] + "\n" + ADVICE.replace(before, after) + "\n"
    with pytest.raises(BadInput) as error:
        load_study(study, "study.yaml", library)
    assert mistake in str(error.value)
    assert load_study(DEMO, "demo.yaml", library).advice


def test_the_answers_to_a_question_in_words_or_without_bounds_are_no_numbers() -> None:
    made = {"made": conditioned("[{item: b, operator: exists, answer: true}]")}

    def told(**rule: object) -> list[tuple[Path, str]]:
        data = {"languages": ["en"], "advice": [{"instrument": "made", "text": {"en": "A"}, **rule}]}
        return list(advice_mistakes(data, {"made"}, made))

    for item in ("w", "d", "x"):
        no_number = f"the answers to `{item}` are no numbers: use `codes`"
        assert told(item=item, at_least=1) == [(("advice", 0, "at_least"), no_number)]
        assert told(item=item, codes=[1]) == [(("advice", 0, "codes", 0), f"`1` is no answer to `{item}`")]
    assert told(item="c", codes=[0, 1]) == [], "both are options"


def test_advice_that_cannot_be_read_is_passed_over_and_the_rest_is_checked() -> None:
    data = {"languages": ["en"], "advice": ["rest", {"instrument": "other", "text": "Rest."}]}
    assert list(advice_mistakes(data, ["diary"], None)) == [
        (("advice", 1, "instrument"), "no assessment asks `other`; known: diary")
    ]
