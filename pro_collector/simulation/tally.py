"""Totals over all lives: occasions asked, burden by week in two cases, busy hours, and conflicts between rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pro_collector.simulation.asking import Asked, PlannedMessage
from pro_collector.simulation.life import Life
from scheduler.calendar import wall_time
from scheduler.rules import Reporter

CONFLICTS = ("budget", "quiet_hours", "blackout", "no_time_left", "already_asked", "late_anchor", "birth_date_unknown")
"""Reasons that come from conflicts between rules or dates, not from participants."""
_WEEK = timedelta(days=7)
_Week = tuple[Reporter, int]


@dataclass(slots=True)
class Outcomes:
    """The occasions of one assessment: how many are asked, and why the others are not."""

    asked: int = 0
    not_asked: Counter[str] = field(default_factory=Counter)

    @property
    def planned(self) -> int:
        """The number of occasions that were ever planned."""
        return self.asked + self.not_asked.total()


@dataclass(slots=True)
class Totals:
    """The messages and questions in one case; `messages` and `questions` have a number for each reporter and week."""

    sent: Counter[str] = field(default_factory=Counter)
    segments: int = 0
    texts_in: int = 0
    asked: int = 0
    messages: list[int] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    weeks: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, life: Life, began: datetime, weeks: int, *, answered: bool) -> None:
        """Count one life."""
        messages, questions = Counter[_Week](), Counter[_Week]()
        for asked in life.asked:
            reporter = asked.occasion.reporter
            for message in _messages(asked, answered):
                self.sent[message.channel] += 1
                self.segments += message.segments
                messages[reporter, (message.at - began) // _WEEK] += message.channel != "call"
            if answered:
                self.texts_in += asked.texts_in
                self.asked += asked.questions
                questions[reporter, (asked.occasion.due_at - began) // _WEEK] += asked.questions
        for reporter in sorted({reporter for reporter, _ in messages}):
            for week in range(weeks):
                sent, answers = messages[reporter, week], questions[reporter, week]
                self.messages.append(sent)
                self.questions.append(answers)
                self.weeks[week].update(messages=sent, questions=answers)


@dataclass(slots=True)
class Tally:
    """Totals over all lives; `hours` and `local_hours` count the messages if nobody answers."""

    people: int = 0
    person_weeks: int = 0
    replans: int = 0
    assessments: dict[str, Outcomes] = field(default_factory=lambda: defaultdict(Outcomes))
    answered: Totals = field(default_factory=Totals)
    unanswered: Totals = field(default_factory=Totals)
    people_in_week: Counter[int] = field(default_factory=Counter)
    hours: Counter[datetime] = field(default_factory=Counter)
    local_hours: Counter[int] = field(default_factory=Counter)

    def add(self, life: Life) -> None:
        """Count one life."""
        began = datetime.combine(life.person.enrolled_on, datetime.min.time(), life.ends_at.tzinfo)
        weeks = max((life.ends_at - began) // _WEEK, 1)
        self.people += 1
        self.person_weeks += weeks
        self.replans += len(life.news)
        self.people_in_week.update(range(weeks))
        self.answered.add(life, began, weeks, answered=True)
        self.unanswered.add(life, began, weeks, answered=False)
        self._occasions(life)
        self._hours(life)

    def outcomes(self, assessment: str) -> Outcomes:
        """The outcomes of one assessment; empty if no occasion of it was planned."""
        return self.assessments.get(assessment, Outcomes())

    def conflicts(self) -> list[tuple[str, str, int]]:
        """Each conflict as (assessment, reason, count), the most frequent first."""
        counts = [
            (name, reason, outcomes.not_asked[reason])
            for name, outcomes in self.assessments.items()
            for reason in CONFLICTS
            if outcomes.not_asked[reason]
        ]
        return sorted(counts, key=lambda conflict: (-conflict[2], conflict[0], conflict[1]))

    def busiest(self, n: int) -> list[tuple[datetime, int]]:
        """The `n` hours (UTC) with the most messages."""
        return sorted(self.hours.items(), key=lambda hour: (-hour[1], hour[0]))[:n]

    def _occasions(self, life: Life) -> None:
        asked_ids = {asked.occasion.id for asked in life.asked}
        for occasion in life.occasions:
            outcomes = self.assessments[occasion.assessment]
            if occasion.id in asked_ids:
                outcomes.asked += 1
            else:
                outcomes.not_asked[occasion.reason or occasion.state] += 1

    def _hours(self, life: Life) -> None:
        for asked in life.asked:
            for message in asked.unanswered:
                self.hours[message.at.replace(minute=0, second=0, microsecond=0)] += 1
                self.local_hours[wall_time(message.at, ZoneInfo(asked.occasion.zone)).hour] += 1


def percentile(values: Iterable[int], part: float) -> int:
    """The value that a fraction `part` of the values does not exceed (nearest rank); 0 if there are no values."""
    ordered = sorted(values)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)] if ordered else 0


def _messages(asked: Asked, answered: bool) -> Sequence[PlannedMessage]:
    return asked.answered if answered else asked.unanswered
