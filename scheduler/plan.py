"""plan(rules, person, timeline, now) -> occasions: each time point of each series, or why it is not asked."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from operator import attrgetter

from scheduler.after_end import departure
from scheduler.anchors import TRIGGER, Anchor, Timeline
from scheduler.budget import at_most, within_budget
from scheduler.caregiver import as_caregiver, ends_for_caregiver
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
from scheduler.trigger import ended_by_the_next

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
    gone = departure(person, timeline, {**dict.fromkeys(rules.ending), **rules.endings})
    of_patient = Situation(rules, person, now, stored, _end(rules.ending, person, timeline), gone)
    caring = as_caregiver(person, gone)
    end = _end(ends_for_caregiver(person, rules.ending, rules.endings, gone), caring, timeline)
    cared_for = any(entry.schedule.asks_caregiver for entry in rules.entries)
    of_caregiver = Situation(rules, caring, now, stored, end, gone) if cared_for else of_patient
    occasions: list[Occasion] = []
    for entry in rules.entries:
        if entry.meets(person):
            situation = of_caregiver if entry.schedule.asks_caregiver else of_patient
            last_day = _last_day(rules, entry, situation, horizon)
            own: list[Occasion] = []
            for anchor in _anchors(entry, timeline, situation):
                if entry.covers(anchor):
                    own += _occasions(entry, anchor, timeline, last_day, situation)
            occasions += at_most(entry.schedule.most_a_week, own, stored)
    occasions = within_budget(rules, occasions, stored)
    planned = sorted((occasion for occasion in occasions if occasion.due_at < horizon), key=_order)
    died_at = of_patient.midnight(gone.died_on) if gone.died_on else None
    caregiver_end = (of_patient.midnight(end.on), end.by) if end else (None, None)
    not_agreed = of_patient.not_agreed()
    return Plan(
        tuple(planned), now, horizon, of_patient.ended_at, of_patient.ended_by, died_at, not_agreed, *caregiver_end
    )


def _end(ending: Collection[str], person: Person, timeline: Timeline) -> End | None:
    """The end of participation: the first day on which nothing is asked any more. None if there is no end.

    `ending`: the event kinds that end it.
    """
    ends = [End(span.starts_on, span.kind) for span in person.states if span.kind in ENDING]
    ends += [End(anchor.on, anchor.kind) for anchor in timeline.anchors if anchor.kind in ending]
    return min(ends, default=None)


def _anchors(entry: Entry, timeline: Timeline, situation: Situation) -> tuple[Anchor, ...]:
    """What an assessment counts from: events, the check-ins that triggered it, or the end of participation."""
    if entry.schedule.after is not None:
        return situation.departure.anchors(entry.schedule.after)
    if entry.schedule.anchor != TRIGGER:
        return anchors(entry.schedule.anchor, timeline)
    triggered = timeline.triggered.get(entry.assessment, ())
    return ended_by_the_next(triggered, situation.zone) if entry.schedule.counts_last else triggered


def _occasions(
    entry: Entry, anchor: Anchor, timeline: Timeline, last_day: date, situation: Situation
) -> list[Occasion]:
    """Every occasion of one assessment after one anchor, before `last_day`."""
    occasions: list[Occasion] = []
    points = time_points(entry.schedule, anchor, timeline, last_day, situation.off, situation.zone)
    arms, person = entry.schedule.only.arms, situation.person
    if arms and len(person.arms) > 1:
        points = [point for point in points if person.arm_on(point.on) in arms]
    for reporter, own_points in _with_proxy(_by_reporter(entry, points, person, anchor), entry, anchor, situation):
        series = ReporterSeries(situation, entry, anchor, reporter)
        own = [series.occasion(point) for point in own_points if series.includes(point)]
        if entry.schedule.hours_after:
            own.sort(key=attrgetter("wanted_local"))  # a preferred hour may change the order within a day
        second_chances(series, own)
        occasions += map(series.unless_waiting, own)
    return occasions


def _by_reporter(entry: Entry, points: list[Point], person: Person, anchor: Anchor) -> dict[Reporter, list[Point]]:
    """The time points that each reporter answers, by the age on that day; without a birth date, one answers them all.

    Where the age does not matter, answers trigger questions to whoever gave them.
    """
    if entry.schedule.after is not None:
        return {entry.schedule.after.asks: points}
    if not entry.by_age or person.birth_date is None:
        return {entry.schedule.asks or anchor.reporter or "self": points}
    answered: dict[Reporter, list[Point]] = {}
    for point in points:
        for reporter in entry.schedule.reporters_at(person.age_on(point.on) or 0):
            answered.setdefault(reporter, []).append(point)
    return answered


def _with_proxy(
    answered: dict[Reporter, list[Point]], entry: Entry, anchor: Anchor, situation: Situation
) -> Iterable[tuple[Reporter, list[Point]]]:
    """The time points of each reporter, where a proxy answers for the person on some days.

    What one of them has been asked stays theirs: nothing is asked of both.
    """
    own, person = answered.get("self"), situation.person
    of_proxy = {} if "proxy" in answered else situation.stored(entry.assessment, anchor, "proxy")
    if own is None or not (of_proxy or any(span.kind == "answered_by_proxy" for span in person.states)):
        return answered.items()
    of_self = situation.stored(entry.assessment, anchor, "self")
    asked, by_proxy = _begun(of_self), _begun(of_proxy)
    given = [
        point
        for point in own
        if point.name in by_proxy or (point.name not in asked and person.is_answered_by_proxy(point.on))
    ]
    kept = [point for point in own if point not in given]
    theirs = {point.name: point for point in (*given, *answered.get("proxy", ()))}
    return (("self", kept), ("proxy", sorted(theirs.values(), key=lambda point: point.n)))


def _begun(stored: Mapping[str, Occasion]) -> set[str]:
    return {name for name, occasion in stored.items() if occasion.begun}


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
