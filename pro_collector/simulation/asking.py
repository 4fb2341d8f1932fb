"""The messages of one occasion in two cases: if nobody answers, and if every question is answered at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_collector.domain.conversation import opening
from pro_collector.domain.study.definition import Study
from pro_collector.simulation.people import MadeUpPerson
from pro_collector.simulation.script import Script
from scheduler.calendar import next_allowed, wall_time
from scheduler.occasion import Occasion
from scheduler.rulebook import Rules
from scheduler.rules import Channel, Rung


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """A message at an instant: a text with its number of segments, a mail, or a call by the study team."""

    at: datetime
    channel: Channel
    segments: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """An occasion that was asked: the messages in each case, and the most texts and questions to answer it."""

    occasion: Occasion
    unanswered: tuple[PlannedMessage, ...]
    answered: tuple[PlannedMessage, ...]
    texts_in: int
    questions: int

    def cut(self, at: datetime) -> "Asked":
        """The same, if participation ends at `at`: without the messages from then on."""
        return replace(self, unanswered=tuple(message for message in self.unanswered if message.at < at))


class Asking:
    """Asks the occasions of one made-up participant."""

    def __init__(self, study: Study, script: Script, rules: Rules, who: MadeUpPerson) -> None:
        self._study = study
        self._script = script
        self._rules = rules
        self._who = who

    def ask(self, occasion: Occasion, texting: bool) -> Asked:
        """Invite, remind, and use each rung of the ladder; `texting`: this person accepts texts."""
        assessment, reporter = occasion.assessment, occasion.reporter
        names = occasion.instruments
        language = self._script.language(assessment, reporter, self._who.person.language, names)
        conversation = self._study.mode(assessment, self._who.country) == "conversation"
        unanswered: list[PlannedMessage] = []
        for at, channel in self._contacts(occasion, texting):
            purpose = "reminder" if unanswered else "invitation"
            said = (assessment, reporter, language, conversation, purpose, names)
            unanswered.append(PlannedMessage(at, channel, self._script.text(*said) if channel == "sms" else 0))
        if not unanswered:
            return Asked(occasion, (), (), 0, 0)
        first = unanswered[0]
        exchange = self._script.exchange(assessment, reporter, language, conversation and first.channel == "sms", names)
        replies = tuple(PlannedMessage(first.at, "sms", size) for size in exchange.texts_out)
        return Asked(occasion, tuple(unanswered), (first, *replies), exchange.texts_in, exchange.questions)

    def _contacts(self, occasion: Occasion, texting: bool) -> Iterator[tuple[datetime, Channel]]:
        """Each contact if nobody answers: its instant and its channel."""
        zone, ladder = ZoneInfo(occasion.zone), self._study.assessments[occasion.assessment].ladder
        opened, closes = occasion.due_at, occasion.closes_at
        moments: list[tuple[datetime, int | None]] = [(opened, 0)]
        moments += [(at, None) for at in opening.reminders(occasion.reminders, opened, closes)]
        moments += [(at, number) for number, at in opening.later_rungs(ladder, opened, closes, zone)]
        present = -1
        for at, climbs_to in sorted(moments, key=lambda moment: moment[0]):
            if climbs_to is not None and climbs_to <= present:
                continue  # a lower rung reached nobody, so this one was used before
            rung = _reaching(ladder, present if climbs_to is None else climbs_to, texting)
            if rung is None or (climbs_to is None and ladder[rung].channel == "call"):
                continue  # no channel reaches the person, or the team was asked to call
            present = rung
            allowed = self._allowed(at, zone, occasion.assessment)
            if allowed is not None and allowed < closes:
                yield allowed, ladder[rung].channel

    def _allowed(self, at: datetime, zone: ZoneInfo, assessment: str) -> datetime | None:
        """The first instant from `at` on at which a message may be sent; None if there is none."""
        silence = self._rules.silence_of(self._study.assessments[assessment], self._who.person.site)
        allowed = next_allowed(at, wall_time(at, zone), zone, silence)
        return None if allowed is None else allowed[0]


def _reaching(ladder: tuple[Rung, ...], start: int, texting: bool) -> int | None:
    """The first rung from `start` on that reaches the person; None if there is none."""
    return next((n for n in range(start, len(ladder)) if ladder[n].channel != "sms" or texting), None)
