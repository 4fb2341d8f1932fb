"""The phones of a batch: which surveys wait at which, who may ask next, and what a reply is to."""

from datetime import datetime, timedelta
from uuid import UUID

from pro_collector.casework.desk.phones import Phones
from pro_collector.domain.conversation.phone_turn import MIN_GAP, UNANSWERED_TURN, PhoneQuestion
from pro_collector.domain.conversation.survey import Place
from pro_collector.postgres.tables.occasions import OccasionRow
from tests.unit.casework.cases import ANN, BEN, DIARY, NOW, OTHER_PHONE, PHONE, case, contact, occasion, person

PAIN = Place(DIARY, "pain")
MINUTE = timedelta(minutes=1)
ANNS, BENS = occasion(1), occasion(1, of=BEN)


def phones(*rows: OccasionRow, at: bytes = PHONE) -> Phones:
    """Ann and Ben with their occasions; Ben's phone is `at`."""
    anns, bens = ([row for row in rows if row.participant_id == each] for each in (ANN, BEN))
    ben = case(*bens, who=person(BEN), contacts=[contact(lookup=at, of=BEN)])
    return Phones({ANN: case(*anns), BEN: ben})


def asked(row: OccasionRow, at: datetime, place: Place = PAIN, *, left: bool | None = True) -> PhoneQuestion:
    """What a survey asked."""
    return PhoneQuestion(row.id, place, at, left)


def test_people_share_a_phone_by_the_hash_of_its_number() -> None:
    assert phones().people(PHONE) == [ANN, BEN]
    apart = phones(ANNS, BENS, at=OTHER_PHONE)
    assert apart.people(PHONE) == [ANN]
    assert [row.id for _, row in apart.surveys(PHONE)] == [ANNS.id]
    assert [row.id for _, row in phones(ANNS, BENS).surveys(PHONE)] == [ANNS.id, BENS.id]
    assert [row.id for _, row in phones(occasion(reporter="proxy")).surveys(PHONE)] == [], "a proxy has no phone here"


def test_a_reply_is_to_the_question_that_was_asked_last() -> None:
    found = phones(ANNS, BENS)
    found.note(PHONE, asked(ANNS, NOW - 30 * MINUTE))
    assert found.reply_target(PHONE, NOW).verdict == "take"
    assert found.reply_target(PHONE, NOW).occasion_id == ANNS.id
    assert found.reply_target(OTHER_PHONE, NOW).verdict == "nothing"


def test_a_reply_without_a_certain_moment_is_an_answer_to_nothing() -> None:
    found = phones(ANNS)
    found.note(PHONE, asked(ANNS, NOW - 30 * MINUTE))
    doubtful = found.reply_target(PHONE, NOW, certain=False)
    assert (doubtful.verdict, doubtful.occasion_id) == ("again", ANNS.id)
    assert found.reply_target(OTHER_PHONE, NOW, certain=False).verdict == "nothing"


def test_late_answers_count_and_what_is_over_does_not() -> None:
    for state, verdict in (("partial", "take"), ("missed", "take"), ("cancelled", "nothing"), ("completed", "nothing")):
        row = occasion(state=state)
        found = phones(row)
        found.note(PHONE, asked(row, NOW - 30 * MINUTE))
        assert found.reply_target(PHONE, NOW).verdict == verdict, state


def test_a_survey_waits_for_another_that_waits_for_its_answer_at_the_phone() -> None:
    found = phones(ANNS, BENS)
    ben = found.cases[BEN]
    assert found.free_at(ben, BENS, ben.contacts[0]) == NOW
    found.note(PHONE, asked(ANNS, NOW - 5 * MINUTE))
    assert found.free_at(ben, BENS, ben.contacts[0]) == NOW - 5 * MINUTE + UNANSWERED_TURN
    ann = found.cases[ANN]
    assert found.free_at(ann, ANNS, ann.contacts[0]) == NOW, "its own question holds nobody up"


def test_a_survey_that_waits_for_no_answer_holds_nobody_up() -> None:
    for done in (occasion(asked=None), occasion(state="completed", asked=None), occasion(state="missed")):
        found = phones(done, BENS)
        found.note(PHONE, asked(done, NOW - 5 * MINUTE))
        ben = found.cases[BEN]
        assert found.free_at(ben, BENS, ben.contacts[0]) == NOW


def test_near_the_end_of_its_window_a_survey_waits_only_until_the_other_question_is_not_new() -> None:
    late = occasion(1, of=BEN, due_at=NOW - timedelta(days=2), closes_at=NOW + timedelta(hours=1))
    found = phones(ANNS, late)
    found.note(PHONE, asked(ANNS, NOW - 5 * MINUTE))
    ben = found.cases[BEN]
    assert found.free_at(ben, late, ben.contacts[0]) == NOW - 5 * MINUTE + MIN_GAP


def test_the_question_asked_last_is_the_one_a_survey_waits_for() -> None:
    found, ann = phones(ANNS, BENS), contact()
    assert not found.asked_last(ANNS, ann)
    assert found.texted_at(ANNS, ann) is None
    found.note(PHONE, asked(ANNS, NOW - 9 * MINUTE))
    assert found.asked_last(ANNS, ann)
    assert not found.asked_last(occasion(asked=f"{DIARY}/sleep"), ann)
    found.note(PHONE, asked(BENS, NOW))
    assert not found.asked_last(ANNS, ann)
    assert found.texted_at(ANNS, ann) == NOW - 9 * MINUTE
    assert found.texted_at(BENS, ann) == NOW


def test_a_phone_is_passed_on_when_the_survey_that_asked_last_has_ended() -> None:
    found = phones(ANNS, BENS)
    found.note(PHONE, asked(ANNS, NOW - 9 * MINUTE))
    assert found.freed_by([ANNS.id]) == {PHONE}
    assert found.freed_by([BENS.id]) == set()
    found.note(PHONE, asked(BENS, NOW))
    assert found.freed_by([ANNS.id]) == set()


def test_left_behind_is_what_was_texted_and_still_waits() -> None:
    found = phones(ANNS, BENS, occasion(2, of=BEN, asked=None))
    assert list(found.waiting_surveys(PHONE)) == []
    for row in (ANNS, occasion(2, of=BEN)):
        found.note(PHONE, asked(row, NOW))
    assert [row.id for _, row in found.waiting_surveys(PHONE)] == [ANNS.id]


def test_a_survey_is_found_by_its_id() -> None:
    found = phones(ANNS, BENS)
    assert found.of(BENS.id) == (found.cases[BEN], BENS)
    assert found.of(UUID(int=77)) is None
    assert found.of(None) is None
