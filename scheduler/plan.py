"""plan(rules, person, timeline, now) -> occasions: each time point of each series, or why it is not asked."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from operator import attrgetter

from scheduler.anchors import Anchor, Timeline
from scheduler.budget import within_budget
from scheduler.event_choice import anchors
from scheduler.expectation import with_expected
from scheduler.occasion import Occasion, Plan
from scheduler.person import ENDING, Person
from scheduler.replan import Diff, Moved, replan
from scheduler.reporter_series import ReporterSeries
from scheduler.rulebook import Entry, Rules, with_enrolment
from scheduler.rules import Reporter
from scheduler.second_chance import second_chances
from scheduler.situation import End, Situation
from scheduler.time_points import Point, time_points

_A_DAY = timedelta(days=1)
_order = attrgetter("due_at", "priority", "assessment", "reporter", "id")

__all__ = ["Diff", "Moved", "Occasion", "Plan", "plan", "replan"]


def plan(
    rules: Rules,
    person: Person,
    timeline: Timeline,
    now: datetime,
    horizon: datetime,
    known: Iterable[Occasion] = (),
) -> Plan:
    """Every occasion of one participant due before `horizon`: planned, or missed or cancelled with the reason.

    `now` and `horizon` are aware instants. `known` are the stored occasions, in any state. An occasion that has begun
    stays unchanged, and a decision that was stored is not made again. An occasion due before `now` that is not stored
    is late. If `now` is before the enrolment, the plan is what the protocol expects.
    """
    timeline = with_expected(with_enrolment(timeline, person), rules.expected)
    stored = list(known)
    situation = Situation(rules, person, now, stored, _end(rules, person, timeline))
    occasions: list[Occasion] = []
    for entry in rules.entries:
        if entry.meets(person):
            last_day = _last_day(rules, entry, situation, horizon)
            for anchor in anchors(entry.schedule.anchor, timeline):
                if entry.covers(anchor):
                    occasions += _occasions(entry, anchor, timeline, last_day, situation)
    occasions = within_budget(rules, occasions, stored)
    planned = sorted((occasion for occasion in occasions if occasion.due_at < horizon), key=_order)
    return Plan(tuple(planned), now, horizon, situation.ended_at, situation.end.by if situation.end else None)


def _end(rules: Rules, person: Person, timeline: Timeline) -> End | None:
    """The end of participation: the first day on which nothing is asked any more. None if there is no end."""
    ends = [End(span.starts_on, span.kind) for span in person.states if span.kind in ENDING]
    ends += [End(anchor.on, anchor.kind) for anchor in timeline.anchors if anchor.kind in rules.ending]
    return min(ends, default=None)


def _occasions(
    entry: Entry, anchor: Anchor, timeline: Timeline, last_day: date, situation: Situation
) -> list[Occasion]:
    """Every occasion of one assessment after one anchor, before `last_day`."""
    occasions: list[Occasion] = []
    points = time_points(entry.schedule, anchor, timeline, last_day, situation.off)
    for reporter, own_points in _by_reporter(entry, points, situation.person).items():
        series = ReporterSeries(situation, entry, anchor, reporter)
        own = [series.occasion(point) for point in own_points]
        second_chances(series, own)
        occasions += map(series.unless_waiting, own)
    return occasions


def _by_reporter(entry: Entry, points: list[Point], person: Person) -> dict[Reporter, list[Point]]:
    """The time points that each reporter answers, by the age on that day; without a birth date, all of them "self"."""
    if not entry.by_age or person.birth_date is None:
        return {"self": points}
    answered: dict[Reporter, list[Point]] = {}
    for point in points:
        for reporter in entry.schedule.reporters_at(person.age_on(point.on) or 0):
            answered.setdefault(reporter, []).append(point)
    return answered


def _last_day(rules: Rules, entry: Entry, situation: Situation, horizon: datetime) -> date:
    """The last day of a series to plan, chosen so that no occasion before the horizon depends on the horizon.

    A budget looks a week ahead for each priority. A second chance looks for the next occasion of its series.
    """
    last_day = (max(horizon, situation.earliest) + _A_DAY).date()
    if entry.schedule.after_pause == "catch_up":
        last_day = max([last_day, *(ends_on for _, ends_on in situation.absences)])
    budget_days = 7 * len({entry.schedule.priority for entry in rules.entries}) if rules.burden else 0
    days = max(budget_days, entry.schedule.window.closes_late.approximate_days())
    return last_day + timedelta(days=days + 2)
