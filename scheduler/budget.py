"""Limits on surveys or questions in any seven days: of all (the burden budget), and of one assessment (`at_most`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from scheduler.occasion import Occasion
from scheduler.rulebook import Rules
from scheduler.rules import Burden

_WEEK = 7


def within_budget(rules: Rules, occasions: list[Occasion], stored: Iterable[Occasion]) -> list[Occasion]:
    """The occasions; an occasion is cancelled if it would exceed the budget of its reporter in any seven days."""
    return occasions if rules.burden is None else _within(rules.burden, rules.questions, occasions, stored, "budget")


def at_most(most: int | None, occasions: list[Occasion], stored: Iterable[Occasion]) -> list[Occasion]:
    """The occasions of one assessment; one is cancelled if it would be more than `most` of its reporter in any week."""
    return occasions if most is None else _within(Burden(surveys=most), {}, occasions, stored, "at_most")


def exceeded_by(rules: Rules, counted: Iterable[Occasion], one_more: Occasion) -> str | None:
    """The limit of the burden budget that one more survey would exceed, as text; None if there is room for it.

    `counted`: what has begun or is planned, of any reporter.
    """
    if rules.burden is None:
        return None
    others = [each for each in counted if each.reporter == one_more.reporter]
    load = _Load(rules.burden, [*others, one_more])
    for each in others:
        load.add(each.due_local.toordinal(), _questions(rules.questions, each.instruments))
    return load.broken_limit(one_more.due_local.toordinal(), _questions(rules.questions, one_more.instruments))


def _within(
    limits: Burden, questions: Mapping[str, int], occasions: list[Occasion], stored: Iterable[Occasion], reason: str
) -> list[Occasion]:
    """The occasions; an occasion that would exceed the limits of its reporter is cancelled, for a reason.

    The limits are granted first to occasions that have begun, then to those kept unchanged from `stored`, then by
    priority (1 first), then by due time. Days are local dates.
    """
    counted = _by_precedence(occasions, stored)
    loads = {reporter: _Load(limits, counted) for reporter in ("self", "proxy")}
    cancelled: dict[int, Occasion] = {}
    for occasion in counted:
        load, amount = loads[occasion.reporter], _questions(questions, occasion.instruments)
        day = occasion.due_local.toordinal()
        limit = None if occasion.begun else load.broken_limit(day, amount)
        if limit is None:
            load.add(day, amount)
        else:
            cancelled[id(occasion)] = _cancelled(occasion, limit, reason)
    return [cancelled.get(id(occasion), occasion) for occasion in occasions]


def _questions(counts: Mapping[str, int], instruments: tuple[str, ...]) -> int:
    return sum(counts.get(instrument, 0) for instrument in instruments) if counts else 0


def _by_precedence(occasions: Iterable[Occasion], stored: Iterable[Occasion]) -> list[Occasion]:
    """The occasions that count, in the order in which the budget is granted.

    A plan keeps an unchanged stored occasion as the same Python object, so `id()` recognises it.
    """
    kept = {id(occasion) for occasion in stored}
    counted = (occasion for occasion in occasions if occasion.state == "planned" or occasion.begun)
    return sorted(
        counted,
        key=lambda occasion: (
            not (occasion.begun or id(occasion) in kept),
            occasion.priority,
            occasion.due_at,
            occasion.id,
        ),
    )


def _cancelled(occasion: Occasion, limit: str, reason: str) -> Occasion:
    detail = f"more than {limit} in seven days"
    return replace(occasion, state="cancelled", reason=reason, detail=detail, reminders=())


class _Load:
    """Surveys and questions of one reporter on each local day; days are proleptic ordinals."""

    def __init__(self, burden: Burden, occasions: Iterable[Occasion]) -> None:
        days = [occasion.due_local.toordinal() for occasion in occasions]
        self._burden = burden
        self._first_day = min(days, default=0) - _WEEK
        length = max(days, default=0) + _WEEK - self._first_day
        self._surveys = [0] * length
        self._questions = [0] * length

    def add(self, day: int, questions: int) -> None:
        """Count one survey with this number of questions on `day`."""
        self._surveys[day - self._first_day] += 1
        self._questions[day - self._first_day] += questions

    def broken_limit(self, day: int, questions: int) -> str | None:
        """The limit that one more survey on `day` would exceed, as text; None if it exceeds none."""
        surveys, most = self._burden.surveys, self._burden.questions
        near = slice(day - self._first_day - _WEEK + 1, day - self._first_day + _WEEK)
        if surveys is not None and _busiest_week(self._surveys[near]) + 1 > surveys:
            return f"{surveys} surveys"
        if most is not None and _busiest_week(self._questions[near]) + questions > most:
            return f"{most} questions"
        return None


def _busiest_week(days: Sequence[int]) -> int:
    """The largest sum of seven consecutive days, given thirteen days."""
    return max(sum(days[first : first + _WEEK]) for first in range(_WEEK)) if any(days) else 0
