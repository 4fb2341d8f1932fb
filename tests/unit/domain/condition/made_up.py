"""Hypothesis strategies: conditions as YAML has them, and histories of a few answers, check-ins and events."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from pro_collector.domain.condition.history import CheckInEnded, Happened, History, Valued
from tests.unit.domain.condition.independent import End, Event, Row

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAYS = 12
INSTANTS = st.integers(0, DAYS * 4).map(lambda quarter: START + timedelta(hours=6 * quarter))
VALUES: st.SearchStrategy[int | str] = st.sampled_from([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, "home"])
INSTRUMENTS = st.sampled_from(["diary", "diary", "diary", "other"])
WHAT = st.sampled_from([("item", "pain"), ("item", "pain"), ("item", "pain"), ("scale", "total")])


@st.composite
def _of_value(draw: st.DrawFn) -> dict[str, Any]:
    kind, name = draw(WHAT)
    levels = draw(
        st.sampled_from([("at_least",), ("at_most",), ("rises_by",), ("falls_by",), ("at_least", "rises_by")])
    )
    when: dict[str, Any] = {"instrument": draw(INSTRUMENTS), kind: name}
    when |= {level: draw(st.integers(1, 3)) for level in levels}
    if "rises_by" in when or "falls_by" in when:
        when["since"] = draw(st.sampled_from(["last", "baseline", {"until": "start"}]))
    if kind == "item" and draw(st.booleans()):
        when["codes"] = draw(st.lists(VALUES, min_size=1, max_size=3))
    counts: list[dict[str, Any]] = [{}, {"in_a_row": 2}, {"in_a_row": 3}, {"times": 1, "of_last": 2}]
    counts.append({"times": 2, "of_last": 3})
    return {**when, **draw(st.sampled_from(counts)), **draw(_within(("36h", "3d", "1w")))}


def _within(lengths: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from([{}, *({"within": length} for length in lengths)])


LEAVES = st.one_of(
    _of_value(),
    st.builds(
        lambda name, more: {"answered": name, **more}, st.sampled_from(["diary", "other"]), _within(("1d", "5d"))
    ),
    st.builds(lambda n: {"missed": "weekly", "in_a_row": n}, st.integers(1, 3)),
    st.builds(lambda length: {"silent_for": length}, st.sampled_from(["12h", "2d", "5d"])),
    st.builds(
        lambda kind, early, more: {"event": kind, **early, **more},
        st.sampled_from(["start", "cycle"]),
        st.sampled_from([{}, {"not_before": "1d"}]),
        _within(("1d", "4d")),
    ),
)
CONDITIONS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda key, parts: {key: parts},
            st.sampled_from(["all_of", "any_of"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=5,
)


@st.composite
def _row(draw: st.DrawFn) -> Row:
    at, late = draw(INSTANTS), draw(st.integers(0, 8))
    occasion = f"{at:%d%H}"
    kind, name = draw(WHAT)
    value = draw(st.integers(0, 4) if kind == "scale" else VALUES)
    return occasion, draw(INSTRUMENTS), kind, name, value, at, at + timedelta(hours=3 * late)


ROWS: st.SearchStrategy[list[Row]] = st.sampled_from([0, 3, 8, 8]).flatmap(
    lambda least: st.lists(_row(), min_size=least, max_size=16, unique_by=lambda row: (*row[:4], row[6]))
)
ENDS: st.SearchStrategy[list[End]] = st.lists(
    st.builds(lambda at, answered: (f"e{at:%d%H}", "weekly", answered, at), INSTANTS, st.booleans()),
    max_size=5,
    unique_by=lambda end: end[3],
)
EVENTS: st.SearchStrategy[list[Event]] = st.lists(st.tuples(st.sampled_from(["start", "cycle"]), INSTANTS), max_size=4)


def history(rows: list[Row], ends: list[End], events: list[Event]) -> History:
    """The same as the product has it; treatment is known from the start."""
    return History(
        tuple(Valued(*row) for row in rows),  # type: ignore[arg-type]
        tuple(CheckInEnded(*end) for end in ends),
        tuple(Happened(kind, day.date(), START) for kind, day in events),
    )
