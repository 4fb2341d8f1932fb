"""Limits on surveys or questions in any seven days: of all (the burden budget), and of one assessment (`at_most`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from scheduler.bundles import bundles
from scheduler.occasion import Occasion
from scheduler.rulebook import Rules
from scheduler.rules import Burden

_WEEK = 7


def within_budget(rules: Rules, occasions: list[Occasion], stored: Iterable[Occasion]) -> list[Occasion]:
    """The occasions; an occasion is cancelled if it would exceed the budget of its reporter in any seven days.

    A bundle counts as one survey, and an instrument that several of its occasions ask counts once.
    """
    if rules.burden is None:
        return occasions
    return _within(
        rules.burden, _Amounts(rules.questions, rules.ways, _counted(occasions)), occasions, stored, "budget"
    )


def at_most(most: int | None, occasions: list[Occasion], stored: Iterable[Occasion]) -> list[Occasion]:
    """The occasions of one assessment; one is cancelled if it would be more than `most` of its reporter in any week."""
    if most is None:
        return occasions
    return _within(Burden(surveys=most), _Amounts({}, {}, ()), occasions, stored, "at_most")


def exceeded_by(rules: Rules, counted: Iterable[Occasion], one_more: Occasion) -> str | None:
    """The limit of the burden budget that one more survey would exceed, as text; None if there is room for it.

    `counted`: what has begun or is planned, of any reporter.
    """
    if rules.burden is None:
        return None
    others = [each for each in counted if each.reporter == one_more.reporter]
    amounts, load = _Amounts(rules.questions, rules.ways, others), _Load(rules.burden, [*others, one_more])
    for each in others:
        load.add(each.due_local.toordinal(), amounts.of(each))
        amounts.grant(each)
    return load.broken_limit(one_more.due_local.toordinal(), amounts.of(one_more))


def _within(
    limits: Burden, amounts: "_Amounts", occasions: list[Occasion], stored: Iterable[Occasion], reason: str
) -> list[Occasion]:
    """The occasions; an occasion that would exceed the limits of its reporter is cancelled, for a reason.

    The limits are granted first to occasions that have begun, then to those kept unchanged from `stored`, then by
    priority (1 first), then by due time. Days are local dates.
    """
    counted = _by_precedence(occasions, stored)
    loads = {reporter: _Load(limits, counted) for reporter in {each.reporter for each in counted}}
    cancelled: dict[int, Occasion] = {}
    for occasion in counted:
        load, day = loads[occasion.reporter], occasion.due_local.toordinal()
        amount = amounts.of(occasion)
        limit = None if occasion.begun else load.broken_limit(day, amount)
        if limit is None:
            load.add(day, amount)
            amounts.grant(occasion)
        else:
            cancelled[id(occasion)] = _cancelled(occasion, limit, reason)
    return [cancelled.get(id(occasion), occasion) for occasion in occasions]


class _Amounts:
    """The surveys and questions that an occasion adds: of a bundle, the first adds a survey, and each what is new."""

    def __init__(self, questions: Mapping[str, int], ways: Mapping[str, str], counted: Iterable[Occasion]) -> None:
        self._questions = questions
        groups = bundles(counted, ways) if ways else []
        self._group = {each.id: number for number, group in enumerate(groups) for each in group}
        self._granted: dict[int, set[str]] = {}

    def of(self, occasion: Occasion) -> tuple[int, int]:
        """How many surveys (0 or 1) and questions it adds to what was granted."""
        group = self._group.get(occasion.id) if self._group else None
        granted = None if group is None else self._granted.get(group)
        if not self._questions:
            return int(granted is None), 0
        new = (name for name in occasion.instruments if granted is None or name not in granted)
        return int(granted is None), sum(self._questions.get(name, 0) for name in new)

    def grant(self, occasion: Occasion) -> None:
        """From now on its companions add less."""
        if self._group and (group := self._group.get(occasion.id)) is not None:
            self._granted.setdefault(group, set()).update(occasion.instruments)


def _counted(occasions: Iterable[Occasion]) -> list[Occasion]:
    return [each for each in occasions if each.state == "planned" or each.begun]


def _by_precedence(occasions: Iterable[Occasion], stored: Iterable[Occasion]) -> list[Occasion]:
    """The occasions that count, in the order in which the budget is granted.

    A plan keeps an unchanged stored occasion as the same Python object, so `id()` recognises it.
    """
    kept = {id(occasion) for occasion in stored}
    return sorted(
        _counted(occasions),
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

    def add(self, day: int, amount: tuple[int, int]) -> None:
        """Count these surveys and questions on `day`."""
        self._surveys[day - self._first_day] += amount[0]
        self._questions[day - self._first_day] += amount[1]

    def broken_limit(self, day: int, amount: tuple[int, int]) -> str | None:
        """The limit that these surveys and questions on `day` would exceed, as text; None if they exceed none."""
        more, questions = amount
        surveys, most = self._burden.surveys, self._burden.questions
        near = slice(day - self._first_day - _WEEK + 1, day - self._first_day + _WEEK)
        if surveys is not None and more and _busiest_week(self._surveys[near]) + more > surveys:
            return f"{surveys} surveys"
        if most is not None and (more or questions) and _busiest_week(self._questions[near]) + questions > most:
            return f"{most} questions"
        return None


def _busiest_week(days: Sequence[int]) -> int:
    """The largest sum of seven consecutive days, given thirteen days."""
    return max(sum(days[first : first + _WEEK]) for first in range(_WEEK)) if any(days) else 0
