"""A score told in full: what is said of each item, rule and step, and that it ends in the value that is stored."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.display.explain import explain, number
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.scoring.score import score
from pro_collector.errors import NotFound
from tests.shared.instruments import shipped as instrument
from tests.shared.properties import examples
from tests.unit.domain.scoring.made_up import MADE, responses
from tests.unit.domain.scoring.test_scoring import TABLES, made


def one(scale: str, answers: dict[str, Answer], imputation: str = "none") -> list[str]:
    """The explanation of a single scale called s, without its heading."""
    lines = explain(made(f"  - {{id: s, title: S, {scale}}}", TABLES), answers, "s", imputation)
    assert lines[0] == "s: S (made-up 1.0.0)"
    return [line.removeprefix("  ") for line in lines[1:]]


def test_items_rule_and_arithmetic() -> None:
    scale = "items: [a, b, n], reverse: [n], method: mean, missing: {fraction: 0.5}, round: {digits: 1}"
    assert one(scale + ", rescale: {source: [0, 10], target: [0, 100]}", {"a": 2, "n": 3}) == [
        "a  2",
        "b  missing",
        "n  3, reversed: 0 + 10 - 3 = 7",
        "answered 2 of 3, at least 2 needed",
        "mean: (2 + 7) / 2 = 4.5",
        "rescaled: 0 + (4.5 - 0) * (100 - 0) / (10 - 0) = 45",
        "rounded to 1 decimals, ties away from zero: 45",
        "score: 45",
    ]


def test_recoded_absent_and_valueless_answers() -> None:
    found = one("items: [w, a], method: sum", {"w": "high", "a": Absent.ASKED_DECLINED})
    assert found == [
        "w  high, recoded to 4",
        "a  missing (asked-declined)",
        "answered 1 of 2, at least 2 needed",
        "no score: s: 1 of 2 answered, at least 2 needed",
    ]
    assert one("items: [w], method: sum", {"w": "unsure"})[0] == "w  unsure, which has no value"


def test_prorating_weights_and_bands() -> None:
    assert one("items: [a, b, c], method: sum, missing: {minimum: 2, prorate: true}", {"a": 2, "b": 1})[-3:] == [
        "sum: 2 + 1 = 3",
        "prorated: 3 * 3 / 2 = 4.5",
        "score: 4.5",
    ]
    weighted = "items: [a, n], method: linear, constant: 50, coefficients: {a: 10, n: -0.5}"
    assert one(weighted + ", bands: [{code: low, minimum: 0}]", {"a": 2, "n": 4})[-2:] == [
        "weighted: 50 + 10 * 2 + -0.5 * 4",
        "score: 68, band low",
    ]


def test_tables_and_imputation() -> None:
    pair = "items: [a, b], method: table, table: pair"
    assert one(pair, {"a": 1, "b": 2})[-3:] == ["together: 1, 2", "table 'pair' (this test): 3", "score: 3"]
    assert one(pair, {"a": 0}, "zero")[-4:] == [
        "policy zero: the first answer is 0, so a missing one counts as 0",
        "together: 0, 0",
        "table 'pair' (this test): 0",
        "score: 0",
    ]
    assert one(pair, {"a": 0})[-1] == "no score: s: 1 of 2 answered, at least 2 needed"
    assert one("items: [a, b, c], method: sum, convert: raw", {"a": 2, "b": 2, "c": 2})[-3:] == [
        "sum: 2 + 2 + 2 = 6",
        "table 'raw' (this test): no row",
        "no score: s: the table 'raw' has no row for this",
    ]
    assert one("items: [a, b], method: sum, convert: raw", {"a": 2, "b": 1})[-2:] == [
        "table 'raw' (this test): 55",
        "score: 55",
    ]
    assert one("items: [a], method: table, table: bought", {"a": 1})[-1] == (
        "no score: s: the table 'bought' has not been imported"
    )
    assert one("items: [a], method: mean, round: {ties: even}", {"a": 1})[-2] == (
        "rounded to 0 decimals, ties to even: 1"
    )


def test_a_scale_of_scales_tells_its_parts_first() -> None:
    lines = explain(MADE, {"a": 2, "b": 1, "c": 2}, "both")
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert [heading.split(":")[0] for heading in headings] == ["x", "y", "both"]
    told = lines[lines.index(headings[-1]) + 1 :]
    assert told == (
        "  x  2, reversed: 2 - 2 = 0",
        "  y  0.5",
        "  scores 2 of 2, at least 2 needed",
        "  mean: (0 + 0.5) / 2 = 0.25",
        "  score: 0.25",
    )
    without = explain(MADE, {"b": 1, "c": 2}, "both")
    assert without[-4:] == (
        "  x  no score",
        "  y  0.5",
        "  scores 1 of 2, at least 2 needed",
        "  no score: both: no score for x",
    )
    assert "  answered 2 of 3 items, at least 3 needed" in explain(MADE, {"a": 2, "b": 1}, "full")


def test_unknown_scale() -> None:
    with pytest.raises(NotFound, match="no scale 'SUMMERY'; did you mean 'SUMMARY'"):
        explain(instrument("qlq-c30"), {}, "SUMMERY")


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (2 / 3, "0.666667"), (-0.5, "-0.5"), (100, "100"), (-0.0000001, "0")]
)
def test_numbers_for_people(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("imputation", ["none", "zero"])
@given(st.data())
@examples(25)
def test_every_explanation_ends_in_the_score(imputation: str, data: st.DataObject) -> None:
    (row, *_) = data.draw(responses(MADE))
    for scale, found in score(MADE, row, imputation).items():
        last = explain(MADE, row, scale, imputation)[-1].strip()
        if found.value is None:
            assert last == f"no score: {found.reason}"
        else:
            shown = re.fullmatch(r"score: ([-\d.]+)(, band \w+)?", last)
            assert shown is not None
            assert float(shown[1]) == pytest.approx(found.value, abs=1e-6)
