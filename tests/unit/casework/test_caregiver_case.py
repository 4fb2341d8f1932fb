"""A case with a caregiver: their language, and what an end of the patient's part, known or feared, means for them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pro_collector.domain.conversation.permission import Refusal
from pro_collector.postgres.tables.consents import ConsentRow
from pro_collector.postgres.tables.participants import StateRow
from scheduler.person import Condition
from tests.unit.casework.cases import ANN, NOW, TODAY, case, contact, occasion, person, state, version

AGREED = ConsentRow(ANN, ANN, "caregiver", "participation", TODAY, NOW, "anna")
ADDRESSES = [contact(), contact(lookup=b"caregiver", reporter="caregiver"), contact("email", b"mail")]
ASKED = occasion(reporter="caregiver")
BY_A_PROGRAM: list[StateRow] = [replace(state("paused"), recorded_by=by) for by in ("system", "feed registry")]


def test_a_caregiver_is_spoken_to_in_their_own_language_and_else_in_the_patients() -> None:
    for own, expected in (("es", "es"), (None, "en")):
        found = case(who=person(caregiver_language=own))
        assert (found.language_of("caregiver"), found.language_of("self"), found.language) == (expected, "en", "en")


def test_nothing_that_holds_the_patient_back_holds_a_caregiver_who_agreed() -> None:
    for kind in ("paused", "hospital", "stopped_texting"):
        found = case(ASKED, contacts=ADDRESSES, consents=[AGREED], states=[state(kind)])
        assert found.refusal("invitation", "caregiver", "sms", ASKED) is None
        assert found.refusal("invitation", "self", "sms") is not None
    assert case(contacts=ADDRESSES).refusal("invitation", "caregiver", "sms") is Refusal.NO_CONSENT


@pytest.mark.parametrize("reported", BY_A_PROGRAM, ids=lambda each: each.recorded_by)
def test_nobody_asks_a_caregiver_how_they_are_while_a_death_may_have_come(reported: StateRow) -> None:
    found = case(ASKED, contacts=ADDRESSES, consents=[AGREED], states=[reported])
    assert found.refusal("invitation", "caregiver", "sms", ASKED) is Refusal.PAUSED
    assert found.refusal("help", "caregiver", "sms") is None
    later = replace(found, states=[replace(reported, ends_on=TODAY)])
    assert later.refusal("invitation", "caregiver", "sms", ASKED) is None


@pytest.mark.parametrize(
    ("kind", "decided", "asked"),
    [
        ("withdrew", None, False), ("withdrew", TODAY, True), ("withdrew", TODAY + timedelta(days=1), False),
        ("died", TODAY, False),
    ],
)  # fmt: skip
def test_after_the_end_a_caregiver_is_asked_only_if_it_was_decided(
    kind: Condition, decided: object, *, asked: bool
) -> None:
    who = person(caregiver_goes_on=decided)
    found = case(ASKED, who=who, contacts=ADDRESSES, consents=[AGREED], states=[state(kind)])
    assert found.refusal("reminder", "caregiver", "sms", ASKED) is (None if asked else Refusal.LEFT_STUDY)
    assert found.refusal("reminder", "self", "sms") is Refusal.LEFT_STUDY
    assert (found.own_survey(ASKED).closes_at == ASKED.closes_at) == asked, "the form takes answers just as long"


def test_an_event_that_is_a_withdrawal_is_one_and_another_end_is_not() -> None:
    leaving = (
        "    ends: participation\n",
        "    ends: participation\n  left:\n    label: {en: Left}\n    ends: participation\n    as: withdrawn\n",
    )
    for kind, goes_on in (("left", True), ("death", False)):
        who, known = person(caregiver_goes_on=TODAY), [(kind, TODAY)]
        found = case(who=who, versions={"1": version(leaving)}, treatment_dates=known)
        assert found.standing_of("caregiver").goes_on == goes_on
        assert found.standing_of("caregiver").is_over != goes_on
