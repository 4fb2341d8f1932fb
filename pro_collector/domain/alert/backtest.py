"""Rules against what was answered in the past: how many alerts, of whom, and whether they came before an event."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from typing import NamedTuple

from pro_collector.domain.alert.raising import AlertSubject, Triggered, replay
from pro_collector.domain.alert.rule import AlertRule

NORMAL_95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class PastPerson:
    """One person: the history, each occasion that was answered (with its instant), and the dates of the event.

    The event is that against which the alerts are judged, such as an unplanned admission. `until`: when they left the
    study, or the present, so that no silence is counted afterwards.
    """

    code: str
    subject: AlertSubject
    surveys: Mapping[str, datetime]
    events: tuple[date, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PastAlert:
    """An alert that a rule would have opened, and how many times it would have been repeated in the cool-down."""

    code: str
    triggered: Triggered
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval (Wilson 1927); all None if there is nothing to share."""

    of: int
    count: int

    @property
    def value(self) -> float | None:
        """The share, from 0 to 1."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % interval."""
        if not self.of:
            return None
        n, p, z = self.of, self.count / self.of, NORMAL_95
        middle, width = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        scale = 1 + z * z / n
        return max(0.0, (middle - width) / scale), min(1.0, (middle + width) / scale)


@dataclass(frozen=True, slots=True)
class RuleBacktest:
    """What one rule, or all rules together, would have raised.

    `surveys` is the share of answered check-ins that raised something, `people` that of the people who answered.
    `before_event` is the share of alerts with an event so many days later at most (the positive predictive value),
    `events_announced` that of the events with such an alert before (the sensitivity).
    """

    alerts: int
    repeats: int
    surveys: Share
    people: Share
    per_week: float
    before_event: Share
    events_announced: Share


def past_alerts(rules: Mapping[str, AlertRule], person: PastPerson) -> list[PastAlert]:
    """The alerts that the rules would have opened for a person, if each had been closed at once."""
    opened: dict[str, PastAlert] = {}
    alerts: list[PastAlert] = []
    for found in replay(rules, person.subject, person.until):
        last = opened.get(found.key)
        if last is not None and found.at < last.triggered.at + rules[found.rule].quiet_for:
            alerts[alerts.index(last)] = opened[found.key] = PastAlert(person.code, last.triggered, last.repeats + 1)
        else:
            opened[found.key] = PastAlert(person.code, found)
            alerts.append(opened[found.key])
    return alerts


def summary(
    alerts: Iterable[PastAlert], people: Sequence[PastPerson], days: int, rule: str | None = None
) -> RuleBacktest:
    """What one rule (None: all of them) would have raised; `days`: how long an alert may be before its event."""
    counted = [each for each in alerts if rule in (None, each.triggered.rule)]
    answered = [person for person in people if person.surveys]
    surveys = {(person.code, occasion) for person in people for occasion in person.surveys}
    raising = {(each.code, each.triggered.occasion) for each in counted} & surveys
    by_code = {person.code: person for person in people}
    announcing = [each for each in counted if _announces(each, by_code[each.code].events, days)]
    events = [(person.code, day) for person in people for day in person.events]
    announced = [(code, day) for code, day in events if _announced(code, day, counted, days)]
    raised_for = {each.code for each in counted}
    return RuleBacktest(
        len(counted),
        sum(each.repeats for each in counted),
        Share(len(surveys), len(raising)),
        Share(len(answered), sum(person.code in raised_for for person in answered)),
        len(counted) / _weeks(people),
        Share(len(counted), len(announcing)),
        Share(len(events), len(announced)),
    )


class Overlap(NamedTuple):
    """How many check-ins raised something by both sets of rules, only by the old ones, only by the new ones."""

    both: int
    only_old: int
    only_new: int


def overlap(old: Iterable[PastAlert], new: Iterable[PastAlert]) -> Overlap:
    """Compare two sets of rules, check-in by check-in."""
    before = {(each.code, each.triggered.occasion) for each in old}
    after = {(each.code, each.triggered.occasion) for each in new}
    return Overlap(len(before & after), len(before - after), len(after - before))


def _announces(alert: PastAlert, events: Iterable[date], days: int) -> bool:
    return any(_is_soon_after(alert.triggered.at, day, days) for day in events)


def _announced(code: str, day: date, alerts: Iterable[PastAlert], days: int) -> bool:
    return any(each.code == code and _is_soon_after(each.triggered.at, day, days) for each in alerts)


def _is_soon_after(at: datetime, day: date, days: int) -> bool:
    return timedelta() <= day - at.date() <= timedelta(days=days)


def _weeks(people: Iterable[PastPerson]) -> float:
    """The weeks from the first survey of all to the last; at least one."""
    instants = [at for person in people for at in person.surveys.values()]
    return max(1.0, (max(instants) - min(instants)) / timedelta(weeks=1)) if instants else 1.0
