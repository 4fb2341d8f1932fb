"""Scores from the pattern of answers: by hand, against an integral of another kind, and through a whole instrument."""

from itertools import product
from math import exp
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.display.explain import explain
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.lint import lint
from pro_collector.domain.scoring.graded_response import POINTS, pattern_score
from pro_collector.domain.scoring.score import score
from pro_collector.errors import BadInput
from pro_collector.library import load_library
from tests.shared.instruments import names
from tests.shared.properties import examples
from tests.unit.domain.scoring.test_scoring import made

# Made up: a slope, then thresholds.
MILD = (1.7, -1.0, 0.0, 1.0, 2.0)
HARD = (3.1, 0.5, 1.2, 1.9, 2.7)
EVEN = (2.0, -1.5, -0.5, 0.5, 1.5)


def test_no_answer_is_the_prior() -> None:
    found = pattern_score([])
    assert found.t == pytest.approx(50)
    assert found.standard_error == pytest.approx(9.99, abs=0.01)  # the normal curve is cut at four deviations


def test_the_middle_of_an_even_item_is_50() -> None:
    assert pattern_score([(EVEN, 2)]).t == pytest.approx(50)
    low, high = pattern_score([(EVEN, 0)]).t, pattern_score([(EVEN, 4)]).t
    assert low + high == pytest.approx(100)


def by_hand(parameters: tuple[float, ...], place: int, theta: float) -> float:
    """The chance of a choice: the curve of reaching it minus the curve of reaching the next."""
    slope, *steps = parameters
    reach = [1.0, *(1 / (1 + exp(-slope * (theta - step))) for step in steps), 0.0]
    return reach[place] - reach[place + 1]


def test_one_item_summed_by_hand() -> None:
    # theta = sum(theta * prior * chance) / sum(prior * chance), over the points
    weights = [exp(-theta * theta / 2) * by_hand(MILD, 3, theta) for theta in POINTS]
    theta = sum(t * w for t, w in zip(POINTS, weights, strict=True)) / sum(weights)
    assert pattern_score([(MILD, 3)]).t == pytest.approx(50 + 10 * theta)


items = st.tuples(
    st.integers(5, 30), st.lists(st.integers(-15, 15), min_size=4, max_size=4, unique=True).map(sorted)
).map(lambda drawn: tuple(tenths / 10 for tenths in (drawn[0], *drawn[1])))


@given(st.lists(st.tuples(items, st.integers(0, 4)), min_size=1, max_size=3))
@examples(40)
def test_a_finer_and_wider_integral_agrees(pattern: list[tuple[tuple[float, ...], int]]) -> None:
    """Simpson's rule from -7 to 7: the fixed points of PROMIS cost up to 0.3 at the ends of such scales."""
    steps = 280
    top = bottom = 0.0
    for n in range(steps + 1):
        theta = -7 + 14 * n / steps
        weight = exp(-theta * theta / 2) * (1 if n in (0, steps) else 4 if n % 2 else 2)
        for parameters, place in pattern:
            weight *= by_hand(parameters, place, theta)
        top, bottom = top + theta * weight, bottom + weight
    assert pattern_score(pattern).t == pytest.approx(50 + 10 * top / bottom, abs=0.3)


def test_no_pattern_is_too_unlikely() -> None:
    """An answer that almost nobody gives, many times over, still has a score."""
    almost_equal = (4.0, 0.0, 1e-17, 3.0)
    assert -4 <= (pattern_score([(almost_equal, 1)] * 50).t - 50) / 10 <= 4


def test_a_worse_answer_never_lowers_the_score() -> None:
    for first, second in product(range(4), range(5)):
        less, more = (pattern_score([(MILD, place), (HARD, second)]).t for place in (first, first + 1))
        assert less < more


def test_more_answers_make_it_more_certain() -> None:
    errors = [pattern_score([(EVEN, 2)] * n).standard_error for n in range(5)]
    assert errors == sorted(errors, reverse=True)


SCALE = "  - {id: s, title: S, items: [a, b], method: pattern, table: bank, missing: {minimum: 1}}"
BANK = "tables: {bank: {source: a test, parameters: {a: [1.5, -0.5, 1], b: [2.5, 0, 1.5]}}}"


def test_through_an_instrument() -> None:
    instrument = made(SCALE, BANK)
    both = score(instrument, {"a": 2, "b": 1})["s"]
    assert both.value == pytest.approx(pattern_score([((1.5, -0.5, 1), 2), ((2.5, 0, 1.5), 1)]).t)
    one = score(instrument, {"b": 1})["s"]
    assert one.value == pytest.approx(pattern_score([((2.5, 0, 1.5), 1)]).t)
    assert one.answered == 1
    assert score(instrument, {})["s"].value is None
    turned = made(SCALE.replace("method", "reverse: [a], method"), BANK)
    assert score(turned, {"a": 0, "b": 1})["s"].value == both.value
    told = "\n".join(explain(instrument, {"a": 2, "b": 1}, "s"))
    assert "graded response model (a test): expected T score" in told


@pytest.mark.parametrize(
    ("scale", "bank", "message"),
    [
        (SCALE, BANK.replace("b: [2.5, 0, 1.5]", "c: [2.5, 0, 1.5]"), "table 'bank' has no parameters for item b"),
        (SCALE, BANK.replace("[2.5, 0, 1.5]", "[2.5, 0]"), "item b needs a slope and 2 thresholds in table 'bank'"),
        (
            SCALE,
            BANK.replace("[2.5, 0, 1.5]", "[2.5, 1.5, 0]"),
            "b: expected a slope above 0, then thresholds that rise",
        ),
        (SCALE, BANK.replace("[2.5, 0, 1.5]", "[-2.5, 0, 1.5]"), "b: expected a slope above 0"),
        (SCALE.replace("[a, b]", "[a, w]"), BANK, "item w does not have whole numbers in a row"),
        (SCALE.replace("table: bank, ", ""), BANK, "`table` goes with `method: table` or `pattern`"),
    ],
)
def test_mistakes_in_parameters(scale: str, bank: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        made(scale, bank)
    assert message in str(caught.value)


def test_parameters_are_imported_from_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "promis-anxiety-4a"
    folder.mkdir()
    items = names("EDANX01 EDANX40 EDANX41 EDANX53")
    lines = ["item,Made up for this test,1,2,3,4", *(f"{item},2,-1,0,1,2" for item in items)]
    (folder / "table.parameters.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    instrument = load_library(tmp_path).get("promis-anxiety-4a")
    answers: dict[str, Answer] = {"EDANX01": 3, "EDANX40": 2, "EDANX53": 3}
    found = score(instrument, answers)
    assert found["t_score_pattern"].value == pytest.approx(
        pattern_score([((2, -1, 0, 1, 2), place) for place in (2, 1, 2)]).t
    )
    assert found["t_score"].value is None  # the table of raw sums is for complete forms
    assert instrument.hash != load_library().get("promis-anxiety-4a").hash
    assert not any("parameters" in finding.message for finding in lint(instrument))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("EDANX4O,2,-1,0,1,2", "table.parameters.csv:2: no item 'EDANX4O'; did you mean 'EDANX4"),
        ("EDANX01,2,-1,x,1,2", "table.parameters.csv:2: expected an item, a slope and thresholds"),
        ("EDANX01,2,-1,0,-3,2", "EDANX01: expected a slope above 0, then thresholds that rise"),
        ("EDANX01,2,-1,0,1", "item EDANX01 needs a slope and 4 thresholds in table 'parameters'"),
        ("EDANX01,2,-1,0,1,2", "table 'parameters' has no parameters for item EDANX40"),
    ],
)
def test_mistakes_in_a_file_of_parameters(tmp_path: Path, line: str, message: str) -> None:
    folder = tmp_path / "promis-anxiety-4a"
    folder.mkdir()
    (folder / "table.parameters.csv").write_text(f"item,a test,1,2,3,4\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_library(tmp_path).get("promis-anxiety-4a")
    assert message in str(caught.value)
