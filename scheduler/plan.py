"""plan(rules, person, timeline, now) -> occasions: each time point of each series, or the reason why it cannot be."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from operator import attrgetter

from scheduler.anchors import Anchor, Timeline
from scheduler.budget import within_budget
from scheduler.occasion import Occasion, Plan
from scheduler.person import ENDING, Person
from scheduler.placing import Placing, Track
from scheduler.replan import Diff, Moved, replan
from scheduler.rulebook import Entry, Point, Rules, Series, with_enrolment
from scheduler.rules import OLDEST, Reporter
from scheduler.second_chance import second_chances

_A_DAY = timedelta(days=1)
_order = attrgetter("due_at", "priority", "assessment", "reporter", "id")

__all__ = ["Diff", "Moved", "Occasion", "Plan", "ends", "plan", "replan"]


def plan(
    rules: Rules,
    person: Person,
    timeline: Timeline,
    now: datetime,
    horizon: datetime,
    known: Iterable[Occasion] = (),
) -> Plan:
    """Every occasion of one participant due before `horizon`: planned, or missed or cancelled with the reason.

    `now` and `horizon` are aware instants. What would have been due before `now` is late, unless it is among the
    `known` occasions (those stored, in any state): what has begun stays as it is, and nothing is decided twice.
    With a `now` before the enrolment the answer is what the protocol expects.
    """
    timeline = with_enrolment(timeline, person)
    stored = list(known)
    placing = Placing(rules, person, now, stored, ends(rules, person, timeline))
    budget_days = 7 * len({each.schedule.priority for each in rules.entries}) if rules.burden else 0
    far = (max(horizon, placing.floor) + _A_DAY).date()
    occasions: list[Occasion] = []
    for entry in rules.entries:
        if entry.meets(person):
            last_day = _last_day(entry, placing, far, budget_days)
            for anchor in timeline.kind(entry.schedule.anchor):
                if entry.covers(anchor):
                    occasions += _series(entry, anchor, timeline, last_day, placing)
    occasions = within_budget(rules, occasions, stored)
    found = sorted((occasion for occasion in occasions if occasion.due_at < horizon), key=_order)
    return Plan(tuple(found), now, horizon, placing.ended_at, placing.ended_by)


def ends(rules: Rules, person: Person, timeline: Timeline) -> tuple[date | None, str | None]:
    """The first day on which nothing is asked any more, and what ended it (a state, or an event's kind)."""
    found: list[tuple[date, str]] = [(span.starts_on, span.kind) for span in person.states if span.kind in ENDING]
    found += [(anchor.on, anchor.kind) for anchor in timeline.anchors if anchor.kind in rules.ending]
    return min(found, default=(None, None))


def _series(entry: Entry, anchor: Anchor, timeline: Timeline, last_day: date, placing: Placing) -> list[Occasion]:
    found: list[Occasion] = []
    points = Series(entry.schedule, anchor, timeline, last_day).points()
    for reporter, theirs in _by_reporter(entry, points, placing.person).items():
        track = Track(placing, entry, anchor, reporter)
        occasions = [track.occasion(point) for point in theirs]
        second_chances(track, occasions)
        found += map(track.settled, occasions) if placing.known else occasions
    return found


def _by_reporter(entry: Entry, points: list[Point], person: Person) -> dict[Reporter, list[Point]]:
    if not points:
        return {}
    if not entry.by_age:
        return {"self": points}
    first, last = person.age_on(points[0].on), person.age_on(points[-1].on)
    if first is None or last is None:
        return {"self": points}
    answering = entry.schedule.answering
    if len(set(answering[max(first, 0) : last + 1])) == 1:  # most people cross no age band
        return dict.fromkeys(answering[max(first, 0)], points)
    found: dict[Reporter, list[Point]] = {}
    for point in points:
        age = person.age_on(point.on) or 0
        for reporter in answering[min(max(age, 0), OLDEST)]:
            found.setdefault(reporter, []).append(point)
    return found


def _last_day(entry: Entry, placing: Placing, far: date, budget_days: int) -> date:
    """How far a series is followed, so that nothing before the horizon depends on where the horizon is.

    A budget looks a week ahead for each priority; a second chance looks for the next of its series.
    """
    days = max(budget_days, entry.schedule.window.closes_late.approximate_days())
    if placing.away and entry.schedule.after_pause == "catch_up":
        far = max(far, *(ends_on for _, ends_on in placing.away))
    return far + timedelta(days=days + 2)
