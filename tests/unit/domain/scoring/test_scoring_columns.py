"""Scoring columns gives what scoring row by row gives, and refuses what cannot be scored."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.scoring.columns import score_columns
from pro_collector.domain.scoring.score import score
from pro_collector.errors import BadInput, NotFound
from tests.shared.instruments import shipped as instrument
from tests.shared.properties import examples
from tests.unit.domain.scoring.test_scoring import COMPOSITE, TABLES, made

MADE = made(
    COMPOSITE
    + """
  - {id: turned, title: T, items: [d, n], reverse: [d, n], method: mean, round: {digits: 1}, missing: {minimum: 1}}
  - {id: even, title: E, items: [d], method: sum, round: {ties: even}}
  - {id: weights, title: W, items: [w, free], method: linear, coefficients: {w: -2.5, free: 0.25}}
  - {id: pair, title: P, items: [a, b], method: table, table: pair}
  - {id: raw, title: R, items: [a, b, c], method: sum, convert: raw, bands: [{code: some, minimum: 40}]}
  - {id: bought, title: B, items: [a], method: sum, convert: bought}
  - {id: profile, title: D, items: [a, b, c], method: digits}
  - {id: share, title: S, items: [a, n], method: sum, missing: {fraction: 0.5, prorate: true}}
""",
    TABLES,
)
SHIPPED = ("qlq-c30", "fact-br", "rand-36", "pro-ctcae", "phq-4", "who-5", "eq-5d-5l", "symptom-diary", "mdasi")


def answers_of(item: Item) -> st.SearchStrategy[Answer]:
    """Any allowed answer, or none."""
    absent = st.sampled_from([None, *Absent])
    if item.options:
        return st.one_of(absent, st.sampled_from([option.code for option in item.options]))
    low, high = item.span or (-100.0, 100.0)
    if item.kind == "integer":
        return st.one_of(absent, st.integers(int(low), int(high)))
    return st.one_of(absent, st.integers(int(low) * 4, int(high) * 4).map(lambda quarter: quarter / 4))


def responses(chosen: Instrument) -> st.SearchStrategy[list[dict[str, Answer]]]:
    """A few responses; many items are left out, so that missing rules are met."""
    whole = st.fixed_dictionaries({item.id: answers_of(item) for item in chosen.items})
    return st.lists(whole, min_size=1, max_size=4)


def assert_same(chosen: Instrument, rows: list[dict[str, Answer]], imputation: str = "none") -> None:
    """Row by row and column by column agree on values, counts and bands."""
    columns = {item.id: np.array([_number(row[item.id]) for row in rows], dtype=object) for item in chosen.items}
    found = score_columns(chosen, columns, imputation)
    for place, row in enumerate(rows):
        for name, expected in score(chosen, row, imputation).items():
            column, scale = found[name], chosen.scale(name)
            assert scale is not None
            if expected.value is None:
                assert math.isnan(column.value[place]), name
            else:
                assert column.value[place] == pytest.approx(expected.value, abs=1e-9), name
            bands = [None, *(band.code for band in scale.bands)]
            assert (column.answered[place], column.of) == (expected.answered, expected.of), name
            assert bands[column.band[place] + 1] == expected.band, name


def _number(answer: Answer) -> Answer:
    return None if isinstance(answer, Absent) else answer


@pytest.mark.parametrize("imputation", ["none", "zero", "one"])
@given(st.data())
@examples(30)
def test_same_as_row_by_row_for_every_method(imputation: str, data: st.DataObject) -> None:
    assert_same(MADE, data.draw(responses(MADE)), imputation)


@pytest.mark.parametrize("name", SHIPPED)
@given(st.data())
@examples(5)
def test_same_as_row_by_row_for_shipped_instruments(name: str, data: st.DataObject) -> None:
    assert_same(instrument(name), data.draw(responses(instrument(name))))


@given(st.data())
@examples(5)
def test_same_as_row_by_row_with_zero_imputation(data: st.DataObject) -> None:
    assert_same(instrument("pro-ctcae"), data.draw(responses(instrument("pro-ctcae"))), "zero")


def test_columns_may_be_lists_with_none_or_arrays_with_nan() -> None:
    phq = instrument("phq-2")
    found = score_columns(phq, {"q1": [3, 0, None], "q2": np.array([3, np.nan, 1])})["total"]
    assert found.value.tolist() == pytest.approx([6, math.nan, math.nan], nan_ok=True)
    assert found.answered.tolist() == [2, 1, 1]
    assert found.band.tolist() == [1, -1, -1]


def test_an_item_without_a_column_is_missing() -> None:
    found = score_columns(instrument("qlq-c30"), {"q1": [1, 4], "q2": [1, 4], "q3": [1, 4]})
    assert found["PF"].value.tolist() == [100, 0]
    assert found["RF"].answered.tolist() == [0, 0]
    assert len(score_columns(instrument("phq-2"), {})["total"].value) == 0


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"q1": [0, 1, 7, 9]}, "row 3, item q1: 7 is not allowed; q1 takes one of 0, 1, 2, 3"),
        ({"q1": [0, 1.5]}, "row 2, item q1: 1.5 is not allowed"),
        ({"q1": [-1]}, "row 1, item q1: -1 is not allowed"),
        ({"q1": ["x"]}, "q1: expected numbers"),
        ({"q01": [0]}, "no item 'q01'; did you mean 'q1'?"),
        ({"q1": [0], "q2": [0, 1]}, "columns of one length"),
        ({"q1": [[0], [1]]}, "columns of one length"),
    ],
)
def test_what_cannot_be_scored_is_named(columns: dict[str, list[object]], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        score_columns(instrument("phq-2"), columns)
    assert message in str(caught.value)


def test_answers_outside_a_number_scale_or_a_list_of_words_are_named() -> None:
    with pytest.raises(BadInput, match=r"row 2, item d: 5\.5 is not allowed"):
        score_columns(MADE, {"d": [1.5, 5.5]})
    with pytest.raises(BadInput, match="item w: Low is not allowed; w takes one of low, high, unsure"):
        score_columns(MADE, {"w": np.array(["low", "Low"], dtype=object)})


def test_an_unknown_policy_is_named() -> None:
    with pytest.raises(NotFound, match="known: none"):
        score_columns(instrument("phq-2"), {"q1": [1]}, "zero")
