"""Simulates one participant in virtual time: each news item causes a replan, and each due occasion is asked.

Answers are not made up. What answers can trigger is triggered by each check-in that could, so that the report has the
most that anybody is asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.timeline import TreatmentEvent, effective
from pro_collector.simulation.asking import Asked, Asking
from pro_collector.simulation.people import MadeUpPerson, News
from pro_collector.simulation.script import Script
from scheduler.anchors import Timeline
from scheduler.bundles import companions, in_order, speaks_for
from scheduler.occasion import UNFINISHED, Occasion
from scheduler.person import Person
from scheduler.plan import plan
from scheduler.replan import replan
from scheduler.rulebook import Rules
from scheduler.rules import Reporter
from scheduler.trigger import TriggeredSeries, triggered_anchors

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Life:
    """The result for one participant: the news, every occasion in its final state, and each that was asked."""

    person: Person
    news: tuple[News, ...]
    ends_at: datetime
    occasions: tuple[Occasion, ...]
    asked: tuple[Asked, ...]


def live(study: Study, rules: Rules, script: Script, who: MadeUpPerson, ends_at: datetime) -> Life:
    """Simulate a participant from enrolment to `ends_at` with the planner; the same arguments give the same life."""
    course = _Course(study, rules, who, Asking(study, script, rules, who), ends_at)
    enrolled = News(datetime.combine(who.person.enrolled_on, datetime.min.time(), ends_at.tzinfo))
    news = [enrolled, *(item for item in who.news if item.at < ends_at)]
    for item, next_at in zip(news, [*(item.at for item in news[1:]), ends_at], strict=True):
        course.apply(item, next_at)
        course.ask_until(next_at)
    course.close()
    occasions = tuple(course.stored.values())
    return Life(course.person, tuple(news), course.ended_at or ends_at, occasions, course.all_asked())


class _Course:
    """The state of one simulated life: the stored occasions, and those that were asked."""

    def __init__(self, study: Study, rules: Rules, who: MadeUpPerson, asking: Asking, ends_at: datetime) -> None:
        self.person = who.person
        self.stored: dict[UUID, Occasion] = {}
        self.ended_at: datetime | None = None
        self._study = study
        self._rules = rules
        self._asking = asking
        self._ends_at = ends_at
        self._records: list[TreatmentEvent] = []
        self._timeline = Timeline()
        self._triggered: list[TriggeredSeries] = []
        self._asked: dict[UUID, Asked] = {}

    def apply(self, news: News, next_at: datetime) -> None:
        """Apply a news item and plan until the next one at `next_at`; a longer plan would not change this part."""
        if news.event is not None:
            self._records.append(news.event)
            self._timeline = effective(self._records, repeating=self._study.repeating)
        if news.states is not None:
            self.person = replace(self.person, states=news.states)
        if news.zone is not None:
            self.person = replace(self.person, zone=news.zone)
        self._plan(news.at, next_at)

    def _plan(self, now: datetime, next_at: datetime) -> None:
        self._settle(now)
        known = list(self.stored.values())
        timeline = replace(self._timeline, triggered=triggered_anchors(self._triggered, self.person.zone))
        new = plan(self._rules, self.person, timeline, now, min(next_at + _A_DAY, self._ends_at), known)
        diff = replan(known, new)
        for occasion in (*diff.added, *(moved.after for moved in diff.moved), *diff.cancelled):
            self.stored[occasion.id] = occasion
        if diff.stopped:
            self._stop(diff.stopped, now)
        if new.ended_at is not None and new.ended_at <= now:
            self.ended_at = new.ended_at

    def ask_until(self, until: datetime) -> None:
        """Ask every occasion that is due before `until`, and what their answers may trigger."""
        stopped = any(span.kind == "stopped_texting" for span in self.person.states)
        due = self._due(until)
        while due:
            occasion = due.pop()
            texting = not stopped or occasion.reporter == "caregiver"
            together = self._ask_together(occasion, texting)
            triggered = [series for each in together for series in self._may_trigger(each)]
            if triggered or len(together) > 1:
                self._triggered += triggered
                self._plan(occasion.due_at, until)
                due = self._due(until)

    def _ask_together(self, first: Occasion, texting: bool) -> list[Occasion]:
        """Ask an occasion with its bundle: one of them has the messages and the questions of all."""
        planned = [each for each in self.stored.values() if each.state == "planned" and each.id != first.id]
        together = in_order([first, *companions(first, planned, first.due_at, self._rules.ways)])
        speaker = speaks_for(together)
        for each in together:
            self._asked[each.id] = Asked(each, (), (), 0, 0)
            self.stored[each.id] = replace(each, state="invited")
        names = tuple(dict.fromkeys(name for each in together for name in each.instruments))
        asked = self._asking.ask(replace(speaker, instruments=names, due_at=first.due_at), texting)
        self._asked[speaker.id] = replace(asked, occasion=speaker)
        return together

    def _due(self, until: datetime) -> list[Occasion]:
        """What is planned and due before `until`, the first one last."""
        due = [occasion for occasion in self.stored.values() if occasion.state == "planned" and occasion.due_at < until]
        return sorted(due, key=lambda occasion: (occasion.due_at, occasion.id), reverse=True)

    def _may_trigger(self, asked: Occasion) -> list[TriggeredSeries]:
        """What a check-in triggers if its answers are such; they are given at once."""
        return [
            TriggeredSeries(name, asked.reporter, str(asked.id), asked.due_at, asked.due_at)
            for name, trigger in self._study.triggers.items()
            if trigger.listens_to(asked.assessment, asked.instruments)
            and asked.reporter in trigger.reporters
            and (trigger.in_all is None or self._times_triggered(name, asked.reporter) < trigger.in_all)
        ]

    def _times_triggered(self, assessment: str, reporter: Reporter) -> int:
        return sum((each.assessment, each.reporter) == (assessment, reporter) for each in self._triggered)

    def close(self) -> None:
        """End the simulation: close the occasions that are still open."""
        self._settle(datetime.max.replace(tzinfo=self._ends_at.tzinfo))

    def all_asked(self) -> tuple[Asked, ...]:
        """Every occasion that was asked, by due time."""
        return tuple(sorted(self._asked.values(), key=lambda asked: (asked.occasion.due_at, asked.occasion.id)))

    def _settle(self, until: datetime) -> None:
        """Close every open occasion whose window ends by `until`. The planner ignores whether it was answered."""
        for occasion in list(self.stored.values()):
            if occasion.state in UNFINISHED and occasion.closes_at <= until:
                self.stored[occasion.id] = replace(occasion, state="completed")

    def _stop(self, stopped: Iterable[Occasion], at: datetime) -> None:
        for occasion in stopped:
            self._asked[occasion.id] = self._asked[occasion.id].cut(at)
            self.stored[occasion.id] = replace(occasion, state="cancelled", reason=occasion.reason)
