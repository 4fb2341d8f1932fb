"""Conditions evaluated a second time, apart from the product: on plain data, with numbers for yes, no and unknown.

`Row` is (occasion, instrument, item or scale, its name, value, given at, known at), `End` is (occasion, assessment,
answered, at), `Event` is (kind, day). Yes is 1, no is 0, unknown a half; "all" is the least, "any" the greatest.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from scheduler.duration import Duration

YES, NO, UNKNOWN = 1.0, 0.0, 0.5
Row = tuple[str, str, str, str, float | str, datetime, datetime]
End = tuple[str, str, bool, datetime]
Event = tuple[str, datetime]


def holds(
    when: Mapping[str, Any], rows: Sequence[Row], ends: Sequence[End], events: Sequence[Event], at: datetime
) -> float:
    """Yes, no or unknown, for a condition as YAML has it; all days are in UTC."""
    rest = (rows, ends, events, at)
    if "all_of" in when:
        return min(holds(part, *rest) for part in when["all_of"])
    if "any_of" in when:
        return max(holds(part, *rest) for part in when["any_of"])
    if "not" in when:
        return 1 - holds(when["not"], *rest)
    if "answered" in when:
        return float(any(row[1] == when["answered"] and _young(row, when, at) for row in _corrected(rows, at)))
    if "missed" in when:
        return _missed(when, [end for end in ends if end[1] == when["missed"] and end[3] <= at])
    if "silent_for" in when:
        return _silent(when, _corrected(rows, at), [end for end in ends if end[3] <= at], at)
    if "event" in when:
        days = [
            (at.date() - day.date()).days for kind, day in events if kind == when["event"] and day.date() <= at.date()
        ]
        return float(bool(days) and _days(when, "not_before", 0) <= min(days) <= _days(when, "within", 10**6))
    return _of_value(when, _corrected(rows, at), events, at)


def _of_value(when: Mapping[str, Any], rows: Sequence[Row], events: Sequence[Event], at: datetime) -> float:
    kind = "item" if "item" in when else "scale"
    series = [row for row in rows if row[1:4] == (when["instrument"], kind, when[kind])]
    need = when.get("in_a_row", when.get("times", 1))
    among = when.get("in_a_row", when.get("of_last", 1))
    last = [(i, row) for i, row in enumerate(series) if _young(row, when, at)][-among:]
    found = [_passes(when, series, i, events) for i, _ in last]
    sure, possible = found.count(YES), among - found.count(NO)
    return YES if sure >= need else NO if possible < need else UNKNOWN


def _passes(when: Mapping[str, Any], series: Sequence[Row], i: int, events: Sequence[Event]) -> float:
    value = series[i][4]
    marks = [YES if any(repr(value) == repr(code) for code in when["codes"]) else NO] if "codes" in when else []
    for key, sign in (("at_least", 1), ("at_most", -1)):
        if key in when:
            marks.append(UNKNOWN if isinstance(value, str) else float(sign * (value - when[key]) >= 0))
    if "since" in when:
        before: Row | None = series[0 if when["since"] == "baseline" else i - 1] if i else None
        if isinstance(when["since"], dict):
            days = [day.date() for kind, day in events if kind == when["since"]["until"]]
            early = [row for row in series[:i] if days and row[5].date() <= min(days)]
            before = early[-1] if early else None
        marks.append(_change(when, value, before[4] if before else "nothing"))
    return min(marks)


def _change(when: Mapping[str, Any], value: float | str, before: float | str) -> float:
    if isinstance(value, str) or isinstance(before, str):
        return UNKNOWN
    return float(value - before >= when["rises_by"] if "rises_by" in when else before - value >= when["falls_by"])


def _missed(when: Mapping[str, Any], ends: Sequence[End]) -> float:
    need = when.get("in_a_row", 1)
    last = sorted(ends, key=lambda end: (end[3], end[0]))[-need:]
    if any(answered for _, _, answered, _ in last):
        return NO
    return YES if len(last) == need else UNKNOWN


def _silent(when: Mapping[str, Any], rows: Sequence[Row], ends: Sequence[End], at: datetime) -> float:
    spoken = sorted([row[5] for row in rows] + [end[3] for end in ends if end[2]])
    missed = sorted(end[3] for end in ends if not end[2] and not any(moment >= end[3] for moment in spoken))
    if not missed:
        return NO if spoken else UNKNOWN
    length = Duration.parse(when["silent_for"])
    return float(at - (spoken[-1] if spoken else missed[0]) >= timedelta(days=length.days, seconds=length.seconds))


def _corrected(rows: Sequence[Row], at: datetime) -> list[Row]:
    """The rows known at an instant; of one thing said twice in an occasion, what was known last."""
    known = [row for row in rows if row[6] <= at]
    current = [row for row in known if not any(row[:4] == other[:4] and other[6] > row[6] for other in known)]
    return sorted(current, key=lambda row: (row[5], row[0], row[1], row[3]))


def _young(row: Row, when: Mapping[str, Any], at: datetime) -> bool:
    if "within" not in when:
        return True
    length = Duration.parse(when["within"])
    return row[5] + timedelta(days=length.days, seconds=length.seconds) >= at


def _days(when: Mapping[str, Any], key: str, default: int) -> int:
    return Duration.parse(when[key]).days if key in when else default
