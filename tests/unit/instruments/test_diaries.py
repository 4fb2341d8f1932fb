"""Our own diaries: scores by hand, both languages complete for both reporters, texts short enough to send."""

import re

import pytest

from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.branching import remaining, with_not_asked
from pro_collector.domain.instrument.sms_text import segments, sms_question
from pro_collector.domain.instrument.text import Reporter
from tests.shared.instruments import scores, shipped, values

DIARIES = ("symptom-diary", "well-being-diary")


def test_symptom_diary_by_hand() -> None:
    answers: dict[str, Answer] = {
        "pain": 5, "tiredness": 10, "nausea": 1, "vomiting": 3, "eating": 2, "sleep": 4, "worry": 0
    }  # fmt: skip
    expected = {
        "pain": 50.0,
        "tiredness": 100.0,
        "stomach": 37.5,  # (1 + 2) / 2 = 1.5 of 4
        "sleep": 100.0,
        "worry": 0.0,
        "vomiting": 75.0,
        "symptom_burden": 57.5,  # (50 + 100 + 37.5 + 100 + 0) / 5
    }
    assert values("symptom-diary", answers) == pytest.approx(expected)


def test_the_burden_does_not_depend_on_a_skipped_question() -> None:
    answers: dict[str, Answer] = {"pain": 5, "tiredness": 10, "nausea": 0, "eating": 2, "sleep": 4, "worry": 0}
    diary = shipped("symptom-diary")
    assert remaining(diary, answers) == ()
    found = scores("symptom-diary", with_not_asked(diary, answers))
    assert found["vomiting"].value is None
    assert (found["symptom_burden"].answered, found["symptom_burden"].of) == (6, 6)
    assert found["symptom_burden"].value == pytest.approx((50 + 100 + 25 + 100 + 0) / 5)


def test_the_burden_needs_four_of_its_five_parts() -> None:
    declined: dict[str, Answer] = {"pain": Absent.ASKED_DECLINED, "nausea": 2, "sleep": 2, "worry": 5}
    assert values("symptom-diary", {**declined, "tiredness": 5})["symptom_burden"] == 50
    assert scores("symptom-diary", declined)["symptom_burden"].reason == ("symptom_burden: no score for pain tiredness")


def test_vomiting_is_asked_only_after_some_nausea() -> None:
    diary = shipped("symptom-diary")
    assert "vomiting" not in [item.id for item in remaining(diary, {"nausea": 0})]
    assert "vomiting" in [item.id for item in remaining(diary, {"nausea": 1})]


def test_well_being_diary_by_hand() -> None:
    answers: dict[str, Answer] = {
        "mood": 3, "calm": 2, "doing": 4, "missing_out": 1, "company": 2, "overall": 7
    }  # fmt: skip
    expected = {
        "feelings": 62.5,  # (3 + 2) / 2 = 2.5 of 4
        "activity": 87.5,  # (4 + [4 - 1]) / 2 = 3.5 of 4
        "company": 50.0,
        "overall": 70.0,
        "wellbeing": 67.5,  # (62.5 + 87.5 + 50 + 70) / 4
    }
    assert values("well-being-diary", answers) == pytest.approx(expected)


@pytest.mark.parametrize("name", DIARIES)
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("reporter", ["self", "proxy"])
def test_texts_are_complete_and_short(name: str, language: str, reporter: Reporter) -> None:
    diary = shipped(name)
    assert diary.can_ask_in(language, reporter)
    for item in diary.items:
        wording = diary.texts[language].wording(item, reporter)
        assert wording is not None
        size = segments(sms_question(wording))
        assert size.count <= (1 if language == "en" else 2), f"{item.id}: {size}"
        assert size.encoding == "GSM-7" or language != "en"


@pytest.mark.parametrize("name", DIARIES)
def test_english_is_in_plain_words(name: str) -> None:
    for item in shipped(name).items:
        wording = shipped(name).texts["en"].wording(item)
        assert wording is not None
        words = re.findall(r"[A-Za-z']+", wording.prompt)
        assert len(words) <= 20
        assert sum(len(word) > 8 for word in words) <= 1, wording.prompt


@pytest.mark.parametrize("name", DIARIES)
def test_no_reply_means_two_choices_of_one_question(name: str) -> None:
    for language, text in shipped(name).texts.items():
        for item in shipped(name).items:
            wording = text.wording(item)
            assert wording is not None
            said = [word for option in wording.options for word in {option.label, *option.replies}]
            assert len(said) == len(set(said)), f"{language} {item.id}"
