"""The turn of a phone: a reply is never recorded for a question that its writer may not have meant."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.phone_turn import (
    CROSSING_TIME,
    MIN_GAP,
    MIN_REPLY_TIME,
    UNANSWERED_TURN,
    PhoneQuestion,
    ReplyTarget,
    free_at,
    match_reply,
)
from pro_collector.domain.conversation.survey import Place

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANA, BEN, CAL = (UUID(int=n) for n in (1, 2, 3))


def q(n: int) -> Place:
    return Place("diary", f"q{n}")


def asked(survey: UUID, n: int, minutes: float, *, left: bool | None = True, again: bool = False) -> PhoneQuestion:
    return PhoneQuestion(survey, q(n), NOON + minutes * MINUTE, left, again)


def at(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def test_a_reply_is_to_the_question_asked_last() -> None:
    questions = [asked(ANA, 1, 0), asked(BEN, 1, 300)]
    assert match_reply(at(305), questions, {ANA: q(1), BEN: q(1)}) == ReplyTarget("take", BEN)
    assert match_reply(at(298), questions, {ANA: q(1), BEN: q(1)}) == ReplyTarget("take", ANA)
    assert match_reply(at(298.5), questions, {ANA: q(1), BEN: q(1)}) == ReplyTarget("again", BEN, ANA), (
        "clocks may differ"
    )
    assert match_reply(at(305), [], {}) == ReplyTarget("nothing")


def test_two_questions_at_one_moment_have_no_last_one_however_late_the_reply() -> None:
    questions, waits = [asked(ANA, 1, 0), asked(BEN, 1, 1)], {ANA: q(1), BEN: q(1)}
    assert match_reply(at(60), questions, waits) == ReplyTarget("again", BEN, ANA)
    assert match_reply(at(62), [*questions, asked(BEN, 1, 61, again=True)], waits) == ReplyTarget("take", BEN)
    assert match_reply(at(60), questions, {ANA: q(2), BEN: q(1)}) == ReplyTarget("take", BEN), (
        "Ana's was answered elsewhere"
    )


def test_a_late_reply_is_not_matched_to_one_of_two_questions() -> None:
    questions = [asked(ANA, 1, 0), asked(BEN, 1, 1), asked(CAL, 1, 300)]
    waits = {ANA: q(1), BEN: q(1), CAL: q(1)}
    assert match_reply(at(60), questions, waits).verdict == "overtaken"
    assert match_reply(at(305), questions, waits) == ReplyTarget("take", CAL)


def test_a_lost_or_queued_question_was_not_read() -> None:
    questions = [asked(ANA, 1, 0), asked(BEN, 1, 300, left=False)]
    assert match_reply(at(305), questions, {ANA: q(1), BEN: q(1)}) == ReplyTarget("take", ANA)


def test_a_reply_written_before_a_lost_question_is_overtaken() -> None:
    lost, waits = asked(BEN, 1, 300, left=False), {BEN: q(1)}
    assert match_reply(at(305), [lost], waits) == ReplyTarget("overtaken", BEN)
    assert match_reply(at(305), [asked(BEN, 1, 300, left=None)], {BEN: q(2)}) == ReplyTarget("again", BEN)
    assert match_reply(at(299.5), [asked(BEN, 1, 300)], waits) == ReplyTarget("again", BEN), "half a minute before it"
    assert match_reply(at(298.5), [asked(BEN, 1, 300)], waits) == ReplyTarget("overtaken", BEN), "long before it"


def test_a_repeated_question_takes_a_reply_at_once() -> None:
    questions, waits = [asked(ANA, 1, 0), asked(BEN, 1, 60)], {ANA: q(1), BEN: q(1)}
    assert match_reply(at(61), questions, waits) == ReplyTarget("again", BEN, ANA)
    assert match_reply(at(61), [questions[0], asked(BEN, 1, 60, again=True)], waits) == ReplyTarget("take", BEN)


def test_a_question_that_may_be_lost_takes_no_reply_to_another() -> None:
    waits = {ANA: q(1), BEN: q(1)}
    lost = match_reply(at(305), [asked(ANA, 1, 0), asked(BEN, 1, 300, left=None)], waits)
    assert lost == ReplyTarget("again", BEN, perhaps=ANA)
    assert match_reply(at(305), [asked(BEN, 1, 300, left=None)], waits) == ReplyTarget("take", BEN)
    assert match_reply(at(305), [asked(BEN, 1, 0), asked(BEN, 1, 300, left=None)], waits) == ReplyTarget("take", BEN)
    assert match_reply(at(305), [asked(ANA, 1, 0, left=None), asked(BEN, 1, 300)], waits) == ReplyTarget("take", BEN)


def test_a_question_in_between_that_may_be_lost_hides_no_earlier_question() -> None:
    waits, both = {ANA: q(1), BEN: q(1)}, [asked(BEN, 1, 0), asked(ANA, 1, 0)]
    assert match_reply(at(1), [*both, asked(ANA, 1, 0, left=None)], waits) == ReplyTarget("again", ANA, perhaps=BEN)
    between = [both[0], asked(CAL, 1, 0, left=None), both[1]]
    assert match_reply(at(1), between, {**waits, CAL: q(2)}) == ReplyTarget("again", ANA, perhaps=BEN)
    assert match_reply(at(1), [both[0], asked(ANA, 1, 0, left=None, again=True), both[1]], waits).verdict == "again"
    reminded = [asked(BEN, 1, 0), asked(ANA, 1, 60), asked(ANA, 1, 90)]
    assert match_reply(at(91), reminded, waits) == ReplyTarget("take", ANA), "the first time was long ago"


def together(survey: UUID, n: int, minutes: float) -> PhoneQuestion:
    """A question of a survey that shares its questions with others."""
    return PhoneQuestion(survey, q(n), at(minutes), bundle=ANA)


def test_the_same_question_of_a_bundle_is_one_question_whoever_asks_it() -> None:
    questions, waits = [together(ANA, 1, 0), together(BEN, 1, 300)], {ANA: q(1), BEN: q(1)}
    for minute in (5, 298, 299.9, 300):
        assert match_reply(at(minute), questions, waits) == ReplyTarget("take", ANA), "written before it was repeated"
    for minute in (300.1, 301, 400):
        assert match_reply(at(minute), questions, waits) == ReplyTarget("take", BEN)


def test_another_question_of_a_bundle_is_another_question() -> None:
    questions, waits = [together(ANA, 1, 0), together(BEN, 2, 300)], {ANA: q(1), BEN: q(2)}
    assert match_reply(at(297), questions, waits) == ReplyTarget("take", ANA)
    assert match_reply(at(299.5), questions, waits) == ReplyTarget("again", BEN, perhaps=ANA)
    assert match_reply(at(301), questions, waits) == ReplyTarget("again", BEN, perhaps=ANA)
    assert match_reply(at(303), questions, waits) == ReplyTarget("take", BEN)


def test_a_question_that_is_settled_since_makes_an_older_reply_no_clearer() -> None:
    questions = [asked(ANA, 1, 0), asked(BEN, 1, 300), asked(BEN, 2, 305)]
    waits = {ANA: q(1), BEN: q(2)}
    assert match_reply(at(299), questions, waits) == ReplyTarget("overtaken", BEN, perhaps=ANA), "clocks may differ"
    assert match_reply(at(297), questions, waits) == ReplyTarget("take", ANA)


@dataclass(frozen=True)
class Way:
    """A question, whether it arrived, and what we know about that."""

    asked: PhoneQuestion
    arrived: bool


@st.composite
def afternoons(draw: st.DrawFn) -> tuple[list[Way], dict[UUID, Place | None], datetime]:
    """The questions of up to three surveys at one phone, the open question of each, and the time of a reply."""
    ways, number, now = [], {ANA: 1, BEN: 1, CAL: 1}, NOON
    for _ in range(draw(st.integers(1, 8))):
        survey = draw(st.sampled_from((ANA, BEN, CAL)))
        number[survey] += draw(st.booleans())
        now += timedelta(seconds=draw(st.sampled_from((0, 1, 5, 60, 119, 121, 900, 20_000))))
        left = draw(st.sampled_from((True, True, False, None)))
        arrived = draw(st.booleans()) if left is None else left
        ways.append(Way(PhoneQuestion(survey, q(number[survey]), now, left, draw(st.booleans())), arrived))
    waits: dict[UUID, Place | None] = {}
    for survey in {way.asked.occasion_id for way in ways}:
        waits[survey] = q(number[survey] + draw(st.sampled_from((0, 0, 0, 1))))
    return ways, waits, now + timedelta(seconds=draw(st.sampled_from((-300, -5, 0, 3, 4, 30, 121, 7200))))


@given(afternoons())
def test_an_answer_is_taken_for_the_question_that_its_writer_saw_last_or_for_none(
    afternoon: tuple[list[Way], dict[UUID, Place | None], datetime],
) -> None:
    ways, waits, sent_at = afternoon
    landing = match_reply(sent_at, [way.asked for way in ways], waits)
    if landing.verdict != "take":
        return
    assert landing.occasion_id is not None
    arrived = [way.asked for way in ways if way.arrived and way.asked.at + MIN_REPLY_TIME <= sent_at]
    if not arrived:
        return  # nobody answers what has not come; a text that comes all the same is to the one question there was
    assert (arrived[-1].occasion_id, arrived[-1].place) == (landing.occasion_id, waits[landing.occasion_id])
    if len(arrived) > 1 and not arrived[-1].again:
        before, last = arrived[-2:]
        both_wait = before.occasion_id != last.occasion_id and waits[before.occasion_id] == before.place
        assert not both_wait or min(sent_at - last.at, last.at - before.at) >= CROSSING_TIME


WINDOW = (NOON, NOON + timedelta(hours=20))


def test_a_survey_waits_until_the_other_is_silent_for_hours_but_for_half_its_window_at_most() -> None:
    assert free_at(BEN, [], {}, at(0), WINDOW) == at(0)
    assert free_at(BEN, [asked(ANA, 1, 0)], {ANA: q(1)}, at(5), WINDOW) == at(0) + UNANSWERED_TURN
    assert free_at(BEN, [asked(ANA, 1, 0)], {ANA: None}, at(5), WINDOW) == at(5), "it waits for nothing"
    assert free_at(BEN, [asked(ANA, 1, 590)], {ANA: q(1)}, at(599), WINDOW) == at(590) + MIN_GAP
    assert free_at(BEN, [asked(ANA, 1, 590)], {ANA: q(1)}, at(610), WINDOW) == at(610)
    last_moment = 20 * 60 - MIN_GAP / MINUTE
    assert free_at(BEN, [asked(ANA, 1, last_moment)], {ANA: q(1)}, at(last_moment), WINDOW) == at(last_moment)


def test_a_survey_never_asks_together_with_another_unless_its_window_ends() -> None:
    assert free_at(BEN, [asked(ANA, 1, 900, left=False)], {ANA: q(1)}, at(900), WINDOW) == at(900) + MIN_GAP
    assert free_at(BEN, [asked(ANA, 1, 1190)], {ANA: q(1)}, at(1190), WINDOW) == at(1190), "now or never"
