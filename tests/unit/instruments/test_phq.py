"""PHQ-9, PHQ-8, PHQ-2, PHQ-4, GAD-7 and WHO-5 against their published sums and cut-offs."""

import pytest

from tests.shared.instruments import numbered, scores, shipped, values


@pytest.mark.parametrize(
    ("instrument", "codes", "total", "band"),
    [
        ("phq-9", "000000000", 0, "minimal"),
        ("phq-9", "111100000", 4, "minimal"),
        ("phq-9", "111110000", 5, "mild"),
        ("phq-9", "333000000", 9, "mild"),
        ("phq-9", "333100000", 10, "moderate"),
        ("phq-9", "333320000", 14, "moderate"),
        ("phq-9", "333330000", 15, "moderately-severe"),
        ("phq-9", "333333100", 19, "moderately-severe"),
        ("phq-9", "333333200", 20, "severe"),
        ("phq-9", "333333333", 27, "severe"),
        ("phq-8", "33333333", 24, "severe"),
        ("phq-8", "33300000", 9, "mild"),
        ("phq-2", "11", 2, "negative"),
        ("phq-2", "12", 3, "positive"),
        ("gad-7", "1111000", 4, "minimal"),
        ("gad-7", "1111100", 5, "mild"),
        ("gad-7", "3331000", 10, "moderate"),
        ("gad-7", "3333300", 15, "severe"),
    ],
)
def test_totals_and_bands(instrument: str, codes: str, total: int, band: str) -> None:
    found = scores(instrument, numbered("q", codes))["total"]
    assert (found.value, found.band, found.answered, found.of) == (total, band, len(codes), len(codes))


def test_a_missing_answer_means_no_total() -> None:
    found = scores("phq-9", numbered("q", "33333333."))["total"]
    assert (found.value, found.band) == (None, None)
    assert found.reason == "total: 8 of 9 answered, at least 9 needed"


def test_the_difficulty_question_is_not_scored() -> None:
    answers = numbered("q", "111111111")
    assert scores("phq-9", {**answers, "q10": 3}) == scores("phq-9", answers)
    assert shipped("phq-9").item("q10") is not None


def test_self_harm_is_flagged_whatever_the_total() -> None:
    (flag,) = shipped("phq-9").flags
    assert (flag.item, flag.minimum) == ("q9", 1)


@pytest.mark.parametrize(
    ("codes", "expected", "bands"),
    [
        ("1100", (2, 2, 0), ("normal", "negative", "negative")),
        ("2100", (3, 3, 0), ("mild", "positive", "negative")),
        ("1221", (6, 3, 3), ("moderate", "positive", "positive")),
        ("0333", (9, 3, 6), ("severe", "positive", "positive")),
    ],
)
def test_phq_4_anxiety_comes_first(codes: str, expected: tuple[int, ...], bands: tuple[str, ...]) -> None:
    found = scores("phq-4", numbered("q", codes))
    assert tuple(score.value for score in found.values()) == expected
    assert tuple(score.band for score in found.values()) == bands
    assert list(found) == ["total", "anxiety", "depression"]


@pytest.mark.parametrize(
    ("codes", "total", "percent", "band"),
    [("00000", 0, 0, "low"), ("33222", 12, 48, "low"), ("33322", 13, 52, "not-low"), ("55555", 25, 100, "not-low")],
)
def test_who_5(codes: str, total: int, percent: int, band: str) -> None:
    # A public calculator takes (raw - 5) * 4, which makes 13 a 32; the rule is raw * 4.
    found = scores("who-5", numbered("q", codes))
    assert (found["total"].value, found["total"].band) == (total, band)
    assert (found["percent"].value, found["percent"].band) == (percent, band)


def test_who_5_needs_every_answer() -> None:
    assert values("who-5", numbered("q", "5555.")) == {"total": None, "percent": None}


def test_answers_to_the_difficulty_question_have_the_codes_of_loincs_list() -> None:
    # LOINC LL359-1, from "not difficult at all" to "extremely difficult"; LA6574-3 is the last, not the third.
    difficulty = shipped("phq-9").item("q10")
    assert difficulty is not None
    assert [(option.code, option.codes[0].code) for option in difficulty.options] == [
        (0, "LA6572-7"),
        (1, "LA6573-5"),
        (2, "LA6575-0"),
        (3, "LA6574-3"),
    ]
