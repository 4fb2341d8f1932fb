"""Adds up lives: outcomes by assessment, messages, burden by week, busy hours, and rules in each other's way."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pro_collector.simulation.life import Life
from scheduler.calendar import wall_time
from scheduler.occasion import DEAD, Occasion

CONFLICTS = ("budget", "quiet_hours", "blackout", "no_time_left", "already_asked", "late_anchor", "birth_date_unknown")
"""Reasons that come from rules or dates standing in each other's way, not from people."""
GONE = ("withdrew", "died", "ended", "participation_ended", "not_in_schedule", "before_enrolment")
"""Reasons for which an answer was not expected: nobody counts these as missing."""
_WEEK = timedelta(days=7)


@dataclass(slots=True)
class Outcomes:
    """What became of occasions: by state, why missed or cancelled, and over which channel answered."""

    states: Counter[str] = field(default_factory=Counter)
    missed_because: Counter[str] = field(default_factory=Counter)
    cancelled_because: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)

    @property
    def expected(self) -> int:
        """Occasions at which an answer was expected: all but those after leaving."""
        return sum(self.states.values()) - sum(self.cancelled_because[reason] for reason in GONE)

    @property
    def missing(self) -> Counter[str]:
        """Why an expected answer is not there, with how often."""
        expected = Counter({why: n for why, n in self.cancelled_because.items() if why not in GONE})
        return self.missed_because + expected

    def count(self, occasion: Occasion) -> None:
        """Add an occasion."""
        self.states[occasion.state] += 1
        if occasion.reason is not None and occasion.state in DEAD:
            why = self.missed_because if occasion.state == "missed" else self.cancelled_because
            why[occasion.reason] += 1

    @property
    def completion(self) -> float:
        """Completed of expected, from 0 to 1."""
        return self.states["completed"] / self.expected if self.expected else 0.0

    @property
    def missingness(self) -> float:
        """Nothing answered of expected, from 0 to 1; the rest is partly answered."""
        return 1 - (self.states["completed"] + self.states["partial"]) / self.expected if self.expected else 0.0


@dataclass(slots=True)
class Tally:
    """Totals over lives; `week_messages` and `week_questions` hold one number for each reporter and week."""

    people: int = 0
    person_weeks: int = 0
    replans: int = 0
    assessments: dict[str, Outcomes] = field(default_factory=lambda: defaultdict(Outcomes))
    years: dict[str, dict[int, Outcomes]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Outcomes)))
    sent: Counter[str] = field(default_factory=Counter)
    segments: int = 0
    texts_in: int = 0
    questions: int = 0
    week_messages: list[int] = field(default_factory=list)
    week_questions: list[int] = field(default_factory=list)
    study_weeks: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    hours: Counter[datetime] = field(default_factory=Counter)
    local_hours: Counter[int] = field(default_factory=Counter)

    def add(self, life: Life) -> None:
        """Count one life."""
        began = datetime.combine(life.person.enrolled_on, datetime.min.time(), life.ends_at.tzinfo)
        weeks = max((life.ends_at - began) // _WEEK, 1)
        self.people += 1
        self.person_weeks += weeks
        self.replans += life.replans
        for week in range(weeks):
            self.study_weeks[week]["people"] += 1
        for occasion in life.occasions:
            self._outcome(occasion, (occasion.due_at - began).days // 365)
        self._asked(life, began, weeks)

    def outcomes(self, assessment: str) -> Outcomes:
        """Those of one assessment; empty if nobody ever came to it."""
        return self.assessments.get(assessment, Outcomes())

    def conflicts(self) -> list[tuple[str, str, int]]:
        """Assessment, reason and how often, the most frequent first."""
        found = [
            (name, reason, outcomes.missed_because[reason] + outcomes.cancelled_because[reason])
            for name, outcomes in self.assessments.items()
            for reason in CONFLICTS
            if outcomes.missed_because[reason] + outcomes.cancelled_because[reason]
        ]
        return sorted(found, key=lambda each: (-each[2], each[0], each[1]))

    def busiest(self, n: int) -> list[tuple[datetime, int]]:
        """The hours (UTC) in which most is sent."""
        return sorted(self.hours.items(), key=lambda each: (-each[1], each[0]))[:n]

    def _outcome(self, occasion: Occasion, year: int) -> None:
        self.years[occasion.assessment][year].count(occasion)
        self.assessments[occasion.assessment].count(occasion)

    def _asked(self, life: Life, began: datetime, weeks: int) -> None:
        messages: dict[tuple[str, int], int] = {}
        questions: dict[tuple[str, int], int] = {}
        for asked in life.asked:
            reporter, zone = asked.occasion.reporter, ZoneInfo(asked.occasion.zone)
            for sent in asked.sent:
                week = (sent.at - began) // _WEEK
                messages[reporter, week] = messages.get((reporter, week), 0) + (sent.channel != "call")
                self.sent[sent.channel] += 1
                self.segments += sent.segments
                self.hours[sent.at.replace(minute=0, second=0, microsecond=0)] += 1
                self.local_hours[wall_time(sent.at, zone).hour] += 1
            week = (asked.ended_at - began) // _WEEK
            questions[reporter, week] = questions.get((reporter, week), 0) + asked.questions
            self.texts_in += asked.texts_in
            self.questions += asked.questions
            if asked.by is not None:
                self.assessments[asked.occasion.assessment].channels[asked.by] += 1
        self._burden(messages, questions, weeks)

    def _burden(self, messages: dict[tuple[str, int], int], questions: dict[tuple[str, int], int], weeks: int) -> None:
        for reporter in sorted({"self", *(each for each, _ in (*messages, *questions))}):
            if reporter == "self" and not any(each == "self" for each, _ in messages):
                continue
            for week in range(weeks):
                said, asked = messages.get((reporter, week), 0), questions.get((reporter, week), 0)
                self.week_messages.append(said)
                self.week_questions.append(asked)
                self.study_weeks[week]["messages"] += said
                self.study_weeks[week]["questions"] += asked


def share(values: Iterable[int], part: float) -> int:
    """The value that `part` of the values do not exceed (nearest rank); 0 of none."""
    ordered = sorted(values)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)] if ordered else 0
