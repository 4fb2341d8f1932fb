"""The scoring interpreter on small made-up instruments: each method, missing rule, rounding and band."""

from itertools import product

import pytest

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.parse import parse_instrument
from pro_collector.domain.instrument.scale import Missing, Rounding, Table
from pro_collector.domain.scoring.rounding import rounded
from pro_collector.domain.scoring.scale_score import ScaleScore
from pro_collector.domain.scoring.score import policy_of, score, scoring_version
from pro_collector.errors import NotFound
from tests.shared.instruments import library

HEAD = """
id: made-up
version: 1.0.0
canonical: urn:test:made-up
title: Made up
recall: P7D
source: this test
licence: {holder: nobody, terms: none, text: import, contact: none}
option_sets:
  three: [{code: 0}, {code: 1}, {code: 2}]
items:
  - {id: a, kind: choice, options: three}
  - {id: b, kind: choice, options: three}
  - {id: c, kind: choice, options: three}
  - {id: n, kind: integer, minimum: 0, maximum: 10}
  - {id: d, kind: decimal, minimum: 0, maximum: 5}
  - {id: free, kind: decimal}
  - {id: w, kind: choice, options: [{code: low, weight: 1}, {code: high, weight: 4}, {code: unsure}]}
"""


def made(scales: str, more: str = "") -> Instrument:
    """An instrument with these scales (and tables, imputations)."""
    return parse_instrument(parse_yaml(f"{HEAD}{more}\nscales:\n{scales}", "made.yaml"))


def one(scale: str, answers: dict[str, Answer], more: str = "", imputation: str = "none") -> ScaleScore:
    """The score of a single scale called s."""
    return score(made(f"  - {{id: s, title: S, {scale}}}", more), answers, imputation)["s"]


@pytest.mark.parametrize(
    ("scale", "answers", "value"),
    [
        ("items: [a, b, c], method: sum", {"a": 2, "b": 1, "c": 0}, 3),
        ("items: [a, b, c], method: mean", {"a": 2, "b": 1, "c": 0}, 1),
        ("items: [a, b, c], method: sum, reverse: [a]", {"a": 2, "b": 1, "c": 0}, 1),
        ("items: [n, a], method: sum, reverse: [n]", {"n": 3, "a": 1}, 8),
        ("items: [d], method: sum, reverse: [d]", {"d": 1.5}, 3.5),
        ("items: [free], method: sum", {"free": -12.5}, -12.5),
        ("items: [a, b], method: digits", {"a": 2, "b": 1}, 21),
        ("items: [w], method: sum", {"w": "high"}, 4),
        ("items: [w], method: sum, reverse: [w]", {"w": "high"}, 1),
        ("items: [a, n], method: linear, constant: 50, coefficients: {a: 10, n: -0.5}", {"a": 2, "n": 4}, 68),
        ("items: [a, b], method: mean, rescale: {source: [0, 2], target: [100, 0]}", {"a": 2, "b": 1}, 25),
        ("items: [a, b, c], method: mean, round: {digits: 1}", {"a": 2, "b": 1, "c": 1}, 1.3),
    ],
)
def test_methods(scale: str, answers: dict[str, Answer], value: float) -> None:
    found = one(scale, answers)
    assert found.value == pytest.approx(value)
    assert (found.answered, found.of, found.reason) == (len(answers), len(answers), None)


@pytest.mark.parametrize(
    ("missing", "answers", "value"),
    [
        ("{}", {"a": 2, "b": 1}, None),
        ("{minimum: 2}", {"a": 2, "b": 1}, 3),
        ("{minimum: 2, prorate: true}", {"a": 2, "b": 1}, 4.5),
        ("{minimum: 2}", {"a": 2}, None),
        ("{fraction: 0.5, prorate: true}", {"a": 2, "b": 1}, 4.5),
        ("{fraction: 0.34}", {"a": 2}, None),
        ("{fraction: 0.33}", {"a": 2}, 2),
    ],
)
def test_missing_rules(missing: str, answers: dict[str, Answer], value: float | None) -> None:
    found = one(f"items: [a, b, c], method: sum, missing: {missing}", answers)
    assert found.value == value
    assert (found.answered, found.of) == (len(answers), 3)
    assert (found.reason is None) == (value is not None)


@pytest.mark.parametrize(
    ("rule", "of", "needed"),
    [
        (Missing(), 5, 5),
        (Missing(minimum=2), 5, 2),
        (Missing(fraction=0.5), 5, 3),
        (Missing(fraction=0.5), 4, 2),
        (Missing(fraction=0.5, strict=True), 4, 3),
        (Missing(fraction=0.5, strict=True), 7, 4),
        (Missing(fraction=0.8, strict=True), 27, 22),
        (Missing(fraction=0.8, strict=True), 5, 5),
        (Missing(fraction=0.8), 5, 4),
        (Missing(fraction=0.6), 5, 3),  # 0.6 * 5 is a hair above 3 in binary
        (Missing(fraction=1), 5, 5),
        (Missing(fraction=1, strict=True), 5, 5),
    ],
)
def test_how_many_answers_are_needed(rule: Missing, of: int, needed: int) -> None:
    assert rule.needed(of) == needed


@pytest.mark.parametrize("absent", [None, *Absent])
def test_every_way_of_not_answering_is_missing(absent: Answer) -> None:
    found = one("items: [a, d], method: mean, missing: {minimum: 1}", {"a": 2, "d": absent})
    assert (found.value, found.answered) == (2, 1)


def test_an_option_without_a_value_is_missing() -> None:
    assert one("items: [w], method: sum", {"w": "unsure"}).reason == "s: 0 of 1 answered, at least 1 needed"
    assert one("items: [w], method: sum, reverse: [w]", {"w": "unsure"}).value is None


@pytest.mark.parametrize(
    "answers", [{"a": 3}, {"a": "0"}, {"d": 5.1}, {"d": "1"}, {"d": True}, {"n": -1}, {"w": "Low"}, {"n": 2.5}]
)
def test_an_answer_that_is_not_allowed_is_never_scored(answers: dict[str, Answer]) -> None:
    instrument = made("  - {id: s, title: S, items: [a, d, n, w], method: mean, missing: {minimum: 1}}")
    (name,) = answers
    with pytest.raises(ValueError, match=f"not an allowed answer to {name}"):
        score(instrument, answers)


def test_an_unknown_imputation_policy_is_named() -> None:
    more = "imputations: {zero: {when_first: 0, rest: 0}}"
    with pytest.raises(NotFound, match="did you mean 'zero'"):
        one("items: [a], method: sum", {"a": 1}, more, "zeros")


TABLES = """
tables:
  pair: {source: this test, grid: [0, [1, 2, 3], [4, 5, 6]]}
  raw: {source: this test, rows: {"0": 20.5, "1": 30, "2": 41.5, "3": 55, "4": 70}}
  bought: {source: "the owner", imported: true}
imputations:
  zero: {when_first: 0, rest: 0}
  one: {when_first: 2, rest: 1}
"""


def test_tables() -> None:
    assert one("items: [a, b], method: table, table: pair", {"a": 1, "b": 2}, TABLES).value == 3
    assert one("items: [a, b], method: table, table: pair", {"a": 0, "b": 2}, TABLES).value == 0
    assert one("items: [a, b], method: sum, convert: raw", {"a": 1, "b": 1}, TABLES).value == 41.5
    lacking = one("items: [a, b, c], method: sum, convert: raw", {"a": 2, "b": 2, "c": 2}, TABLES)
    assert (lacking.value, lacking.answered) == (None, 3)
    assert lacking.reason == "s: the table 'raw' has no row for this"
    unbought = one("items: [a], method: sum, convert: bought", {"a": 1}, TABLES)
    assert unbought.reason == "s: the table 'bought' has not been imported"


def test_a_grid_with_a_gap_has_no_row_there() -> None:
    gap = TABLES.replace("[1, 2, 3]", "[1, null, [3]]")
    assert made("  - {id: s, title: S, items: [a], method: sum}", gap).tables["pair"].entries(2) == {
        (0, 0): 0, (0, 1): 0, (0, 2): 0, (1, 0): 1, (2, 0): 4, (2, 1): 5, (2, 2): 6
    }  # fmt: skip


def test_a_look_up_finds_each_row_and_nothing_else() -> None:
    instruments = [library().get(name) for name in library().ids()]
    tables = [(each, scale) for each in instruments for scale in each.scales if scale.method == "table"]
    assert tables
    for instrument, scale in tables:
        table = instrument.tables[scale.table or ""]
        rows = {tuple(map(float, key)): value for key, value in table.entries(len(scale.items)).items()}
        asked = [*rows, *product(range(-1, 6), repeat=len(scale.items)), (0.5,) * len(scale.items)]
        assert [table.value(key) for key in asked] == [rows.get(key) for key in asked]


@pytest.mark.parametrize(
    ("answers", "value"),
    [([2, 1, 2, 3, 2], 0.5), ([21, 23, 2], None), ([-1, 2], None), ([7], 30), ([7.0], 30), ([7.5], None), ([8], None)],
)
def test_rows_are_looked_up_by_a_profile_or_by_a_number(answers: list[float], value: float | None) -> None:
    table = Table(source="this test", rows={"21232": 0.5, "-1": 9, "07": 30})
    assert table.value(answers) == value


def test_a_table_needs_every_answer_whatever_the_rule_says() -> None:
    found = one("items: [a, b], method: table, table: pair, missing: {minimum: 1}", {"a": 1}, TABLES)
    assert found.reason == "s: 1 of 2 answered, at least 2 needed"


@pytest.mark.parametrize(
    ("imputation", "answers", "value"),
    [
        ("none", {"a": 0}, None),
        ("zero", {"a": 0}, 0),
        ("zero", {"a": 2}, None),
        ("one", {"a": 2}, 5),
        ("one", {"b": 2}, None),
        ("zero", {"a": 1, "b": 1}, 2),
    ],
)
def test_imputation(imputation: str, answers: dict[str, Answer], value: float | None) -> None:
    found = one("items: [a, b], method: table, table: pair", answers, TABLES, imputation)
    assert (found.value, found.answered) == (value, len(answers))


def test_imputation_leaves_other_methods_alone() -> None:
    assert one("items: [a, b], method: sum", {"a": 0}, TABLES, "zero").value is None


COMPOSITE = """
  - {id: x, title: X, items: [a], method: mean, range: [0, 2]}
  - {id: y, title: Y, items: [b, c], method: mean, range: [0, 2], reverse: [c], missing: {minimum: 1}}
  - {id: both, title: Both, scales: [x, y], reverse: [x], method: mean}
  - {id: either, title: Either, scales: [x, y], method: sum, missing: {minimum: 1, prorate: true}}
  - {id: full, title: Full, scales: [x, y], method: sum, items_missing: {fraction: 0.7, strict: true}}
  - {id: top, title: Top, scales: [both, either], method: linear, constant: 1, coefficients: {both: 2, either: 0.5}}
"""


def test_scales_of_scales() -> None:
    found = score(made(COMPOSITE), {"a": 2, "b": 1, "c": 2})
    assert found["y"].value == 0.5  # (1 + [2 - 2]) / 2
    assert found["both"].value == 0.25  # ([2 - 2] + 0.5) / 2
    assert found["either"].value == 2.5
    assert found["top"].value == 1 + 0.5 + 1.25
    assert (found["top"].answered, found["top"].of) == (3, 3)


def test_scales_of_scales_with_parts_missing() -> None:
    found = score(made(COMPOSITE), {"b": 1, "c": 2})
    assert found["both"].reason == "both: no score for x"
    assert found["either"].value == 1.0  # 0.5 * 2 / 1
    assert (found["either"].answered, found["either"].of) == (2, 3)
    assert score(made(COMPOSITE), {"a": 2, "b": 1})["full"].reason == "full: 2 of 3 answered, at least 3 needed"


def test_bands_start_at_their_minimum() -> None:
    scale = "items: [n], method: sum, bands: [{code: mild, minimum: 3}, {code: severe, minimum: 7}]"
    bands = [one(scale, {"n": n}).band for n in (0, 2, 3, 6, 7, 10)]
    assert bands == [None, None, "mild", "mild", "severe", "severe"]
    assert one(scale, {}).band is None


@pytest.mark.parametrize(
    ("value", "rule", "expected"),
    [
        (2.5, Rounding(), 3),
        (-2.5, Rounding(), -3),
        (2.5, Rounding(ties="even"), 2),
        (3.5, Rounding(ties="even"), 4),
        (2.4999, Rounding(), 2),
        (2.675, Rounding(digits=2), 2.68),  # binary 2.675 lies below the decimal number
        (2.675, Rounding(digits=2, ties="even"), 2.68),
        (2.665, Rounding(digits=2, ties="even"), 2.66),
        (-0.2, Rounding(), 0),
        (66.66666666, Rounding(digits=1), 66.7),
    ],
)
def test_rounding(value: float, rule: Rounding, expected: float) -> None:
    assert rounded(value, rule) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("answers", "value", "answered"),
    [
        ({"a": 0, "b": 2, "n": 10}, 0, 3),  # a is 0: a alone counts
        ({"a": 1, "b": 2, "n": 3}, 2, 3),
        ({"b": 2, "n": 3}, 20, 2),  # a has no answer: b alone, in its own range
        ({"a": 1}, None, 1),
    ],
)
def test_the_first_case_that_applies_narrows_a_mean(
    answers: dict[str, Answer], value: float | None, answered: int
) -> None:
    rule = (
        "items: [a, b, n], method: mean, missing: {fraction: 0.5}, cases: ["
        "{when: [{item: a, operator: '=', answer: 0}], items: [a]}, "
        "{when: [{item: a, operator: exists, answer: false}], items: [b], rescale: {source: [0, 1], target: [0, 10]}}]"
    )
    found = one(rule, answers)
    assert (found.value, found.answered, found.of) == (value, answered, 3)


def test_the_policy_for_skipped_items_is_part_of_the_version_of_a_score() -> None:
    instrument = made("  - {id: s, title: S, items: [a], method: sum}")
    assert scoring_version(instrument) == instrument.hash
    assert scoring_version(instrument, "zero") == f"{instrument.hash}+zero"
    assert [policy_of(scoring_version(instrument, each)) for each in ("none", "zero")] == ["none", "zero"]
