"""SF-36 version 1 against the rules of its manuals, worked out by hand and calculated a second time on its own."""

import random

import pytest

from pro_collector.domain.instrument.answers import Answer
from tests.shared.instruments import numbered, shipped, values

# q1 q2, q3-q12, q13-q16, q17-q19, q20-q22, q23-q31, q32, q33-q36
ANSWERS = numbered("q", "231232333211121222124332561424342341")

# Mean, standard deviation, factor score coefficients (physical, mental): US general population 1990, user's manual 1994
NORMS = {
    "PF": (84.52404, 22.89490, 0.42402, -0.22999),
    "RP": (81.19907, 33.79729, 0.35119, -0.12329),
    "BP": (75.49196, 23.55879, 0.31754, -0.09731),
    "GH": (72.21316, 20.16964, 0.24954, -0.01571),
    "VT": (61.05453, 20.86942, 0.02877, 0.23534),
    "SF": (83.59753, 22.37642, -0.00753, 0.26876),
    "RE": (81.29467, 33.02717, -0.19206, 0.43407),
    "MH": (74.84212, 18.01189, -0.22069, 0.48581),
}


def test_by_hand() -> None:
    expected = {
        "PF": 55.0,  # 1 2 3 2 3 3 3 2 1 1: 21; (21 - 10) / 20
        "RP": 50.0,  # 1 2 1 2: 6; (6 - 4) / 4
        "BP": 41.0,  # q21 = 4 -> 3.1, q22 = 3 -> 3: 6.1; (6.1 - 2) / 10
        "GH": 67.0,  # q1 = 2 -> 4.4, q33 = 2, q34 = 3 -> 3, q35 = 4, q36 = 1 -> 5: 18.4; (18.4 - 5) / 20
        "VT": 55.0,  # q23 = 3 -> 4, q27 = 1 -> 6, q29 = 2, q31 = 3: 15; (15 - 4) / 20
        "SF": 75.0,  # q20 = 2 -> 4, q32 = 4: 8; (8 - 2) / 8
        "RE": 66.666667,  # 2 2 1: 5; (5 - 3) / 3
        "MH": 40.0,  # q24 = 2, q25 = 5, q26 = 6 -> 1, q28 = 4, q30 = 4 -> 3: 15; (15 - 5) / 25
        "HT": 3.0,
    }
    found = values("sf-36", ANSWERS)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    physical = sum((expected[s] - mean) / sd * weight for s, (mean, sd, weight, _) in NORMS.items())
    mental = sum((expected[s] - mean) / sd * weight for s, (mean, sd, _, weight) in NORMS.items())
    assert (found["PCS"], found["MCS"]) == pytest.approx((50 + 10 * physical, 50 + 10 * mental), abs=1e-6)


def test_the_population_mean_is_50() -> None:
    for name in ("PCS", "MCS"):
        scale = shipped("sf-36").scale(name)
        assert scale is not None
        at_mean = float(scale.constant) + sum(float(scale.coefficients[s]) * NORMS[s][0] for s in NORMS)
        assert at_mean == pytest.approx(50, abs=1e-6)


@pytest.mark.parametrize(
    ("first", "second", "score"),
    [
        (1, 1, 100.0),  # no pain and no interference: 6 + 6
        (1, 2, 80.0),  # 6 + 4
        (2, 1, 84.0),  # 5.4 + 5: "none" of interference counts 5 with any pain
        (6, 5, 0.0),  # 1 + 1
        (3, None, 64.0),  # 4.2 alone
        (None, 1, 100.0),  # 6, 4.75, 3.5, 2.25, 1 alone
        (None, 2, 75.0),
        (None, 5, 0.0),
        (None, None, None),
    ],
)
def test_bodily_pain(first: int | None, second: int | None, score: float | None) -> None:
    found = values("sf-36", {"q21": first, "q22": second})["BP"]
    assert found == (None if score is None else pytest.approx(score, abs=1e-6))


def test_it_is_not_the_rand_36() -> None:
    both = values("sf-36", ANSWERS), values("rand-36", ANSWERS)
    assert both[0]["GH"] != both[1]["GH"]
    assert both[0]["BP"] != both[1]["PA"]
    few = numbered("q", "1", first=3)  # one of ten items: RAND has a score, the manual of the SF-36 has none
    assert (values("sf-36", few)["PF"], values("rand-36", few)["PF"]) == (None, 0)


def test_no_summary_without_all_eight_scales() -> None:
    without = {**ANSWERS, "q13": None, "q14": None, "q15": None}
    found = values("sf-36", without)
    assert (found["RP"], found["PCS"], found["MCS"]) == (None, None, None)


def filled(numbers: list[float | None], least: int) -> float | None:
    """The sum of the item values, with the person's mean for missing ones: the manual's way, not the program's."""
    known = [number for number in numbers if number is not None]
    if len(known) < least:
        return None
    return sum(sum(known) / len(known) if number is None else number for number in numbers)


SUMS = {  # scale: items (minus: 7 - answer or 6 - answer), least, lowest sum, range of sums
    "PF": (range(3, 13), 5, 10, 20),
    "RP": (range(13, 17), 2, 4, 4),
    "RE": (range(17, 20), 2, 3, 3),
    "VT": ((-23, -27, 29, 31), 2, 4, 20),
    "MH": ((24, 25, -26, 28, -30), 3, 5, 25),
    "SF": ((-20, 32), 1, 2, 8),
}


@pytest.mark.parametrize("seed", range(5))
def test_random_responses_calculated_a_second_time(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        blank = chance.choice([0, 0.1, 0.5])
        answers: dict[str, Answer] = {
            item.id: None if chance.random() < blank else chance.choice(item.options).code
            for item in shipped("sf-36").items
        }
        found = values("sf-36", answers)
        for name, (items, least, lowest, span) in SUMS.items():
            numbers: list[float | None] = []
            for item in items:
                answer = answers[f"q{abs(item)}"]
                turn = 6 if item == -20 else 7
                plain = None if answer is None else float(str(answer))
                numbers.append(turn - plain if item < 0 and plain is not None else plain)
            total = filled(numbers, least)
            expected = None if total is None else (total - lowest) / span * 100
            assert found[name] == (None if expected is None else pytest.approx(expected, abs=1e-9)), name
