"""Answers that trigger an assessment: which, when a series ends, and what a corrected answer does."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from pro_collector.domain.alert.rule import evidence_of
from pro_collector.domain.condition.evaluate import evaluate_known
from pro_collector.domain.condition.history import CheckInEnded, History
from pro_collector.domain.condition.language import Answered, MissedCheckIns, OfValue, When, leaves, silences
from scheduler.anchors import Ended
from scheduler.rules import Frozen, Reporter
from scheduler.trigger import TriggeredSeries
from scheduler.values import AboutPatient


class Trigger(Frozen):
    """The answers that an assessment follows. Its `on_days`, `offsets` and `repeat` count from their check-in.

    `when` is evaluated for each reporter alone, each time that a check-in ends. It triggers if it holds and rests on
    something that was said, or missed, in that check-in. A corrected answer counts as if it had been given at once.
    """

    when: When
    at_most: int = Field(ge=1, le=50, description="how many of it each reporter is asked, in any seven days")
    in_all: int | None = Field(
        default=None, ge=1, le=1000, description="how often the answers of one reporter trigger it, ever"
    )
    counts: Literal["each", "last"] = Field(
        default="each", description="last: answers that trigger it again end what earlier ones have left"
    )
    stop_when: When | None = Field(default=None, description="ends what is left, such as after recovery")
    reporters: tuple[AboutPatient, ...] = Field(
        default=("self", "proxy"), min_length=1, description="whose answers trigger it"
    )

    @model_validator(mode="after")
    def _rests_on_the_patient(self) -> Self:
        for key, condition in (("when", self.when), ("stop_when", self.stop_when)):
            if condition is not None and not any(evidence_of(condition)):
                raise ValueError(f"`{key}` looks only at treatment: add an answer, a score or a missed check-in")
            if condition is not None and any(silences(condition)):
                raise ValueError(f"`{key}` waits for a silence, which only an alert can: use `missed`")
        return self

    def listens_to(self, assessment: str, instruments: Collection[str]) -> bool:
        """Whether the end of a check-in of this assessment, which asks these instruments, may trigger it."""
        return any(_rests_on(leaf, assessment, instruments) for leaf in leaves(self.when))


def _rests_on(leaf: When, assessment: str, instruments: Collection[str]) -> bool:
    match leaf:
        case OfValue():
            return leaf.instrument in instruments
        case Answered():
            return leaf.answered in instruments
        case MissedCheckIns():
            return leaf.missed == assessment
        case _:
            return False


def changed_triggers(
    triggers: Mapping[str, Trigger],
    histories: Mapping[Reporter, History],
    before: Sequence[TriggeredSeries],
    ended: Collection[str],
    now: datetime,
) -> list[TriggeredSeries]:
    """What follows from check-ins that have ended, or of which an answer was corrected: each record new or changed.

    `triggers` are by assessment, `before` are the records so far of the same person, and `ended` the check-ins.
    """
    changed: list[TriggeredSeries] = []
    for assessment, trigger in triggers.items():
        for reporter in trigger.reporters:
            if reporter in histories:
                mine = [each for each in before if (each.assessment, each.reporter) == (assessment, reporter)]
                changed += _TriggerCourse(assessment, trigger, reporter, histories[reporter], mine, now).after(ended)
    return changed


class _TriggerCourse:
    """One trigger, and the answers of one reporter."""

    def __init__(
        self, assessment: str, trigger: Trigger, reporter: Reporter, history: History,
        before: Sequence[TriggeredSeries], now: datetime,
    ) -> None:  # fmt: skip
        self._assessment = assessment
        self._trigger = trigger
        self._reporter = reporter
        self._known = history.known(now)
        self._before = {each.check_in: each for each in before}
        self._now = now

    def after(self, ended: Collection[str]) -> Iterator[TriggeredSeries]:
        """The records that are new or changed once these check-ins have ended."""
        moments = _from_the_first(self._known.ended, ended)
        if not moments:
            return
        records = self._triggered(moments)
        for record in records.values():
            record = self._until_recovered(record, moments)
            if record != self._before.get(record.check_in):
                yield record

    def _triggered(self, moments: Sequence[CheckInEnded]) -> dict[str, TriggeredSeries]:
        """The records by check-in, with those that the answers at these moments make or undo."""
        records = dict(self._before)
        for moment in moments:
            record, holds = records.get(moment.occasion), self._holds(self._trigger.when, moment)
            if holds and record is None and not self._spent(records.values()):
                records[moment.occasion] = TriggeredSeries(
                    self._assessment, self._reporter, moment.occasion, moment.at, self._now
                )
            elif holds and record is not None and not record.stands:
                records[moment.occasion] = replace(record, ended=None)
            elif not holds and record is not None and record.stands:
                records[moment.occasion] = replace(record, ended=Ended(self._now, "answer_corrected"))
        return records

    def _spent(self, records: Collection[TriggeredSeries]) -> bool:
        most = self._trigger.in_all
        return most is not None and sum(each.stands for each in records) >= most

    def _until_recovered(self, record: TriggeredSeries, moments: Sequence[CheckInEnded]) -> TriggeredSeries:
        """The record, ended by the first of these moments after it at which `stop_when` holds."""
        stop, ended = self._trigger.stop_when, record.ended
        if stop is None or not record.stands or (ended is not None and ended.at < moments[0].at):
            return record
        later = (each for each in moments if each.at > record.at and self._holds(stop, each))
        recovered = next(later, None)
        return replace(record, ended=Ended(recovered.at, "recovered") if recovered else None)

    def _holds(self, when: When, moment: CheckInEnded) -> bool:
        """Whether a condition held at the end of a check-in because of it, by what is known now."""
        found = evaluate_known(when, self._known.until(moment.at), moment.at)
        return bool(found.holds) and any(each.occasion == moment.occasion for each in found.evidence)


def _from_the_first(check_ins: Sequence[CheckInEnded], ended: Collection[str]) -> list[CheckInEnded]:
    """The check-ins from the first of those that ended or were corrected on, in order of time."""
    first = min((each.at for each in check_ins if each.occasion in ended), default=None)
    return [] if first is None else [each for each in check_ins if each.at >= first]


def endless(listening: Mapping[str, Collection[str]], ending: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The assessments that would trigger themselves for ever, each with the way back to itself.

    `listening`: by assessment, those whose check-ins trigger it. `ending`: those that are triggered only so often, or
    until an event; no way through one of them is without an end.
    """
    follows = {
        name: [each for each, sources in listening.items() if name in sources and each not in ending]
        for name in listening
        if name not in ending
    }
    return {name: way for name in follows if (way := _way_back(name, follows))}


def _way_back(start: str, follows: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The shortest way from an assessment over those that follow it back to itself; empty if there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = set[str]()
    while ways:
        way, *ways = ways
        for following in follows[way[-1]]:
            if following == start:
                return (*way, start)
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()
