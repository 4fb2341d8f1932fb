"""A survey being answered: in any order of events, every answer is kept and the survey ends once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pro_collector.domain.conversation.survey import (
    BEGUN,
    ENDED,
    Finish,
    Mode,
    Place,
    RaiseTask,
    RecordAnswer,
    Say,
    State,
    Step,
    Survey,
    again,
    answer,
    answer_all,
    answer_at,
    asked_places,
    awaits_answer,
    back,
    confirm,
    decline,
    expire,
    find,
    go_on,
    invite,
    no_call_needed,
    open_places,
    places_that_came_up,
    progress,
    remind,
    take_back,
    unclear,
)
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.library import load_library
from tests.shared.properties import examples

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
CLOSES, LATE = NOW + timedelta(days=4), NOW + timedelta(days=5)
DIARY = "symptom-diary"
LIBRARY = load_library()


def survey(*instruments: str, **given: Any) -> Survey:
    """A planned survey with these instruments."""
    names = instruments or (DIARY,)
    made = Survey(
        UUID(int=1), UUID(int=2), "self", tuple(LIBRARY.get(name) for name in names), CLOSES, LATE, state="planned"
    )
    return replace(made, **given)


def at(item: str, instrument: str = DIARY) -> Place:
    """A place in the symptom diary."""
    return Place(instrument, item)


def said(step: Step) -> list[tuple[str, str]]:
    """The messages of a step: purpose and question."""
    return [(each.purpose, str(each.place or "")) for each in step.effects if isinstance(each, Say)]


def kinds(step: Step) -> list[str]:
    """The kinds of the effects, in order."""
    return [type(effect).__name__ for effect in step.effects]


def texted(*values: Answer, now: datetime = NOW) -> Step:
    """An invited person answers by text, one after the other."""
    step = invite(survey())
    for value in values:
        assert step.survey.asked is not None
        step = answer(step.survey, step.survey.asked, value, "sms", now)
    return step


def test_the_invitation_of_a_conversation_carries_the_first_question() -> None:
    step = invite(survey())
    assert (step.survey.state, step.survey.asked) == ("open", at("pain"))
    assert said(step) == [("invitation", f"{DIARY}/pain")]


def test_the_invitation_of_a_web_form_carries_a_link() -> None:
    step = invite(survey(conversation=False))
    assert (step.survey.asked, said(step)) == (None, [("invitation", "")])


def test_each_answer_is_recorded_and_the_next_question_asked() -> None:
    step = texted(7)
    assert step.effects == (RecordAnswer(at("pain"), 7, "sms", False), Say("question", at("tiredness")))
    assert (step.survey.state, answer_at(step.survey, at("pain"))) == ("started", 7)


def test_the_last_answer_completes_and_thanks() -> None:
    step = texted(7, 3, 0, 1, 2, 0)
    assert kinds(step) == ["RecordAnswer", "Finish", "Say"]
    assert (step.survey.state, step.survey.asked) == ("completed", None)
    assert said(step) == [("thanks", "")]


def test_an_answer_opens_a_branch_and_progress_counts_it() -> None:
    assert progress(texted(7, 3).survey, at("nausea")) == (3, 6)
    step = texted(7, 3, 2)
    assert step.survey.asked == at("vomiting")
    assert progress(step.survey, at("vomiting")) == (4, 7)
    assert progress(step.survey, at("nothing-of-the-kind")) == (7, 7)


def test_answering_the_same_again_records_nothing() -> None:
    step = texted(7)
    again_ = answer(step.survey, at("pain"), 7, "sms", NOW)
    assert kinds(again_) == ["Say"]


def test_another_instrument_follows_the_first() -> None:
    two = invite(survey("well-being-diary", DIARY)).survey
    for place in open_places(two):
        if place.instrument == "well-being-diary":
            two = answer(two, place, 1, "sms", NOW).survey
    assert two.asked == at("pain")


@pytest.mark.parametrize("mode", ["web", "call"])
def test_by_the_form_the_last_answer_waits_for_the_review(mode: Mode) -> None:
    state = replace(invite(survey(conversation=False)).survey, state="invited")
    while places := open_places(state):
        step = answer(state, places[0], 0, mode, NOW)
        state = step.survey
    assert (state.state, kinds(step)) == ("started", ["RecordAnswer"])
    done = confirm(state)
    assert done.effects == (Finish("completed", "every question answered"),)
    assert confirm(done.survey) == Step(done.survey)


def test_a_page_answered_in_the_middle_of_a_conversation_moves_the_question_on() -> None:
    step = answer(texted(7).survey, at("tiredness"), 3, "web", NOW)
    assert (step.survey.asked, said(step)) == (at("nausea"), [])


def test_a_page_of_a_form_without_conversation_asks_nothing_by_text() -> None:
    step = answer(invite(survey(conversation=False)).survey, at("pain"), 3, "web", NOW)
    assert step.survey.asked is None


def test_an_answer_that_was_stored_elsewhere_moves_the_question_on() -> None:
    asked = survey(state="invited", asked=at("pain"), answers={DIARY: {"pain": 7}})
    step = go_on(asked)
    assert said(step) == [("question", str(at("tiredness")))]
    assert kinds(step) == ["Say"], "it is recorded already"
    whole = {"pain": 7, "tiredness": 3, "nausea": 0, "eating": 1, "sleep": 0, "worry": 2}
    done = go_on(replace(asked, state="started", answers={DIARY: whole}))
    assert done.survey.state == "completed"
    assert kinds(done) == ["Finish", "Say"]


def test_confirmed_with_questions_open_it_is_partial() -> None:
    step = confirm(texted(7).survey)
    assert step.effects == (Finish("partial", "confirmed with questions left open"),)


def test_declining_is_an_answer() -> None:
    step = decline(invite(survey()).survey, at("pain"), "sms", NOW)
    assert step.effects[0] == RecordAnswer(at("pain"), Absent.ASKED_DECLINED, "sms", False)


def test_an_unclear_reply_is_clarified_once_then_seen_by_a_person() -> None:
    first = unclear(texted(7).survey, "several readings")
    assert first.effects == (Say("clarification", at("tiredness"), "several readings"),)
    second = unclear(first.survey, "several readings")
    assert second.effects == (RaiseTask("review", "several readings"),)
    assert unclear(second.survey, "x").survey.clarified == 3
    assert answer(second.survey, at("tiredness"), 3, "sms", NOW).survey.clarified == 0


def test_back_goes_one_question_back_and_no_further_than_the_first() -> None:
    step = back(texted(7, 3).survey)
    assert (step.survey.asked, said(step)) == (at("tiredness"), [("question", f"{DIARY}/tiredness")])
    first = back(back(step.survey).survey)
    assert first.survey.asked == at("pain")


def test_back_after_the_last_answer_asks_that_one_again() -> None:
    answered = replace(texted(7, 3, 0, 1, 2).survey, asked=None)
    everything = answer(answered, at("worry"), 0, "web", NOW).survey
    assert back(everything).survey.asked == at("worry")


def test_a_survey_that_asks_nothing_has_nothing_before() -> None:
    empty = survey(instruments=())
    assert back(empty) == Step(empty, (Say("question", None),))


def test_asked_again_nothing_is_recorded() -> None:
    step = again(texted(7).survey)
    assert said(step) == [("again", f"{DIARY}/tiredness")]
    assert said(again(replace(step.survey, asked=None))) == [("thanks", "")]


def test_taken_back_the_last_answer_is_asked_again() -> None:
    step = take_back(texted(7).survey)
    assert (step.survey.asked, said(step)) == (at("pain"), [("again", f"{DIARY}/pain")])
    assert said(take_back(invite(survey()).survey)) == [("again", f"{DIARY}/pain")]
    empty = survey(instruments=())
    assert said(take_back(empty)) == [("thanks", "")]


def test_several_answers_at_once_complete_in_one_step() -> None:
    step = answer_all(texted(7, 3, 0).survey, [1, 2, 0], "sms", NOW)
    assert step is not None
    assert kinds(step) == ["RecordAnswer"] * 3 + ["Finish", "Say"]
    assert step.survey.state == "completed"


@pytest.mark.parametrize("values", [[1], [1, 2, 0, 4], []])
def test_too_few_or_too_many_answers_at_once_are_none(values: list[Answer]) -> None:
    assert answer_all(texted(7, 3, 0).survey, values, "sms", NOW) is None


def test_several_answers_of_which_one_opens_a_branch_are_none() -> None:
    assert answer_all(texted(7, 3).survey, [2, 1, 2, 0], "sms", NOW) is None


@pytest.mark.parametrize(
    ("answers", "state", "reason"),
    [
        ((), "missed", "window closed without an answer"),
        ((7,), "partial", "window closed before the last question"),
        ((Absent.ASKED_DECLINED,), "partial", "window closed before the last question"),
    ],
)
def test_when_the_window_closes(answers: tuple[Answer, ...], state: str, reason: str) -> None:
    begun = texted(*answers).survey
    step = expire(begun)
    assert step.effects == (Finish(state, reason),)  # type: ignore[arg-type]  # the words of the table
    assert step.survey.asked == begun.asked, "a late answer by text still finds its question"
    assert expire(step.survey) == Step(step.survey)


def test_everything_answered_but_not_confirmed_is_complete_when_the_window_closes() -> None:
    state = replace(invite(survey(conversation=False)).survey, state="invited")
    while places := open_places(state):
        state = answer(state, places[0], 0, "web", NOW).survey
    assert expire(state).effects == (Finish("completed", "every question answered, not confirmed"),)


def test_a_late_answer_makes_a_missed_one_partial_and_is_marked() -> None:
    missed = expire(invite(survey()).survey).survey
    step = answer(missed, at("pain"), 7, "sms", CLOSES)
    assert step.effects[:2] == (
        Finish("partial", "answered after the window closed"), RecordAnswer(at("pain"), 7, "sms", True),
    )  # fmt: skip
    assert said(step) == [("question", f"{DIARY}/tiredness")]


def test_the_last_late_answer_leaves_the_end_it_had() -> None:
    state = expire(texted(7).survey).survey
    for value in (3, 0, 1, 2, 0):
        assert state.asked is not None
        step = answer(state, state.asked, value, "sms", CLOSES)
        state = step.survey
    assert (state.state, kinds(step)) == ("partial", ["RecordAnswer", "Say"])


@pytest.mark.parametrize(("mode", "words"), [("sms", ["Say"]), ("web", [])])
def test_after_late_entry_nothing_is_taken(mode: Any, words: list[str]) -> None:
    missed = expire(invite(survey()).survey).survey
    step = answer(missed, at("pain"), 7, mode, LATE)
    assert (step.survey, kinds(step)) == (missed, words)


def test_a_reminder_has_the_open_question() -> None:
    assert said(remind(texted(7).survey)) == [("reminder", f"{DIARY}/tiredness")]


def test_places_are_found_by_name() -> None:
    found = find(survey(), at("pain"))
    assert found is not None
    assert found[1].id == "pain"
    assert find(survey(), at("pian")) is None
    assert find(survey(), at("pain", "other")) is None
    assert Place.parse(str(at("pain"))) == at("pain")


class Life(RuleBasedStateMachine):
    """Anything that can happen to a survey, in any order and at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.survey = NOW, survey()
        self.recorded: dict[Place, Answer] = {}

    @initialize(conversation=st.booleans(), both=st.booleans())
    def invited(self, conversation: bool, both: bool) -> None:
        names = ("well-being-diary", DIARY) if both else (DIARY,)
        self.take(invite(survey(*names, conversation=conversation)))

    def take(self, step: Step) -> None:
        """The invariants of every step."""
        before, after = self.survey, step.survey
        finishes = [effect for effect in step.effects if isinstance(effect, Finish)]
        assert len(finishes) <= 1
        if before.state in ENDED:
            assert after.state == before.state or (before.state, after.state) == ("missed", "partial")
        assert bool(finishes) == (after.state in ENDED and after.state != before.state)
        assert all(finish.state == after.state and finish.reason for finish in finishes)
        for effect in step.effects:
            self.check(after, effect)
        self.survey = after

    def check(self, after: Survey, effect: object) -> None:
        """The invariants of every effect."""
        if isinstance(effect, RecordAnswer):
            assert find(after, effect.place) is not None
            assert effect.late == (self.now >= CLOSES)
            assert self.now < LATE
            self.recorded[effect.place] = effect.answer
        elif isinstance(effect, Say) and effect.place is not None:
            assert effect.place in asked_places(after)
            number, total = progress(after, effect.place)
            assert 1 <= number <= total

    @rule(value=st.integers(0, 4))
    @precondition(lambda self: self.survey.asked is not None)
    def text(self, value: int) -> None:
        assert self.survey.asked is not None
        self.take(answer(self.survey, self.survey.asked, value, "sms", self.now))

    @rule(data=st.data(), value=st.one_of(st.integers(0, 4), st.just(Absent.ASKED_DECLINED)))
    def page(self, data: st.DataObject, value: Answer) -> None:
        place = data.draw(st.sampled_from(asked_places(self.survey)))
        self.take(answer(self.survey, place, value, "web", self.now))

    @rule()
    @precondition(lambda self: self.survey.asked is not None)
    def skip(self) -> None:
        assert self.survey.asked is not None
        self.take(decline(self.survey, self.survey.asked, "sms", self.now))

    @rule(values=st.lists(st.integers(0, 4), max_size=14))
    def all_at_once(self, values: list[int]) -> None:
        step = answer_all(self.survey, values, "sms", self.now)
        if step is not None and values:
            self.take(step)

    @rule(what=st.sampled_from([back, take_back, again, remind]))
    def around(self, what: Any) -> None:
        asked_before = dict(self.recorded)
        self.take(what(self.survey))
        assert self.recorded == asked_before, "nothing is recorded by asking again"

    @rule()
    def mumble(self) -> None:
        self.take(unclear(self.survey, "no number in it"))

    @rule()
    def press_done(self) -> None:
        self.take(confirm(self.survey))

    @rule(hours=st.integers(1, 60))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        if self.now >= CLOSES:
            self.take(expire(self.survey))

    @rule()
    @precondition(lambda self: self.survey.state in BEGUN and self.now < CLOSES)
    def answer_the_rest(self) -> None:
        while places := open_places(self.survey):
            self.take(answer(self.survey, places[0], 1, "sms", self.now))
        if self.survey.state in BEGUN:  # the last of them came by the web
            self.take(confirm(self.survey))
        assert self.survey.state == "completed"

    @invariant()
    def the_open_question_is_one_that_is_asked(self) -> None:
        assert self.survey.asked is None or self.survey.asked in asked_places(self.survey)

    @invariant()
    def every_answer_is_the_last_that_was_given(self) -> None:
        for place, value in self.recorded.items():
            assert answer_at(self.survey, place) == value

    @invariant()
    def what_is_missed_has_no_answer(self) -> None:
        assert self.survey.state != "missed" or not self.recorded


TestLife = Life.TestCase
TestLife.settings = settings(examples(40), stateful_step_count=25)


@pytest.mark.parametrize(
    ("state", "answered", "now", "expected"),
    [
        ("invited", False, NOW, None),
        ("started", True, NOW, None),  # they may still look it over and change an answer
        ("completed", True, NOW, "every question is answered"),
        ("partial", True, NOW, "every question is answered"),
        ("missed", False, CLOSES, None),
        ("missed", False, LATE, "it takes no answers any more"),
        ("cancelled", False, NOW, "it takes no answers any more"),
    ],
)
def test_when_a_call_is_no_longer_needed(state: State, answered: bool, now: datetime, expected: str | None) -> None:
    done = texted(7, 3, 0, 1, 2, 0).survey if answered else invite(survey()).survey
    assert no_call_needed(replace(done, state=state), now) == expected


def test_which_answer_is_awaited_and_until_when() -> None:
    asked = invite(survey()).survey
    assert awaits_answer(asked, at("pain"), NOW)
    assert not awaits_answer(asked, at("tiredness"), NOW)
    assert awaits_answer(replace(asked, state="missed"), at("pain"), CLOSES)
    assert not awaits_answer(replace(asked, state="missed"), at("pain"), LATE)
    assert not awaits_answer(replace(asked, state="cancelled"), at("pain"), NOW)


def test_a_corrected_answer_brings_up_the_question_that_skip_logic_left_out() -> None:
    calm: dict[str, Answer] = {"pain": 0, "nausea": 0, "vomiting": Absent.NOT_ASKED}
    done = replace(invite(survey()).survey, answers={DIARY: calm})
    assert places_that_came_up(done) == []
    assert places_that_came_up(replace(done, answers={DIARY: {**calm, "nausea": 3}})) == [at("vomiting")]
