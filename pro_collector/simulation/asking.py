"""One occasion being asked: which messages go when, and whether, when and how far somebody answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from pro_collector.domain.study.definition import Study
from pro_collector.simulation.people import Character, Habits
from pro_collector.simulation.script import PATTERNS, Script
from scheduler.calendar import Silence, later, next_allowed, wall_time
from scheduler.occasion import Occasion, State
from scheduler.rules import Channel


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that leaves, or one call of the team: at an instant, in segments for a text."""

    at: datetime
    channel: Channel
    segments: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """An occasion as it went: everything sent, texts that came in, questions answered, its end and how it came."""

    occasion: Occasion
    sent: tuple[Sent, ...]
    texts_in: int
    questions: int
    state: State
    ended_at: datetime
    by: Channel | None

    def cut(self, at: datetime) -> "Asked":
        """The same, when participation ended at `at` with this one unfinished: nothing leaves any more."""
        sent = tuple(each for each in self.sent if each.at < at)
        return Asked(self.occasion, sent, 0, 0, "cancelled", at, None)


class Asking:
    """Asks the occasions of one made-up participant."""

    def __init__(self, study: Study, script: Script, silence: Silence, who: Character, random: Random) -> None:
        self._study = study
        self._script = script
        self._silence = silence
        self._who = who
        self._random = random

    def ask(self, occasion: Occasion, texting: bool) -> Asked:
        """Invite, remind, climb the ladder, until somebody answers or the window closes."""
        contacts = self._contacts(occasion, texting)
        answered = self._answered(contacts, occasion)
        assessment = occasion.assessment
        language = self._script.language(assessment, occasion.reporter, self._who.person.language)
        conversation = self._study.mode(assessment, self._who.country) == "conversation"
        sent = []
        for number, (at, channel) in enumerate(contacts):
            if answered is not None and at > answered[0]:
                break
            purpose = "reminder" if number else "invitation"
            size = self._script.text(assessment, occasion.reporter, language, conversation, purpose)
            sent.append(Sent(at, channel, size if channel == "sms" else 0))
        if answered is None:
            return Asked(occasion, tuple(sent), 0, 0, "missed", occasion.closes_at, None)
        at, channel = answered
        by_text = conversation and channel == "sms"
        exchange = self._script.exchange(
            assessment, occasion.reporter, language, by_text, self._random.randrange(PATTERNS), self._stop()
        )
        if by_text:
            sent.append(Sent(at, "sms", exchange.segments_out))
            sent += [Sent(at, "sms")] * (exchange.texts_out - 1)
        state: State = "completed" if exchange.state == "completed" else "partial"
        return Asked(occasion, tuple(sent), exchange.texts_in, exchange.questions, state, at, channel)

    def _contacts(self, occasion: Occasion, texting: bool) -> list[tuple[datetime, Channel]]:
        """Every moment at which somebody is spoken to, as long as nobody answers: rungs in order, reminders on each."""
        zone = ZoneInfo(occasion.zone)
        ladder = self._study.assessments[occasion.assessment].ladder
        usable = [rung for rung in ladder if rung.channel != "sms" or texting]
        if not usable:
            return []
        climbs = [(occasion.due_at, usable[0].channel)]
        climbs += [(later(occasion.due_local, rung.after, zone), rung.channel) for rung in usable[1:]]
        moments: list[tuple[datetime, Channel]] = [*climbs]
        for at in occasion.reminders:
            present = [channel for since, channel in climbs if since <= at][-1]
            if present != "call":
                moments.append((at, present))
        planned = {occasion.due_at, *occasion.reminders}  # the planner gave them moments that are allowed
        found = []
        for at, channel in sorted(moments):
            allowed = at if at in planned else self._allowed(at, zone)
            if allowed is not None and allowed < occasion.closes_at:
                found.append((allowed, channel))
        return found

    def _allowed(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """The first moment from `at` on at which a message may go."""
        allowed = next_allowed(at, wall_time(at, zone), zone, self._silence)
        return None if allowed is None else allowed[0]

    def _answered(
        self, contacts: list[tuple[datetime, Channel]], occasion: Occasion
    ) -> tuple[datetime, Channel] | None:
        """When somebody answers first, and to which message."""
        found: list[tuple[datetime, Channel]] = []
        for at, channel in contacts:
            if found and min(found)[0] <= at:
                break
            if self._random.random() < _chance(self._who.habits, channel) * (1.0 if not found else 0.5):
                hours = self._random.lognormvariate(0, 1) * self._who.habits.hours
                when = _awake(at + timedelta(seconds=round(hours * 3600) + 60), ZoneInfo(occasion.zone))
                if when < occasion.closes_at:
                    found.append((when, channel))
        return min(found, default=None)

    def _stop(self) -> int | None:
        """How many questions are answered by someone who does not go on to the end."""
        return self._random.randrange(1, 8) if self._random.random() < self._who.habits.halfway else None


def _awake(at: datetime, zone: ZoneInfo) -> datetime:
    """Nobody answers in the small hours: then it is nine hours later."""
    return at + timedelta(hours=9) if wall_time(at, zone).hour < 7 else at


def _chance(habits: Habits, channel: Channel) -> float:
    return {"sms": habits.sms, "email": habits.email, "call": habits.call}[channel]
