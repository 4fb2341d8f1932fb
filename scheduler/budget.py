"""The burden budget: at most so many surveys or questions in any seven days, the more important ones first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from scheduler.occasion import Occasion, changed
from scheduler.rulebook import Rules
from scheduler.rules import Burden

_WEEK = 7
_LONG_AGO = timedelta(days=_WEEK + 2)  # local days and instants differ by up to a day


def within_budget(rules: Rules, occasions: list[Occasion], known: Iterable[Occasion]) -> list[Occasion]:
    """The occasions, with those cancelled that would put more than the budget into some seven days of a reporter.

    What has begun counts first; then by priority (1 first), then by due time. Days are local dates.
    """
    burden = rules.burden
    first = min((each.due_at for each in occasions if each.state == "planned"), default=None)
    if burden is None or first is None:
        return occasions
    questions = {entry.assessment: entry.questions for entry in rules.entries}
    counted = [
        each for each in occasions if each.due_at >= first - _LONG_AGO and (each.state == "planned" or each.begun)
    ]
    if _light(burden, counted, questions):
        return occasions
    weeks: dict[str, _Load] = defaultdict(lambda: _Load(burden))
    dropped: dict[UUID, Occasion] = {}
    for occasion in _in_turn(counted, {id(each) for each in known}):
        load, cost = weeks[occasion.reporter], questions.get(occasion.assessment, 0)
        day = occasion.due_local.toordinal()
        full = None if occasion.begun else load.full(day, cost)
        if full is None:
            load.add(day, cost)
        else:
            dropped[occasion.id] = changed(
                occasion, state="cancelled", reason="budget", detail=f"more than {full} in seven days", reminders=()
            )
    return [dropped.get(each.id, each) for each in occasions]


def _light(burden: Burden, counted: list[Occasion], questions: Mapping[str, int]) -> bool:
    """Whether all of it together is surely within the budget: then there is nothing to weigh."""
    most = burden.surveys or len(counted)
    dearest = max(questions.values(), default=0)
    if burden.questions is not None and dearest:
        most = min(most, burden.questions // dearest)
    days: dict[str, list[int]] = {"self": [], "proxy": []}
    for each in counted:
        days[each.reporter].append(each.due_local.toordinal())
    for theirs in days.values():
        theirs.sort()
    return all(
        later - sooner >= _WEEK
        for theirs in days.values()
        for sooner, later in zip(theirs, theirs[most:], strict=False)
    )


def _in_turn(counted: list[Occasion], stored: set[int]) -> list[Occasion]:
    """In the order in which the budget is granted; `stored` are the identities of known objects."""
    turns = [(not (each.begun or id(each) in stored), each.priority, each.due_at, each.id, each) for each in counted]
    return [turn[-1] for turn in sorted(turns)]


class _Load:
    """Surveys and questions of one reporter."""

    __slots__ = ("_burden", "_questions", "_surveys")

    def __init__(self, burden: Burden) -> None:
        self._burden = burden
        self._surveys = _Days()
        self._questions = _Days()

    def add(self, day: int, questions: int) -> None:
        self._surveys.add(day, 1)
        if questions:
            self._questions.add(day, questions)

    def full(self, day: int, questions: int) -> str | None:
        """Which limit one more survey on `day` would break, if any."""
        surveys, limit = self._burden.surveys, self._burden.questions
        if surveys is not None and not self._surveys.room(day, 1, surveys):
            return f"{surveys} surveys"
        if limit is not None and not self._questions.room(day, questions, limit):
            return f"{limit} questions"
        return None


class _Days:
    """Amounts by local day (proleptic ordinal), and their sums by calendar week to answer most questions quickly."""

    __slots__ = ("_days", "_weeks")

    def __init__(self) -> None:
        self._days: dict[int, int] = {}
        self._weeks: dict[int, int] = {}

    def add(self, day: int, amount: int) -> None:
        week = day // _WEEK
        self._days[day] = self._days.get(day, 0) + amount
        self._weeks[week] = self._weeks.get(week, 0) + amount

    def room(self, day: int, amount: int, limit: int) -> bool:
        """Whether `amount` more on `day` keeps any seven consecutive days within `limit`."""
        week, sums = day // _WEEK, self._weeks
        if sums.get(week - 1, 0) + sums.get(week, 0) + sums.get(week + 1, 0) + amount <= limit:
            return True
        days = [self._days.get(each, 0) for each in range(day - _WEEK + 1, day + _WEEK)]
        return max(sum(days[k : k + _WEEK]) for k in range(_WEEK)) + amount <= limit
