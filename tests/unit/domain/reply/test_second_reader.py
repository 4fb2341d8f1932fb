"""The second reader: it only raises, is total and deterministic, and is the file that its card describes."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.reply.question import Question
from pro_collector.domain.reply.second_reader import MOST_REASONS, SecondReader, Thresholds, grams, pieces
from pro_collector.domain.reply.second_reading import RANK, at_least, leaves_words, raised, read_twice
from pro_collector.domain.reply.understanding import understand
from pro_collector.errors import Misconfigured
from pro_collector.languages import language
from pro_collector.resources import SCHEMAS
from pro_collector.second_reader import CARD, FOLDER, WEIGHTS, load, mark_of, second_reader
from tests.replies_corpus import cases
from tests.second_reader.card import THRESHOLDS

SCALE = Question("integer", 0, 10)
TEXTS = st.one_of(st.text(max_size=60), st.sampled_from([case.text for case in cases()]))
MARKS = st.sampled_from([None, "stop", "emergency"])


@given(TEXTS, st.sampled_from(["en", "es", "fr"]))
def test_it_changes_no_outcome_and_no_value_and_lowers_nothing(text: str, code: str) -> None:
    first = understand(text, SCALE, language(code))
    second = read_twice(text, first, mark_of)
    assert (second.outcome, second.value, second.also, second.reason) == (
        first.outcome,
        first.value,
        first.also,
        first.reason,
    )
    assert RANK[second.flag] >= RANK[first.flag]
    assert leaves_words(first) or second == first


@given(st.text())
def test_it_reads_any_text_the_same_way_each_time(text: str) -> None:
    once, again = second_reader().read(text), second_reader().read(text)
    assert once == again
    assert 0 <= once.stop <= 1
    assert 0 <= once.emergency <= 1
    assert once.stop + once.emergency <= 2


@given(TEXTS, MARKS)
def test_another_reader_only_raises_what_this_one_says(text: str, mark: str | None) -> None:
    both = at_least(mark, mark_of)(text)  # type: ignore[arg-type]
    assert RANK[both] == max(RANK[mark], RANK[mark_of(text)])  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("I did not sign up for these texts", "stop"),
        ("you dont have my permission to text me", "stop"),
        ("I have the pills lined up", "emergency"),
        ("saying goodbye, you were all kind", "emergency"),
        ("the nurse changed my dressing", None),
        ("the link does not work", None),
        ("", None),
    ],
)
def test_words_that_no_rule_knows(text: str, mark: str | None) -> None:
    assert mark_of(text) == mark


def test_a_pause_is_read_twice() -> None:
    pause = understand("not now, in hospital till friday", SCALE, language("en"))
    assert pause.outcome == "pause"
    assert read_twice("any", pause, lambda _: "emergency").flag == "emergency"
    assert read_twice("any", pause, lambda _: None) == pause


def test_harmless_words_around_a_cry_do_not_hide_it() -> None:
    chatter = "Thank you for the message. My daughter came to see me on sunday and we had lunch. "
    assert mark_of(chatter * 3 + "I have the pills lined up. " + chatter * 3) == "emergency"


@pytest.mark.parametrize("text", ["I did not sign up for these texts", "yo no pedí esto, basta", "stop stop stop it"])
def test_a_mark_is_explained_by_whole_words_of_the_text_each_once(text: str) -> None:
    reasons = second_reader().reasons(text, "stop")
    (words,) = pieces(text)
    assert 0 < len(reasons) <= MOST_REASONS
    assert all(f" {reason} " in f" {' '.join(words)} " for reason in reasons)
    assert not any(f" {one} " in f" {other} " for one in reasons for other in reasons if one != other)


def test_a_word_is_as_strong_as_the_strongest_letters_in_it() -> None:
    reader = SecondReader(
        {"ick": (9, 0), " s": (2, 0), "=so": (4, 0), "=so sick": (3, 0), "=of": (-1, 0), "of": (-2, 0)},
        (1.0, 1.0), (0.0, 0.0), Thresholds(0.5, 0.5),
    )  # fmt: skip
    assert reader.reasons("Sick of it, so sick", "stop") == ("sick", "so")
    assert reader.reasons("Sick of it, so sick", "emergency") == ()


def test_the_scores_are_those_of_the_formula() -> None:
    reader = SecondReader({"=stop": (10, 0), "st": (2, 1)}, (0.5, 0.25), (-1.0, -2.0), Thresholds(0.5, 0.5))
    found = reader.read("stop")
    # (10 + 2) * 0.5 / sqrt(2) - 1 = 3.2426; 1 * 0.25 / sqrt(2) - 2 = -1.8232
    assert found.stop == pytest.approx(25.600 / (1 + 25.600 + 0.16151), abs=1e-4)
    assert found.mark == "stop"
    assert reader.read("xyz").mark is None


def test_temperatures_are_one_word() -> None:
    assert [list(piece) for piece in pieces("38.5 and 101.2, not 7 or 37.9")] == [
        ["<temp>", "and", "<temp>", "not", "7", "or", "37.9"]
    ]
    assert "=<temp>" in grams(["<temp>"])


def test_other_weights_than_those_of_the_card_are_refused(tmp_path: Path) -> None:
    shutil.copytree(SCHEMAS / FOLDER, tmp_path / FOLDER)
    assert load(tmp_path).thresholds == Thresholds(**THRESHOLDS)
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes() + b"0")
    with pytest.raises(Misconfigured, match="make second-reader"):
        load(tmp_path)
    assert (tmp_path / CARD).exists()


@given(MARKS, MARKS)
def test_raising_twice_is_raising_to_the_higher(first: str | None, second: str | None) -> None:
    reading = understand("the weather is nice today my friends", None, language("en"))
    twice = raised(raised(reading, first), second)  # type: ignore[arg-type]
    assert RANK[twice.flag] == max(RANK[reading.flag], RANK[first], RANK[second])  # type: ignore[index]
