"""Which alerts the rules raise for a person at an instant, and which they would have raised in the past."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from pro_collector.domain.alert.rule import AlertRule, ordered
from pro_collector.domain.condition.evaluate import evaluate_known
from pro_collector.domain.condition.history import Evidence, History
from pro_collector.domain.condition.language import silences
from scheduler.rules import Reporter

BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Triggered:
    """A rule that holds for a person, by what one reporter said: since when we know it, and from which occasion."""

    rule: str
    reporter: Reporter
    at: datetime
    occasion: str

    @property
    def key(self) -> str:
        """What may have one open alert of a person."""
        return f"{self.rule}/{self.reporter}"


@dataclass(frozen=True, slots=True)
class Crossover:
    """From the day `on` a person is in `arm`: known from `known_at` until it was retracted, if it was."""

    arm: str
    on: date
    known_at: datetime
    retracted_at: datetime | None = None

    def known(self, at: datetime) -> bool:
        """Whether it was believed at an instant."""
        return self.known_at <= at and (self.retracted_at is None or at < self.retracted_at)


@dataclass(frozen=True, slots=True)
class AlertSubject:
    """A person as the rules see one: arm at enrolment, site, the history of what each reporter said, crossovers."""

    arm: str | None
    site: str | None
    histories: Mapping[Reporter, History]
    crossovers: Sequence[Crossover] = ()

    def arm_on(self, day: date, known_at: datetime) -> str | None:
        """The arm on a day, by the crossovers that were known at an instant."""
        begun = [each for each in self.crossovers if each.on <= day and each.known(known_at)]
        return max(begun, key=lambda each: each.on).arm if begun else self.arm


def alerts(
    rules: Mapping[str, AlertRule], subject: AlertSubject, now: datetime, since: datetime = BEGINNING
) -> list[Triggered]:
    """The rules that hold with what is known at `now`, if what they rest on became known after `since`.

    The most urgent first. So an old answer raises nothing again when another comes in, or when a rule is new.
    A rule for some arms looks at the arm on the day of the answer.
    """
    known = {reporter: history.known(now) for reporter, history in subject.histories.items()}
    found = []
    for name, rule in ordered(rules):
        for reporter in rule.reporters:
            newest = _newest(rule, known[reporter], now) if reporter in known else None
            if newest is not None and since < newest.known_at <= now:
                arm = subject.arm_on(known[reporter].day_of(newest), now)
                if rule.only.includes(arm, subject.site):
                    found.append(Triggered(name, reporter, newest.known_at, newest.occasion))
    return found


def replay(rules: Mapping[str, AlertRule], subject: AlertSubject, until: datetime | None = None) -> Iterator[Triggered]:
    """Everything that the rules would have raised `until` an instant, in order, with what was known then and no more.

    One occasion raises a rule once: an answer that is corrected afterwards does not raise it again.
    """
    lengths = [length for rule in rules.values() for length in silences(rule.when)]
    moments = {
        at
        for history in subject.histories.values()
        for at in {*history.arrivals, *history.silent_at(lengths)}
        if until is None or at <= until
    }
    before, seen = BEGINNING, set[tuple[str, str]]()
    for moment in sorted(moments):
        for each in alerts(rules, subject, moment, before):
            if (each.key, each.occasion) not in seen:
                seen.add((each.key, each.occasion))
                yield each
        before = moment


def raised_by_silence(rules: Mapping[str, AlertRule], subject: AlertSubject, now: datetime) -> list[Triggered]:
    """What holds now of the rules that wait for a silence, which may begin to hold although nothing came in."""
    waiting = {name: rule for name, rule in rules.items() if any(silences(rule.when))}
    return alerts(waiting, subject, now)


def raised_by(
    rules: Mapping[str, AlertRule], subject: AlertSubject, changed: Mapping[str, datetime], now: datetime
) -> Iterator[Triggered]:
    """What occasions raise that ended or were corrected: judged at each of their moments, with what was known then.

    `changed` has the instant of the first change that is handled now, for each occasion. So an answer that is handled
    late, after a milder one, raises what it would have raised in time.
    """
    moments = sorted({at for occasion, since in changed.items() for at in _moments(subject, occasion, since, now)})
    seen = set[tuple[str, str]]()
    for moment in moments:
        for each in alerts(rules, subject, moment):
            if each.at == moment and each.occasion in changed and (each.key, each.occasion) not in seen:
                seen.add((each.key, each.occasion))
                yield each


def _moments(subject: AlertSubject, occasion: str, since: datetime, now: datetime) -> Iterator[datetime]:
    """The instants at which something of an occasion became known: those since a change, and in any case the last."""
    known = {at for history in subject.histories.values() for at in history.moments_of(occasion) if at <= now}
    if known:
        yield max(known)
        yield from (at for at in known if at >= since)


def still_holds(rule: AlertRule, history: History, raised: datetime, now: datetime) -> bool:
    """Whether a rule that held at an instant holds by the same check-ins as they are known `now`, corrected perhaps."""
    known = history.known(now)
    then = replace(
        known,
        values=tuple(each for each in known.values if each.at <= raised),
        ended=tuple(each for each in known.ended if each.at <= raised),
    )
    return evaluate_known(rule.when, then, raised).holds is True


def _newest(rule: AlertRule, known: History, now: datetime) -> Evidence | None:
    evaluation = evaluate_known(rule.when, known, now)
    return evaluation.newest if evaluation.holds else None
