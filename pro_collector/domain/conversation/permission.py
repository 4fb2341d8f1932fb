"""May this person be told this now? The one rule: whoever wants to say something asks it, and the sender asks again."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pro_collector.domain.conversation.reaction import Reply
from pro_collector.domain.conversation.survey import BEGUN, Purpose, State
from scheduler.person import ENDING, NO_TEXTS, SUPPRESSING, Condition
from scheduler.rules import Channel

MessagePurpose = Purpose | Reply
"""What a message is for: a step of a survey, or an answer to whoever wrote."""

ALWAYS_SAID: frozenset[MessagePurpose] = frozenset({"stop_confirmed", "emergency", "help"})
"""What is said to whoever writes to us, even after they have left the study."""
SAID_AFTER_STOP: frozenset[MessagePurpose] = frozenset({"stop_confirmed", "emergency"})
"""What is said at an address whose owner wants no messages there."""
UNASKED: frozenset[MessagePurpose] = frozenset({"invitation", "reminder"})
"""What is said to people who have not just written or answered: never to those who are away."""
ASKING: frozenset[MessagePurpose] = frozenset({"invitation", "question", "again", "clarification"})
"""What asks for an answer: of no use once the occasion is complete or cancelled."""


class Refusal(StrEnum):
    """Why something must not be said. The values are stored with the message and in the life of the occasion."""

    NO_ADDRESS = "no address"
    OPTED_OUT = "opted out"
    BROKEN_ADDRESS = "address does not work"
    TOO_LATE = "its time had passed"
    LEFT_STUDY = "has left the study"
    NO_TEXTS = "asked for no texts"
    PAUSED = "paused"
    HOSPITAL = "hospital"
    HOLIDAY = "holiday"
    NOT_AWAITED = "no longer waited for"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a participant stands today, by their own calendar: the states they are in, and whether they have left.

    `left`: an event of the study's timeline has ended their participation. States that end it say so by themselves.
    """

    states: Set[Condition] = frozenset()
    left: bool = False

    @property
    def has_left(self) -> bool:
        """Whether this person takes part no more."""
        return self.left or bool(self.states & ENDING)


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a participant or of whoever answers for them."""

    opted_out: bool = False
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Awaited:
    """An occasion as far as it matters here: its state, why it ended, and the question that it waits for."""

    state: State
    reason: str | None = None
    asked: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What is to be said. `item`: the question that it asks; `expires_at`: when it is not worth saying any more."""

    purpose: MessagePurpose
    channel: Channel
    item: str | None = None
    expires_at: datetime | None = None


def refusal(
    standing: Standing, address: Address | None, awaited: Awaited | None, telling: Telling, now: datetime
) -> Refusal | None:
    """Why something must not be said to a person now; None: it may be.

    `address` is None where there is none on this channel; `awaited` is None for what is about no occasion. Whether
    the hour is quiet is another question (`scheduler.calendar.next_allowed`): it says when, this says whether.
    """
    refused = _at_address(address, telling, now)
    if refused or telling.purpose in ALWAYS_SAID:
        return refused
    return _of_person(standing, awaited, telling) or _of_occasion(awaited, telling)


def _at_address(address: Address | None, telling: Telling, now: datetime) -> Refusal | None:
    if address is None:
        return Refusal.NO_ADDRESS
    if address.opted_out and telling.purpose not in SAID_AFTER_STOP:
        return Refusal.OPTED_OUT
    if address.broken:
        return Refusal.BROKEN_ADDRESS
    late = telling.expires_at is not None and telling.expires_at <= now
    return Refusal.TOO_LATE if late else None


def _of_person(standing: Standing, awaited: Awaited | None, telling: Telling) -> Refusal | None:
    ended = awaited is not None and awaited.reason == "participation_ended"
    if standing.has_left or ended:
        return Refusal.LEFT_STUDY
    if telling.channel == "sms" and standing.states & NO_TEXTS:
        return Refusal.NO_TEXTS
    away = sorted(standing.states & SUPPRESSING) if telling.purpose in UNASKED else []
    return Refusal(away[0]) if away else None


def _of_occasion(awaited: Awaited | None, telling: Telling) -> Refusal | None:
    if awaited is None:
        return None
    over = telling.purpose == "reminder" and awaited.state not in BEGUN
    another = telling.item is not None and telling.item != awaited.asked
    ended = telling.purpose in ASKING and awaited.state in ("completed", "cancelled")
    return Refusal.NOT_AWAITED if over or another or ended else None
