"""The burden budget: at most so many surveys or questions in any seven days, the more important ones first."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from scheduler.occasion import Occasion
from scheduler.rulebook import Rules
from scheduler.rules import Burden

_WEEK = 7


def within_budget(rules: Rules, occasions: list[Occasion], known: Mapping[UUID, Occasion]) -> list[Occasion]:
    """The occasions, with those cancelled that would put more than the budget into some seven days of a reporter.

    What has begun counts first; then by priority (1 first), then by due time. Days are local dates.
    """
    burden = rules.burden
    if burden is None:
        return occasions
    questions = {entry.assessment: entry.questions for entry in rules.entries}
    weeks: dict[str, _Load] = defaultdict(lambda: _Load(burden))
    kept = list(occasions)
    for k in sorted(range(len(occasions)), key=lambda k: _turn(occasions[k], known)):
        occasion = occasions[k]
        load, cost = weeks[occasion.reporter], questions.get(occasion.assessment, 0)
        day = occasion.due_local.toordinal()
        if occasion.begun:
            load.add(day, cost)
        elif occasion.state == "planned":
            full = load.full(day, cost)
            if full is None:
                load.add(day, cost)
            else:
                kept[k] = replace(
                    occasion, state="cancelled", reason="budget", detail=f"more than {full} in seven days", reminders=()
                )
    return kept


def _turn(occasion: Occasion, known: Mapping[UUID, Occasion]) -> tuple[bool, int, object, UUID]:
    before = known.get(occasion.id)
    in_hand = occasion.begun or before is occasion
    return not in_hand, occasion.priority, occasion.due_at, occasion.id


class _Load:
    """Surveys and questions of one reporter by local day (proleptic ordinal)."""

    __slots__ = ("_burden", "_questions", "_surveys")

    def __init__(self, burden: Burden) -> None:
        self._burden = burden
        self._surveys: dict[int, int] = {}
        self._questions: dict[int, int] = {}

    def add(self, day: int, questions: int) -> None:
        self._surveys[day] = self._surveys.get(day, 0) + 1
        self._questions[day] = self._questions.get(day, 0) + questions

    def full(self, day: int, questions: int) -> str | None:
        """Which limit one more survey on `day` would break, if any."""
        surveys, limit = self._burden.surveys, self._burden.questions
        if surveys is not None and _heaviest(self._surveys, day) + 1 > surveys:
            return f"{surveys} surveys"
        if limit is not None and _heaviest(self._questions, day) + questions > limit:
            return f"{limit} questions"
        return None


def _heaviest(load: dict[int, int], day: int) -> int:
    """The largest sum over any seven consecutive days that include `day`."""
    days = [load.get(each, 0) for each in range(day - _WEEK + 1, day + _WEEK)]
    if not any(days):
        return 0
    return max(sum(days[k : k + _WEEK]) for k in range(_WEEK))
