"""Whether a message may be sent: every state, purpose and channel, compared with a second version of the rule."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.casework.speaking.speech import URGENCY
from pro_collector.domain.conversation.permission import (
    Address,
    MessagePurpose,
    OccasionStatus,
    OutgoingMessage,
    Refusal,
    Standing,
    refusal,
    still_asked,
)
from pro_collector.domain.conversation.survey import State
from scheduler.person import Condition
from scheduler.rules import Channel

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PURPOSES = sorted(URGENCY)
STATES: tuple[Condition, ...] = get_args(Condition)
CHANNELS: tuple[Channel, ...] = get_args(Channel)
TO_WRITERS = {"stop_confirmed", "emergency", "help"}
"""Purposes that answer any person who writes to us, in every state."""
OPEN = OccasionStatus("open", None, "diary/pain")


def expected(state: Condition, purpose: MessagePurpose, channel: Channel) -> str | None:
    """The rule again, written independently of the product."""
    if purpose in TO_WRITERS:
        return None
    match state:
        case "withdrew" | "died":
            return "has left the study"
        case "stopped_texting":
            return "asked for no texts" if channel == "sms" else None
        case "paused" | "hospital" | "holiday":
            return state if purpose in ("invitation", "reminder") else None
        case "moved" | "answered_by_proxy" | "crossed_over":
            return None
    raise AssertionError(f"nobody has said what is told to somebody who is {state}")


def test_every_state_times_every_purpose_times_every_channel() -> None:
    found = {
        each: refusal(Standing(frozenset({each[0]})), Address(), None, OutgoingMessage(each[1], each[2]), NOW)
        for each in product(STATES, PURPOSES, CHANNELS)
    }
    assert found == {each: expected(*each) for each in product(STATES, PURPOSES, CHANNELS)}


def test_who_may_have_asked_to_stop_is_told_nothing_unasked_in_every_state() -> None:
    for state, purpose, channel in product((None, *STATES), PURPOSES, CHANNELS):
        found = refusal(
            Standing(frozenset({state} if state else ()), may_stop=True),
            Address(),
            None,
            OutgoingMessage(purpose, channel),
            NOW,
        )
        held = "may have asked to stop; a person must read it" if purpose in ("invitation", "reminder") else None
        assert found == ((expected(state, purpose, channel) if state else None) or held), (state, purpose, channel)


def test_of_the_patients_states_only_an_end_holds_back_what_a_caregiver_is_asked_about_themselves() -> None:
    for state, purpose, channel in product(STATES, PURPOSES, CHANNELS):
        message = OutgoingMessage(purpose, channel)
        theirs = Standing(frozenset({state})).of("caregiver", may_stop=False, agrees=True)
        ended = state in ("withdrew", "died") and purpose not in TO_WRITERS
        assert refusal(theirs, Address(), None, message, NOW) == ("has left the study" if ended else None)
        for reporter in ("self", "proxy"):
            same = Standing(frozenset({state})).of(reporter, may_stop=False, agrees=True)
            assert refusal(same, Address(), None, message, NOW) == expected(state, purpose, channel)


def test_a_caregiver_who_goes_on_is_asked_after_the_withdrawal_and_nobody_else_is() -> None:
    left = Standing(frozenset({"withdrew"}), left=True, caregiver_goes_on=True)
    for purpose, channel in product(PURPOSES, CHANNELS):
        message = OutgoingMessage(purpose, channel)
        theirs = left.of("caregiver", may_stop=False, agrees=True)
        assert refusal(theirs, Address(), None, message, NOW) is None
        assert still_asked(theirs, None)
        assert still_asked(theirs, "withdrawn"), "the survey about leaving is asked too"
        for reporter in ("self", "proxy"):
            of_patient = left.of(reporter, may_stop=False, agrees=True)
            why = None if purpose in TO_WRITERS else Refusal.LEFT_STUDY
            assert refusal(of_patient, Address(), None, message, NOW) is why
            assert not still_asked(of_patient, None)


def test_nobody_asks_a_caregiver_how_they_are_while_a_reported_end_waits_for_a_person() -> None:
    waits = Standing(frozenset({"paused", "hospital"}), may_have_ended=True)
    theirs = waits.of("caregiver", may_stop=False, agrees=True)
    for purpose, channel in product(PURPOSES, CHANNELS):
        why = Refusal.PAUSED if purpose in ("invitation", "reminder") else None
        assert refusal(theirs, Address(), None, OutgoingMessage(purpose, channel), NOW) is why


def test_an_address_that_is_missing_stopped_or_broken() -> None:
    for purpose, channel in product(PURPOSES, CHANNELS):
        telling = OutgoingMessage(purpose, channel)
        assert refusal(Standing(), Address(), None, telling, NOW) is None
        assert refusal(Standing(), None, None, telling, NOW) is Refusal.NO_ADDRESS
        assert refusal(Standing(), Address(broken=True), None, telling, NOW) is Refusal.BROKEN_ADDRESS
        stopped = refusal(Standing(), Address(opted_out=True), None, telling, NOW)
        assert stopped is (None if purpose in {"stop_confirmed", "emergency"} else Refusal.OPTED_OUT), purpose


@pytest.mark.parametrize("purpose", PURPOSES)
def test_an_event_that_ends_participation_counts_as_a_state_that_does(purpose: MessagePurpose) -> None:
    why = None if purpose in TO_WRITERS else Refusal.LEFT_STUDY
    ended = OccasionStatus("cancelled", "participation_ended")
    assert refusal(Standing(left=True), Address(), None, OutgoingMessage(purpose, "email"), NOW) is why
    assert refusal(Standing(), Address(), ended, OutgoingMessage(purpose, "email"), NOW) is why


def test_an_expired_message_is_refused_for_every_purpose() -> None:
    for purpose in PURPOSES:
        late, in_time = (OutgoingMessage(purpose, "sms", None, NOW + timedelta(seconds=each)) for each in (0, 1))
        assert refusal(Standing(), Address(), None, late, NOW) is Refusal.TOO_LATE
        assert refusal(Standing(), Address(), None, in_time, NOW) is None


def awaited_by_hand(state: State, purpose: MessagePurpose, item: str | None, asked: str | None) -> bool:
    """Whether a message about an occasion is allowed, written independently of the product."""
    if purpose in TO_WRITERS:
        return True
    if item is not None and item != asked:
        return False
    if purpose == "reminder":
        return state in ("open", "invited", "started")
    asks = purpose in ("invitation", "question", "again", "clarification", "explanation")
    return not (asks and state in ("completed", "cancelled"))


def test_every_state_of_an_occasion_times_every_purpose_times_every_question() -> None:
    questions = (None, "diary/pain", "diary/sleep")
    for state, purpose, item, asked in product(get_args(State), PURPOSES, questions, questions):
        found = refusal(
            Standing(), Address(), OccasionStatus(state, None, asked), OutgoingMessage(purpose, "sms", item), NOW
        )
        said = awaited_by_hand(state, purpose, item, asked)
        assert found is (None if said else Refusal.NOT_AWAITED), (state, purpose, item, asked)


@given(
    states=st.frozensets(st.sampled_from(STATES)),
    purpose=st.sampled_from(PURPOSES),
    channel=st.sampled_from(CHANNELS),
    left=st.booleans(),
    may_stop=st.booleans(),
    address=st.builds(Address, opted_out=st.booleans(), broken=st.booleans()) | st.none(),
)
def test_more_reasons_never_permit_more(
    states: frozenset[Condition],
    purpose: MessagePurpose,
    channel: Channel,
    left: bool,
    may_stop: bool,
    address: Address | None,
) -> None:
    whole = refusal(Standing(states, left, may_stop), address, OPEN, OutgoingMessage(purpose, channel), NOW)
    for state in states:
        alone = refusal(Standing(frozenset({state})), Address(), OPEN, OutgoingMessage(purpose, channel), NOW)
        assert alone is None or whole is not None
    if may_stop and refusal(Standing(may_stop=True), Address(), OPEN, OutgoingMessage(purpose, channel), NOW):
        assert whole is not None
    if address is not None and refusal(Standing(), address, OPEN, OutgoingMessage(purpose, channel), NOW):
        assert whole is not None


@pytest.mark.parametrize(
    ("purpose", "why"),
    [
        ("invitation", Refusal.NO_CONSENT),
        ("question", Refusal.NO_CONSENT),
        ("reminder", Refusal.NO_CONSENT),
        ("stop_confirmed", None),
        ("emergency", None),
    ],
)
def test_whoever_does_not_agree_is_asked_nothing_and_is_still_answered(purpose: Any, why: Refusal | None) -> None:
    assert refusal(Standing(agrees=False), Address(), None, OutgoingMessage(purpose, "sms"), NOW) is why
