"""What may be sent because participation ended: every standing, purpose and address, against a second rule."""

from datetime import UTC, datetime
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.casework.speaking.speech import URGENCY
from pro_collector.domain.conversation.permission import (
    Address,
    OccasionStatus,
    OutgoingMessage,
    Standing,
    refusal,
    still_asked,
)
from scheduler.after_end import Ending
from scheduler.person import Condition

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TO_WRITERS = {"stop_confirmed", "emergency", "help"}
PURPOSES = sorted(set(URGENCY) - TO_WRITERS)
ENDINGS: tuple[Ending, ...] = ("withdrawn", "completed", "deceased")
STANDINGS = st.builds(
    Standing,
    st.sets(st.sampled_from(["paused", "hospital", "stopped_texting", "withdrew", "died"])).map(
        lambda states: frozenset[Condition](states)  # type: ignore[arg-type]
    ),
    st.booleans(), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
ADDRESSES = st.builds(Address, st.booleans(), st.booleans(), st.booleans())


@given(STANDINGS, ADDRESSES, st.sampled_from(ENDINGS), st.booleans(), st.sampled_from(PURPOSES))
def test_after_a_death_nothing_reaches_the_patient_and_nobody_is_asked_who_did_not_agree(
    standing: Standing, address: Address, ending: Ending, released: bool, purpose: str
) -> None:
    occasion = OccasionStatus("open", None, None, ending, released)
    message = OutgoingMessage(purpose, "sms")  # type: ignore[arg-type]
    if refusal(standing, address, occasion, message, NOW) is None:
        assert released
        assert standing.agrees
        assert not address.opted_out
        assert not address.broken
        assert not (standing.died and address.of_patient)
        assert standing.died == (ending == "deceased")
        assert standing.died or standing.has_left
        assert not (standing.may_stop and purpose in ("invitation", "reminder"))


def test_a_pause_of_the_patient_does_not_silence_what_follows_their_death() -> None:
    paused = Standing(frozenset({"paused", "stopped_texting", "died"}), died=True)
    for purpose in ("invitation", "reminder"):
        message = OutgoingMessage(purpose, "sms")
        assert refusal(paused, Address(), OccasionStatus("open", None, None, "deceased"), message, NOW) is None


def test_an_occasion_loses_its_cause_when_what_it_follows_is_taken_back() -> None:
    here, left, dead = Standing(), Standing(frozenset({"withdrew"})), Standing(frozenset({"died"}), died=True)
    found = {(n, ending): still_asked(each, ending) for (n, each), ending in product(
        enumerate((here, left, dead)), (None, *ENDINGS)
    )}  # fmt: skip
    asked = {each for each, still in found.items() if still}
    assert asked == {(0, None), (1, "withdrawn"), (1, "completed"), (2, "deceased")}
