"""One life in virtual time: each piece of news replans, each occasion that comes due is asked, until the last day."""

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
from scheduler.occasion import UNFINISHED, Occasion
from scheduler.person import Person
from scheduler.plan import plan
from scheduler.replan import replan
from scheduler.rulebook import Rules

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Life:
    """What became of one participant: what was told of them, every occasion as it ended, and each that was asked."""

    person: Person
    news: tuple[News, ...]
    ends_at: datetime
    occasions: tuple[Occasion, ...]
    asked: tuple[Asked, ...]


def live(study: Study, rules: Rules, script: Script, who: MadeUpPerson, ends_at: datetime) -> Life:
    """Play a participant from enrolment to `ends_at` through the planner; the same arguments give the same life."""
    course = _Course(study, rules, who, Asking(study, script, rules.silence, who), ends_at)
    enrolled = News(datetime.combine(who.person.enrolled_on, datetime.min.time(), ends_at.tzinfo))
    news = [enrolled, *(each for each in who.news if each.at < ends_at)]
    for this, following in zip(news, [*(each.at for each in news[1:]), ends_at], strict=True):
        course.hear(this, following)
        course.ask_until(following)
    course.close()
    occasions = tuple(course.stored.values())
    return Life(course.person, tuple(news), course.ended_at or ends_at, occasions, course.all_asked())


class _Course:
    """Where one life stands: what is stored, and what was asked."""

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
        self._asked: dict[UUID, Asked] = {}

    def hear(self, news: News, following: datetime) -> None:
        """Take a piece of news and plan again, as far as the next one: the planner gives the same for each part."""
        if news.event is not None:
            self._records.append(news.event)
            self._timeline = effective(self._records, repeating=self._study.repeating)
        if news.states is not None:
            self.person = replace(self.person, states=news.states)
        if news.zone is not None:
            self.person = replace(self.person, zone=news.zone)
        self._settle(news.at)
        known = list(self.stored.values())
        new = plan(self._rules, self.person, self._timeline, news.at, min(following + _A_DAY, self._ends_at), known)
        diff = replan(known, new)
        for each in (*diff.added, *(moved.after for moved in diff.moved), *diff.cancelled):
            self.stored[each.id] = each
        if diff.stopped:
            self._stop(diff.stopped, news.at)
        if new.ended_at is not None and new.ended_at <= news.at:
            self.ended_at = new.ended_at

    def ask_until(self, until: datetime) -> None:
        """Ask everything that comes due before `until`."""
        texting = not any(span.kind == "stopped_texting" for span in self.person.states)
        due = [each for each in self.stored.values() if each.state == "planned" and each.due_at < until]
        for each in sorted(due, key=lambda each: (each.due_at, each.id)):
            self._asked[each.id] = self._asking.ask(each, texting)
            self.stored[each.id] = replace(each, state="invited")

    def close(self) -> None:
        """The last day: what is still open then has its whole window."""
        self._settle(datetime.max.replace(tzinfo=self._ends_at.tzinfo))

    def all_asked(self) -> tuple[Asked, ...]:
        """Everything that was asked, by due time."""
        return tuple(sorted(self._asked.values(), key=lambda each: (each.occasion.due_at, each.occasion.id)))

    def _settle(self, until: datetime) -> None:
        """Close every window that ends until then. Whether it was answered makes no difference to the planner."""
        for each in [each for each in self.stored.values() if each.state in UNFINISHED and each.closes_at <= until]:
            self.stored[each.id] = replace(each, state="completed")

    def _stop(self, stopped: Iterable[Occasion], at: datetime) -> None:
        for each in stopped:
            self._asked[each.id] = self._asked[each.id].cut(at)
            self.stored[each.id] = replace(each, state="cancelled", reason="participation_ended")
