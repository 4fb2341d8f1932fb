"""Whether a message may be sent to a person now. This is the only such rule; the sender checks it again."""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pro_collector.domain.conversation.reaction import Reply
from pro_collector.domain.conversation.survey import BEGUN, Purpose, State
from scheduler.after_end import Ending
from scheduler.person import ENDING, NO_TEXTS, SUPPRESSING, Condition
from scheduler.rules import Channel, Reporter

MessagePurpose = Purpose | Reply | Literal["code", "person", "advice"]
"""What a message is for: a step of a survey, a reply to a person who wrote to us, a code for their own page, the words
of a person of the team, or the advice of a rule that raised an alert."""

ALWAYS_ALLOWED: frozenset[MessagePurpose] = frozenset({"stop_confirmed", "emergency", "help"})
"""Purposes that answer any person who writes to us, even after they have left the study."""
ALLOWED_AFTER_OPT_OUT: frozenset[MessagePurpose] = frozenset({"stop_confirmed", "emergency"})
"""Purposes that are allowed at an address that has opted out."""
UNSOLICITED: frozenset[MessagePurpose] = frozenset({"invitation", "reminder"})
"""Purposes that do not answer a message of the person; they are not sent to a person who is away."""
ASKING: frozenset[MessagePurpose] = frozenset({"invitation", "question", "again", "clarification", "explanation"})
"""Purposes that ask for an answer; they are useless once the occasion is completed or cancelled."""


class Refusal(StrEnum):
    """Why a message must not be sent. The values are stored with the message and in the log of the occasion."""

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
    NO_CONSENT = "has not agreed to be asked"
    NOT_RELEASED = "the team has not released it"
    OF_THE_DEAD = "the address of somebody who has died"
    MAY_STOP = "may have asked to stop; a person must read it"


@dataclass(frozen=True, slots=True)
class Standing:
    """The states that a participant is in today, by their own calendar, and whether they have left the study.

    `left`: an event of the timeline has ended their participation. Some states end it too (see `has_left`). `may_stop`:
    the reporter wrote something that may be a wish to stop, and nobody has read it yet. `died`: by a state or an event.
    `agrees`: the consent of the reporter, where one is needed or recorded, is in force. `may_have_ended`: the product
    paused them, because their participation may have ended, and nobody has confirmed it yet. `caregiver_goes_on`: their
    caregiver is asked although they have withdrawn; `goes_on`: the reporter is that caregiver.
    """

    states: Set[Condition] = frozenset()
    left: bool = False
    may_stop: bool = False
    died: bool = False
    agrees: bool = True
    may_have_ended: bool = False
    caregiver_goes_on: bool = False
    goes_on: bool = False

    @property
    def has_left(self) -> bool:
        """Whether this person has left the study, by an event or by a state."""
        return self.left or bool(self.states & ENDING)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is asked of this reporter because the person has left the study."""
        return self.has_left and not self.goes_on

    def of(self, reporter: Reporter, *, may_stop: bool, agrees: bool) -> "Standing":
        """The standing of one reporter, whose `may_stop` and `agrees` these are.

        A caregiver is asked about themselves: of the patient's states only an end of their part counts, and that it may
        have come.
        """
        asked = replace(self, may_stop=may_stop, agrees=agrees)
        if reporter != "caregiver":
            return asked
        counted = {each for each in self.states if each in ENDING or (each == "paused" and self.may_have_ended)}
        return replace(asked, states=counted, goes_on=self.caregiver_goes_on)


@dataclass(frozen=True, slots=True)
class Address:
    """Whether an address of a participant or a proxy has opted out or does not work.

    `of_patient`: the patient is reached there, alone or with others.
    """

    opted_out: bool = False
    broken: bool = False
    of_patient: bool = False


@dataclass(frozen=True, slots=True)
class OccasionStatus:
    """The state of an occasion, the reason of its end, and the question whose answer it waits for.

    `follows`: the end of participation because of which it is asked. `released`: nobody of the team need release it.
    """

    state: State
    reason: str | None = None
    asked: str | None = None
    follows: Ending | None = None
    released: bool = True


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send. `item`: the question that it asks; `expires_at`: the instant from which it is too late."""

    purpose: MessagePurpose
    channel: Channel
    item: str | None = None
    expires_at: datetime | None = None


def refusal(
    standing: Standing,
    address: Address | None,
    occasion: OccasionStatus | None,
    message: OutgoingMessage,
    now: datetime,
) -> Refusal | None:
    """Why a message must not be sent to a person now, or None if it may be sent.

    `address` is None if the person has none on this channel; `occasion` is None if the message is about no occasion.
    Quiet hours are a separate rule (`scheduler.calendar.next_allowed`): that says when, this says whether.
    """
    refusal_at_address = _at_address(address, message, now)
    if refusal_at_address or message.purpose in ALWAYS_ALLOWED:
        return refusal_at_address
    if occasion is not None and occasion.follows is not None:
        of_person = _at_patients(standing, address) or _after_the_end(standing, occasion, message)
    else:
        of_person = _of_person(standing, occasion, message)
    return of_person or _of_occasion(occasion, message)


def _at_address(address: Address | None, message: OutgoingMessage, now: datetime) -> Refusal | None:
    if address is None:
        return Refusal.NO_ADDRESS
    if address.opted_out and message.purpose not in ALLOWED_AFTER_OPT_OUT:
        return Refusal.OPTED_OUT
    if address.broken:
        return Refusal.BROKEN_ADDRESS
    expired = message.expires_at is not None and message.expires_at <= now
    return Refusal.TOO_LATE if expired else None


def _of_person(standing: Standing, occasion: OccasionStatus | None, message: OutgoingMessage) -> Refusal | None:
    ended = occasion is not None and occasion.reason == "participation_ended"
    if standing.is_over or ended:
        return Refusal.LEFT_STUDY
    if not standing.agrees and message.purpose in UNSOLICITED | ASKING:
        return Refusal.NO_CONSENT
    return _of_states(standing, message)


def _of_states(standing: Standing, message: OutgoingMessage) -> Refusal | None:
    if message.channel == "sms" and standing.states & NO_TEXTS:
        return Refusal.NO_TEXTS
    if message.purpose not in UNSOLICITED:
        return None
    away = sorted(standing.states & SUPPRESSING)
    return Refusal(away[0]) if away else Refusal.MAY_STOP if standing.may_stop else None


def still_asked(standing: Standing, follows: Ending | None) -> bool:
    """Whether an occasion still has its cause: the participation, or the end of it that it follows."""
    if follows is None:
        return not standing.is_over
    return standing.died if follows == "deceased" else standing.has_left and not standing.died


def _at_patients(standing: Standing, address: Address | None) -> Refusal | None:
    """Nothing is asked at an address of somebody who has died, whoever else reads it."""
    return Refusal.OF_THE_DEAD if standing.died and address is not None and address.of_patient else None


def _after_the_end(standing: Standing, occasion: OccasionStatus, message: OutgoingMessage) -> Refusal | None:
    """Why a message about what follows the end of participation must not be sent.

    States of the patient such as a pause do not matter after their death.
    """
    if not still_asked(standing, occasion.follows) or occasion.reason == "participation_ended":
        return Refusal.LEFT_STUDY
    if not occasion.released:
        return Refusal.NOT_RELEASED
    if not standing.agrees:
        return Refusal.NO_CONSENT
    if occasion.follows == "deceased":
        return Refusal.MAY_STOP if standing.may_stop and message.purpose in UNSOLICITED else None
    return _of_states(standing, message)


def _of_occasion(occasion: OccasionStatus | None, message: OutgoingMessage) -> Refusal | None:
    if occasion is None:
        return None
    over = message.purpose == "reminder" and occasion.state not in BEGUN
    another = message.item is not None and message.item != occasion.asked
    ended = message.purpose in ASKING and occasion.state in ("completed", "cancelled")
    return Refusal.NOT_AWAITED if over or another or ended else None
