"""A made-up instrument that scores in every way there is, and strategies for answers to any instrument."""

from hypothesis import strategies as st

from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
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
