"""Our own diaries: scores by hand, every language complete for every reader, texts short enough to send."""

import re

import pytest

from pro_collector.domain.conversation.read_reply import question
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.branching import remaining, with_not_asked
from pro_collector.domain.instrument.sms_text import segments, sms_question
from pro_collector.domain.instrument.text import Reporter
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language as words_of
from tests.shared.instruments import library, scores, shipped, values

DIARIES = ("symptom-diary", "well-being-diary")
OLD_HASHES = {
    "symptom-diary": "f256e394fb14a306c0e777c9370ab4ab854dff19e0aa4c2e365288593d4adaa7",
    "well-being-diary": "180cc88625089b2c980e34da46336adfcf7dfd4d3fa40c60613fecc9fa5f445c",
}
"""Of version 1.0.0, as stored with every answer that was given to it."""


def test_symptom_diary_by_hand() -> None:
    answers: dict[str, Answer] = {
        "pain": 5, "tiredness": 10, "nausea": 1, "vomiting": 7, "eating": 2, "sleep": 4, "worry": 0
    }  # fmt: skip
    expected = {
        "pain": 50.0,
        "tiredness": 100.0,
        "stomach": 37.5,  # (1 + 2) / 2 = 1.5 of 4
        "sleep": 100.0,
        "worry": 0.0,
        "vomiting": 100.0,  # on all 7 days
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
@pytest.mark.parametrize("language", ["en", "es", "fr"])
@pytest.mark.parametrize("reporter", ["self", "proxy"])
@pytest.mark.parametrize("age", [None, 9])
def test_texts_are_complete_and_short(name: str, language: str, reporter: Reporter, age: int | None) -> None:
    diary = shipped(name)
    assert diary.can_ask_in(language, reporter)
    for item in diary.items:
        wording = diary.texts[language].wording(item, reporter, age)
        assert wording is not None
        size = segments(sms_question(wording))
        assert size.count <= (1 if language == "en" else 2), f"{item.id}: {size}"
        assert size.encoding == ("UCS-2" if language == "es" else "GSM-7")


@pytest.mark.parametrize(
    ("language", "reporter", "age", "said"),
    [
        ("en", "self", 40, "Last 7 days: how bad was your worst pain?"),
        ("en", "self", 9, "Last 7 days: when it hurt most, how much did it hurt?"),
        ("en", "self", 13, "Last 7 days: how bad was your worst pain?"),
        ("en", "proxy", 17, "how bad was your child's worst pain?"),
        ("en", "proxy", 18, "how bad was the worst pain of the person you answer for?"),
        ("en", "proxy", None, "how bad was the worst pain of the person you answer for?"),
        ("es", "self", 9, "cuando te dolió más, ¿cuánto te dolió?"),
        ("es", "proxy", 80, "¿cuánto dolor tuvo en el peor momento quien usted cuida?"),
        ("fr", "self", 9, "quand tu as eu le plus mal, à quel point avais-tu mal ?"),
        ("fr", "proxy", 30, "la pire douleur de la personne pour qui vous répondez"),
    ],
)
def test_who_answers_and_the_age_of_the_patient_choose_the_words(
    language: str, reporter: Reporter, age: int | None, said: str
) -> None:
    pain = shipped("symptom-diary").items[0]
    wording = shipped("symptom-diary").texts[language].wording(pain, reporter, age)
    assert wording is not None
    assert said in wording.sms


def test_only_a_child_sees_faces_and_the_happy_one_is_at_the_good_end() -> None:
    diary = shipped("well-being-diary")
    for name, end in (("mood", "happy-last"), ("missing_out", "happy-first")):
        item = diary.item(name)
        assert item is not None
        wordings = [diary.texts["en"].wording(item, "self", age) for age in (12, 13, None)]
        assert [each.faces for each in wordings if each] == [end, None, None]


@pytest.mark.parametrize("name", DIARIES)
def test_the_first_version_is_kept_as_it_was_published(name: str) -> None:
    old = library().get(name, "1.0.0")
    assert old.version_hash == OLD_HASHES[name]
    assert not old.texts


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


@pytest.mark.parametrize(
    ("language", "reply", "days"),
    [
        ("en", "3", 3),
        ("en", "2 days", 2),
        ("en", "every day", 7),
        ("en", "never", 0),
        ("en", "3 times", None),
        ("en", "twice", None),
        ("en", "8", None),
        ("es", "tres días", 3),
        ("es", "todos los dias", 7),
        ("es", "dos veces", None),
        ("fr", "deux jours", 2),
        ("fr", "tous les jours", 7),
        ("fr", "3 fois", None),
    ],
)
def test_days_with_vomiting_are_read_as_days_and_never_as_times(language: str, reply: str, days: int | None) -> None:
    diary = shipped("symptom-diary")
    item = diary.item("vomiting")
    assert item is not None
    wording = diary.texts[language].wording(item)
    assert wording is not None
    assert understand(reply, question(wording), words_of(language)).value == days
