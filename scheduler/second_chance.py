"""Asking after all: the latest occasion of a series that came too late, or fell into a pause; never more than one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduler.calendar import later, resolve, wall_time
from scheduler.occasion import Occasion
from scheduler.person import Span
from scheduler.placing import Placing, Slot

_APART = timedelta(days=1)


def second_chances(slots: Sequence[Slot], series: list[Occasion], placing: Placing) -> None:
    """Replace, in `series` (one anchor, one reporter, in order), what can still be asked: one late, one a pause."""
    if slots[0].entry.schedule.after_pause == "catch_up":
        for span in placing.pauses:
            _after_pause(span, slots, series, placing)
    _late(slots, series, placing)


def _late(slots: Sequence[Slot], series: list[Occasion], placing: Placing) -> None:
    past = [k for k, each in enumerate(series) if resolve(each.wanted_local, placing.zone) < placing.floor]
    if not past or series[past[-1]].reason not in ("late_anchor", "before_enrolment"):
        return
    k = past[-1]
    entry = slots[k].entry
    longer = series[k].reason == "late_anchor" and (entry.schedule.late_anchor == "open" or entry.backlog)
    _ask(k, placing.floor, "late_anchor", longer, slots, series, placing)


def _after_pause(span: Span, slots: Sequence[Slot], series: list[Occasion], placing: Placing) -> None:
    if span.ends_on is None:
        return
    inside = [k for k, each in enumerate(series) if each.reason == span.kind and span.covers(each.wanted_local.date())]
    if inside:
        resumed = resolve(datetime.combine(span.ends_on, placing.hour(slots[0].entry.schedule)), placing.zone)
        _ask(inside[-1], max(resumed, placing.floor), "resume", True, slots, series, placing)


def _ask(
    k: int, floor: datetime, by: str, longer: bool, slots: Sequence[Slot], series: list[Occasion], placing: Placing
) -> None:
    occasion, schedule = series[k], slots[k].entry.schedule
    allowed = placing.allowed(floor)
    if allowed is None or placing.suppressed(schedule, wall_time(allowed[0], placing.zone).date()):
        return
    due = allowed[0]
    following = series[k + 1].due_at if k + 1 < len(series) else None
    closes = occasion.closes_at
    if due >= closes and longer:
        closes = later(wall_time(due, placing.zone), schedule.window.closes, placing.zone)
        closes = closes if following is None else min(closes, following)
    too_near = (longer or by == "resume") and following is not None and following - due < _APART
    if due < closes and not too_near:
        series[k] = placing.moved(occasion, slots[k], due, by, closes)
