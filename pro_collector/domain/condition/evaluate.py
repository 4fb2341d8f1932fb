"""Whether a condition holds for a person at an instant: yes, no or unknown, and which answers say so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import assert_never

from pro_collector.domain.condition.history import Evidence, History, Valued
from pro_collector.domain.condition.language import (
    AllOf,
    Answered,
    AnyOf,
    InTreatment,
    MissedCheckIns,
    NotThis,
    OfValue,
    SilentFor,
    Until,
    When,
    span,
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Whether a condition holds; None if that is unknown, because an answer is missing. Evidence of yes or no."""

    holds: bool | None
    evidence: frozenset[Evidence] = frozenset()

    @property
    def newest(self) -> Evidence | None:
        """The evidence that became known last; None without evidence."""
        return max(self.evidence, default=None)


UNKNOWN = Evaluation(None)


def evaluate(when: When, history: History, at: datetime) -> Evaluation:
    """Evaluate a condition with what was known of the person at an instant, and no more."""
    return evaluate_known(when, history.known(at), at)


def evaluate_known(when: When, known: History, at: datetime) -> Evaluation:
    """The same for several conditions at one instant: `known` is `history.known(at)`, which takes most of the time."""
    match when:
        case OfValue():
            return _of_value(when, known, at)
        case Answered():
            return _answered(when, known, at)
        case MissedCheckIns():
            return _missed(when, known)
        case SilentFor():
            return _silent(when, known, at)
        case InTreatment():
            return Evaluation(_in_treatment(when, known, at))
        case AllOf():
            return _all(evaluate_known(part, known, at) for part in when.all_of)
        case AnyOf():
            return _opposite(_all(_opposite(evaluate_known(part, known, at)) for part in when.any_of))
        case NotThis():
            return _opposite(evaluate_known(when.inner, known, at))
    assert_never(when)


def _opposite(evaluation: Evaluation) -> Evaluation:
    return evaluation if evaluation.holds is None else Evaluation(not evaluation.holds, evaluation.evidence)


def _all(evaluations: Iterable[Evaluation]) -> Evaluation:
    """All of them: no if one is no, else unknown if one is unknown. The evidence of a no is that of each no."""
    found = list(evaluations)
    against = [each for each in found if each.holds is False]
    if against:
        return Evaluation(False, _together(against))
    return UNKNOWN if any(each.holds is None for each in found) else Evaluation(True, _together(found))


def _together(evaluations: Iterable[Evaluation]) -> frozenset[Evidence]:
    return frozenset[Evidence]().union(*(each.evidence for each in evaluations))


def _of_value(when: OfValue, known: History, at: datetime) -> Evaluation:
    times, of_last = when.needed
    series = known.series(when.instrument, "item" if when.item is not None else "scale", when.name)
    recent = [i for i, v in enumerate(series) if when.within is None or at - v.at <= span(when.within)]
    looked_at = [(series[i], _passes(when, series, i, known)) for i in recent[-of_last:]]
    yes = [value for value, passes in looked_at if passes]
    no = [value for value, passes in looked_at if passes is False]
    if len(yes) >= times:
        return Evaluation(True, _evidence(yes))
    return Evaluation(False, _evidence(no)) if len(no) > of_last - times else UNKNOWN


def _evidence(values: Iterable[Valued]) -> frozenset[Evidence]:
    return frozenset(Evidence(value.known_at, value.occasion) for value in values)


def _passes(when: OfValue, series: Sequence[Valued], index: int, known: History) -> bool | None:
    """Whether one value meets everything that is asked of it; None if there is nothing to compare it with."""
    value = series[index].value
    passes = when.passes(value)
    if not passes or when.since is None:
        return passes
    return _changed(when, value, _before(when, series, index, known)) if isinstance(value, int | float) else None


def _changed(when: OfValue, value: float, before: Valued | None) -> bool | None:
    if before is None or not isinstance(before.value, int | float):
        return None
    change = value - before.value
    return change >= when.rises_by if when.rises_by is not None else -change >= (when.falls_by or 0)


def _before(when: OfValue, series: Sequence[Valued], index: int, known: History) -> Valued | None:
    """The value with which a value is compared; None if there is none."""
    earlier = series[:index]
    if when.since == "baseline":
        return earlier[0] if earlier else None
    if isinstance(when.since, Until):
        day = min((each.on for each in known.happened if each.kind == when.since.until), default=None)
        earlier = [] if day is None else [value for value in earlier if known.day(value.at) <= day]
    return earlier[-1] if earlier else None


def _answered(when: Answered, known: History, at: datetime) -> Evaluation:
    given = [v for v in known.values if v.instrument == when.answered]
    recent = [v for v in given if when.within is None or at - v.at <= span(when.within)]
    return Evaluation(bool(recent), _evidence(recent))


def _missed(when: MissedCheckIns, known: History) -> Evaluation:
    ended = [each for each in known.ended if each.assessment == when.missed]
    silent = list(takewhile(lambda each: not each.answered, reversed(ended)))
    if len(silent) >= when.in_a_row:
        return Evaluation(True, frozenset(Evidence(each.at, each.occasion) for each in silent[: when.in_a_row]))
    if len(silent) == len(ended):
        return UNKNOWN
    spoke = ended[-1 - len(silent)]
    return Evaluation(False, frozenset({Evidence(spoke.at, spoke.occasion)}))


def _silent(when: SilentFor, known: History, at: datetime) -> Evaluation:
    spoke, missed = known.silence
    if not missed:
        return Evaluation(False, frozenset({spoke})) if spoke else UNKNOWN
    begins = (spoke.known_at if spoke else missed[0].at) + span(when.silent_for)
    newest = missed[-1]
    if at < begins:
        return Evaluation(False, frozenset({Evidence(newest.at, newest.occasion)}))
    return Evaluation(True, frozenset({Evidence(max(begins, newest.at), newest.occasion)}))


def _in_treatment(when: InTreatment, known: History, at: datetime) -> bool:
    today = known.day(at)
    days = [(today - each.on).days for each in known.happened if each.kind == when.event and each.on <= today]
    if not days:
        return False
    last = min(days)
    early = when.not_before is not None and last < when.not_before.days
    late = when.within is not None and last > when.within.days
    return not early and not late
