"""RAND-36 1.0 against RAND's own recoding table and its averaging rule, worked out by hand."""

import pytest

from tests.shared.instruments import numbered, scores, values

# q1 q2, q3-q12, q13-q16, q17-q19, q20-q22, q23-q31, q32, q33-q36
ANSWERS = numbered("q", "231232333211121222124332561424342341")


def test_by_hand() -> None:
    expected = {
        "PF": 55.0,  # 1 2 3 2 3 3 3 2 1 1 -> 0 50 100 50 100 100 100 50 0 0: 550 / 10
        "RP": 50.0,  # 1 2 1 2 -> 0 100 0 100
        "RE": 66.666667,  # 2 2 1 -> 100 100 0
        "EN": 55.0,  # q23 = 3 -> 60, q27 = 1 -> 100, q29 = 2 -> 20, q31 = 3 -> 40: 220 / 4
        "EW": 40.0,  # q24 = 2 -> 20, q25 = 5 -> 80, q26 = 6 -> 0, q28 = 4 -> 60, q30 = 4 -> 40: 200 / 5
        "SF": 75.0,  # q20 = 2 -> 75, q32 = 4 -> 75
        "PA": 45.0,  # q21 = 4 -> 40, q22 = 3 -> 50
        "GH": 65.0,  # q1 = 2 -> 75, q33 = 2 -> 25, q34 = 3 -> 50, q35 = 4 -> 75, q36 = 1 -> 100: 325 / 5
        "HC": 50.0,  # q2 = 3
    }
    found = values("rand-36", ANSWERS)
    assert found == pytest.approx(expected, abs=1e-6)
    assert list(found) == list(expected)


def test_unanswered_items_are_left_out_of_the_mean() -> None:
    # Of q23 q27 q29 q31 the last is left blank: 40 + 60 + 40 = 140, divided by the 3 that were answered.
    # R's rand36sf gives NA as soon as one item is missing; RAND's rule is the mean of what is there.
    found = scores("rand-36", {"q23": 4, "q27": 3, "q29": 3})["EN"]
    assert found.value == pytest.approx(140 / 3)
    assert (found.answered, found.of) == (3, 4)
    assert values("rand-36", {"q3": 3})["PF"] == 100
    assert scores("rand-36", {})["PF"].reason == "PF: 0 of 10 answered, at least 1 needed"


def test_every_scale_runs_from_0_to_100() -> None:
    good_first = [1, 2, 20, 21, 22, 23, 26, 27, 30, 34, 36]
    lengths = {**dict.fromkeys(range(3, 13), 3), **dict.fromkeys(range(13, 20), 2)}
    lengths |= dict.fromkeys([21, 23, 24, 25, 26, 27, 28, 29, 30, 31], 6)
    best = {f"q{n}": 1 if n in good_first else lengths.get(n, 5) for n in range(1, 37)}
    worst = {f"q{n}": lengths.get(n, 5) if n in good_first else 1 for n in range(1, 37)}
    assert set(values("rand-36", dict(best)).values()) == {100}
    assert set(values("rand-36", dict(worst)).values()) == {0}
