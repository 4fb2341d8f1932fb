"""What became of a check-in of a made-up person: asked, answered how and when, or missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from pro_collector.domain.conversation.survey import Mode, State
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.branching import enabled, with_not_asked
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Item
from pro_collector.rehearsal.illness import RECALL, Illness
from scheduler.occasion import Occasion
from tests.shared.year_people import Patient

GOOD = frozenset({"mood", "calm", "doing", "company", "overall"})
PACE = timedelta(seconds=45)
"""The time for one question."""
ALL_ANSWERED = "every question answered"
CLOSED_EMPTY, CLOSED_HALF = "window closed without an answer", "window closed before the last question"


@dataclass(frozen=True, slots=True)
class Given:
    """One answer and when it was given."""

    instrument: Instrument
    item: str
    answer: Answer
    at: datetime


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a check-in that was asked."""

    state: State
    reason: str | None
    ended_at: datetime | None
    mode: Mode
    given: tuple[Given, ...] = ()
    complete: bool = False


def fate(
    dice: Random, patient: Patient, occasion: Occasion, instruments: Sequence[Instrument], now: datetime,
    *, conversation: bool,
) -> Fate:  # fmt: skip
    """What became of a check-in that was opened at its time; it is judged by what is known at `now`."""
    mode = _mode(dice, conversation=conversation)
    answers_at = occasion.due_at + _delay(dice, occasion)
    silent = patient.silent_from is not None and occasion.due_local.date() >= patient.silent_from
    if silent or dice.random() > patient.answers or answers_at > now:
        if occasion.closes_at > now:
            return Fate("invited", None, None, mode)
        return Fate("missed", CLOSED_EMPTY, occasion.closes_at, mode)
    given = _answers(dice, patient, occasion, instruments, answers_at)
    if dice.random() < 0.04:
        kept = given[: dice.randint(1, len(given) - 1)] if len(given) > 1 else given
        if occasion.closes_at > now:
            return Fate("started", None, None, mode, kept)
        return Fate("partial", CLOSED_HALF, occasion.closes_at, mode, kept)
    return Fate("completed", ALL_ANSWERED, given[-1].at, mode, given, complete=True)


def waiting(instruments: Sequence[Instrument], given: Sequence[Given]) -> str | None:
    """The first question without an answer, as instrument/item."""
    for instrument in instruments:
        known = {each.item: each.answer for each in given if each.instrument is instrument}
        for item in instrument.items:
            if item.id not in known and enabled(item, known):
                return f"{instrument.id}/{item.id}"
    return None


def settled(instrument: Instrument, given: Sequence[Given]) -> dict[str, Answer]:
    """The answers to an instrument as a finished response stores them, with `not-asked` for what was skipped."""
    return with_not_asked(instrument, {each.item: each.answer for each in given if each.instrument is instrument})


def _mode(dice: Random, *, conversation: bool) -> Mode:
    chance = dice.random()
    return "call" if chance < 0.06 else "sms" if conversation and chance < 0.86 else "web"


def _delay(dice: Random, occasion: Occasion) -> timedelta:
    """Minutes, sometimes hours, sometimes after the first reminder; within the window."""
    chance = dice.random()
    minutes = (
        dice.randint(2, 90) if chance < 0.7 else dice.randint(90, 700) if chance < 0.85 else dice.randint(2880, 5400)
    )
    return min(timedelta(minutes=minutes), (occasion.closes_at - occasion.due_at) * 0.9)


def _answers(
    dice: Random, patient: Patient, occasion: Occasion, instruments: Sequence[Instrument], at: datetime
) -> tuple[Given, ...]:
    day = occasion.due_local.date()
    worst = max(patient.illness.level(day - timedelta(days=back)) for back in range(RECALL))
    given: list[Given] = []
    for instrument in instruments:
        known: dict[str, Answer] = {}
        for item in instrument.items:
            if enabled(item, known):
                known[item.id] = _answer(dice, item, _felt(dice, patient.illness, item.id, worst))
                given.append(Given(instrument, item.id, known[item.id], at + PACE * len(given)))
    return tuple(given)


def _felt(dice: Random, illness: Illness, topic: str, worst: float) -> float:
    trouble = min(1.0, max(0.0, worst + illness.offsets.get(topic, 0.0) + dice.gauss(0.0, 0.07)))
    return 1.0 - trouble if topic in GOOD else trouble


def _answer(dice: Random, item: Item, level: float) -> Answer:
    if dice.random() < 0.01:
        return Absent.ASKED_DECLINED
    if item.options:
        return item.options[round(level * (len(item.options) - 1))].code
    low, high = int(item.minimum or 0), int(item.maximum or 10)
    return low + round(level * (high - low))
