"""Follow-ups on open surveys: the code that reminders, rungs, resumed questions and retries share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.ladder import say_on_ladder
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.speaking.speech import NEXT_QUESTION_WITHIN
from pro_collector.domain.conversation.survey import BEGUN, remind
from pro_collector.domain.events import SurveyEvent
from pro_collector.postgres.tables import holds, occasions
from pro_collector.postgres.tables.holds import LastHeldMessage
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from scheduler.calendar import later, wall_time

HELD_CHECK_INTERVAL = timedelta(minutes=30)
"""How long the next rung waits before it checks again whether a held message has left."""

E = TypeVar("E", bound=SurveyEvent)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One open survey whose question or link is to be sent again.

    `held`: the last message on the present rung, if it was held because of a fault of our own.
    """

    desk: Desk
    case: Case
    row: OccasionRow
    event: SurveyEvent
    held: LastHeldMessage | None

    def remind(self) -> None:
        """Send the waiting question or link again on the present rung, unless the first one has not arrived yet."""
        if not self._is_away() and not self._waits_to_arrive():
            self._say(from_rung=self.row.rung)

    def go_to_rung(self, rung: int) -> None:
        """Send the waiting question or link on `rung`, unless the survey has reached that rung before."""
        if rung > self.row.rung and not self._is_away() and not self._waits_for_rung(rung):
            self._say(from_rung=rung)

    def resume(self) -> None:
        """Ask the question that had to wait for its turn at the phone, unless it was asked in the meantime."""
        contact = self.case.contact(self.row.reporter, "sms", self.row)
        if contact is None or self.desk.phones.asked_last(self.row, contact):
            return
        if not self._is_away() and not self._waits_to_arrive():
            self._say(from_rung=0)

    def _is_away(self) -> bool:
        """Whether this participant gets no unrequested messages now; if so, log why."""
        away = self.case.refusal("reminder", self.row.reporter, "call", self.row)
        if away is not None:
            self._suppress(away)
        return away is not None

    def _say(self, *, from_rung: int) -> None:
        """Send on the first rung from `from_rung` on that reaches the reporter; in quiet hours, postpone."""
        allowed = self.case.earliest_send(self.row)
        if allowed is None or allowed >= self.row.closes_at:
            self._suppress("quiet_hours")
        elif (at := max(allowed, self._busy_until())) > self.desk.now:
            self._put_off(at)
        else:
            step = remind(self.case.survey(self.row))
            say_on_ladder(self.desk, self.case, self.row, step, from_rung=from_rung)

    def _waits_to_arrive(self) -> bool:
        """Whether the last message was held, and has not left yet or left a moment ago."""
        if self.held is None:
            return False
        if self.held.left_at is None:
            if self.held.waits:
                self._suppress("held")
            return self.held.waits
        return self._waits_until(self.held.left_at + NEXT_QUESTION_WITHIN)

    def _waits_for_rung(self, rung: int) -> bool:
        """Whether the next rung waits, because the last message was held.

        The interval of the ladder counts from the instant at which the held message left. When another message had
        left before it, the ladder goes on without waiting.
        """
        if self.held is None:
            return False
        if self.held.left_at is None:
            if self.held.alone and self.desk.now + HELD_CHECK_INTERVAL < self.row.closes_at:
                self._put_off(self.desk.now + HELD_CHECK_INTERVAL)
            return self.held.alone
        return self._waits_until(self.held.left_at + self._rung_interval(rung))

    def _put_off(self, at: datetime) -> None:
        self.desk.schedule(self.event.postponed(at))

    def _suppress(self, reason: str) -> None:
        """Log that this follow-up is not sent, and why."""
        what = self.event.type.removeprefix("survey.").removesuffix("_due")
        self.desk.note(self.row, "suppressed", reason=reason, of=what)

    def _waits_until(self, at: datetime) -> bool:
        if at <= self.desk.now:
            return False
        if at < self.row.closes_at:
            self._put_off(at)
        else:
            self._suppress("held")
        return True

    def _rung_interval(self, rung: int) -> timedelta:
        """The time from the present rung to another, by the study's ladder."""
        zone = ZoneInfo(self.row.zone)
        rungs = self.case.version_of(self.row).study.assessment(self.row.assessment).ladder
        wall = wall_time(self.row.opened_at or self.row.due_at, zone)
        return later(wall, rungs[rung].after, zone) - later(wall, rungs[self.row.rung].after, zone)

    def _busy_until(self) -> datetime:
        """Until when a question asked a moment ago is not sent again: it may be on its way, or its answer may."""
        contact = self.case.contact(self.row.reporter, "sms", self.row)
        asked_at = self.desk.phones.texted_at(self.row, contact) if contact else None
        return asked_at + NEXT_QUESTION_WITHIN if asked_at else self.desk.now


async def follow_up(events: Sequence[E], rt: Runtime, act: Callable[[FollowUp, E], None]) -> None:
    """Call `act` on each survey of these events that is still open; ended surveys need no follow-up."""
    async with rt.database.once(events) as (tx, fresh):
        rows = await occasions.load(tx, [event.occasion_id for event in fresh])
        desk = await open_desk(tx, rt, [row.participant_id for row in rows], rows)
        held = await holds.of_occasions(tx, [row.id for row in rows])
        for event in fresh:
            case = desk.cases[event.participant_id]
            row = case.occasions[event.occasion_id]
            if row.state in BEGUN:
                row = case.speaking(row)
            last = held.get(row.id)
            if row.state in BEGUN:
                act(FollowUp(desk, case, row, event, last if last and last.rung == row.rung else None), event)
        await save(desk)
