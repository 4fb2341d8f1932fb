"""The reaction to one text: opt-out precedes everything, an answer is recorded only if its question is certain."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector import languages
from pro_collector.domain.conversation.phone_turn import ReplyTarget, Verdict
from pro_collector.domain.conversation.put_off import KEPT
from pro_collector.domain.conversation.reaction import APOLOGY_TIME, Reaction, react, react_to_text
from pro_collector.domain.conversation.read_reply import ReadReply, question, takes_back
from pro_collector.domain.conversation.reading_list import MAY_STOP
from pro_collector.domain.conversation.survey import (
    MAX_CLARIFICATIONS,
    Place,
    RecordAnswer,
    Say,
    Survey,
    answer,
    expire,
    invite,
)
from pro_collector.domain.reply.question import Choice, Flag, Reading
from scheduler.values import Reporter
from tests.unit.domain.conversation.test_survey import DIARY, LATE, LIBRARY, NOW, at, survey

HERE = ReplyTarget("take")
SEVEN = Reading("answer", 7)
OUTCOMES = (
    "answer", "unclear", "opt_out", "opt_in", "help", "pause", "wrong_person", "urgent", "skip", "noise", "back",
    "leave", "erase",
)  # fmt: skip


def asked() -> Survey:
    """A survey whose first question is open."""
    return invite(survey()).survey


def purposes(reaction: Reaction) -> list[str]:
    """The purposes of the messages of the survey."""
    return [each.purpose for each in (reaction.step.effects if reaction.step else ()) if isinstance(each, Say)]


def heard(reading: Reading, state: Survey | None = None, **given: Any) -> Reaction:
    """The reaction to one reading; `landing`, `now`, `opted_out`, and the fields of `ReadReply` can be given."""
    options = {name: given.pop(name) for name in ("landing", "now", "opted_out") if name in given}
    readings = given.pop("readings", (reading,))
    return react_to_text(
        ReadReply(readings, **given), state, options.get("landing", HERE), options.get("now", NOW),
        opted_out=options.get("opted_out", False),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reading", "reply", "texting", "tasks", "everywhere"),
    [
        (Reading("opt_out"), "stop_confirmed", "off", [], False),
        (Reading("leave"), "leave_noted", "off", ["leave"], True),
        (Reading("erase"), "erase_noted", "off", ["erase"], True),
        (Reading("leave", also=("erase",)), "erase_noted", "off", ["leave", "erase"], True),
        (Reading("opt_in"), "started_again", "on", [], False),
        (Reading("help"), "help", None, [], False),
        (Reading("pause"), "paused", None, ["pause"], False),
        (Reading("wrong_person"), None, "off", ["wrong_person"], False),
        (Reading("urgent"), "emergency", None, ["urgent"], False),
        (Reading("urgent", also=("opt_out",)), "emergency", "off", ["urgent"], False),
        (Reading("noise"), None, None, [], False),
        (Reading("answer", 7), "nothing_open", None, [], False),
        (Reading("unclear"), "nothing_open", None, ["review"], False),
    ],
    ids=str,
)
def test_replies_if_no_question_is_open(
    reading: Reading, reply: str | None, texting: str | None, tasks: list[str], everywhere: bool
) -> None:
    reaction = react(reading, None, NOW)
    assert (reaction.reply, reaction.texting, [kind for kind, _ in reaction.tasks]) == (reply, texting, tasks)
    assert reaction.everywhere is everywhere
    assert reaction.step is None


@pytest.mark.parametrize(
    ("reading", "outcome", "said"),
    [
        (SEVEN, "answer", ["question"]),
        (Reading("skip"), "skip", ["question"]),
        (Reading("back"), "back", ["question"]),
        (Reading("unclear", reason="x"), "unclear", ["clarification"]),
        (Reading("answer", None), "unclear", ["clarification"]),
    ],
    ids=str,
)
def test_replies_if_a_question_is_open(reading: Reading, outcome: str, said: list[str]) -> None:
    reaction = heard(reading, asked())
    assert (reaction.outcome, purposes(reaction)) == (outcome, said)


def test_words_that_come_after_all_was_answered_on_the_web_are_read_by_a_person() -> None:
    done = replace(asked(), asked=None)
    words = Reading("unclear", reason="a remark", flag="words")
    reaction = react(words, done, NOW)
    assert (reaction.outcome, purposes(reaction)) == ("again", ["thanks"])
    assert reaction.tasks == (("review", "a remark"),)
    assert react(SEVEN, done, NOW).tasks == ()


def test_from_the_second_unclear_reply_on_a_person_reads_and_the_reply_says_so() -> None:
    state = asked()
    replies: list[str | None] = []
    for _ in range(4):
        reaction = heard(Reading("unclear", reason="x"), state)
        assert reaction.step is not None
        state = reaction.step.survey
        replies.append(reaction.reply)
    assert replies == [None, "review", "review", "review"]


@pytest.mark.parametrize("provider", ["stop", "start", "help"])
def test_a_keyword_that_the_carrier_has_answered_is_not_answered_again(provider: Any) -> None:
    reading = Reading({"stop": "opt_out", "start": "opt_in", "help": "help"}[provider])  # type: ignore[arg-type]
    assert react(reading, None, NOW, provider=provider).reply is None
    assert react(reading, None, NOW).reply is not None


def test_after_an_opt_out_there_is_no_reply_and_a_person_reads() -> None:
    for reading in (SEVEN, Reading("help"), Reading("unclear"), Reading("pause")):
        reaction = heard(reading, asked(), opted_out=True)
        assert (reaction.reply, reaction.step) == (None, None)
        assert reaction.tasks == (("review", "wrote after opting out"),)
    assert react(Reading("opt_out"), None, NOW, opted_out=True).reply is None, "stop twice is confirmed once"
    assert react(Reading("urgent"), None, NOW, opted_out=True).reply == "emergency", "but an emergency is answered"


def test_opting_in_again_turns_texts_on() -> None:
    reaction = heard(Reading("opt_in"), asked(), opted_out=True)
    assert (reaction.texting, reaction.reply, reaction.step) == ("on", "started_again", None)


def test_a_reply_that_may_be_to_another_question_is_recorded_for_neither() -> None:
    reaction = heard(SEVEN, asked(), landing=ReplyTarget("again"))
    assert (reaction.outcome, purposes(reaction)) == ("again", ["again"])
    overtaken = heard(SEVEN, asked(), landing=ReplyTarget("overtaken"))
    assert (overtaken.outcome, overtaken.step, overtaken.reply) == ("overtaken", None, None)
    assert heard(Reading("back"), asked(), landing=ReplyTarget("again")).outcome == "back"


def test_an_answer_after_late_entry_is_replied_to_with_closed() -> None:
    reaction = heard(SEVEN, expire(asked()).survey, now=LATE)
    assert (reaction.outcome, purposes(reaction)) == ("closed", ["closed"])
    assert heard(Reading("help"), expire(asked()).survey, now=LATE).reply == "help"


@pytest.mark.parametrize(
    ("how", "after", "taken_back"),
    [
        ("correction", None, True),
        ("correction", timedelta(hours=3), True),
        ("apology", timedelta(seconds=30), True),
        ("apology", APOLOGY_TIME, False),
        ("apology", None, False),
        (None, timedelta(seconds=30), False),
    ],
)
def test_a_correction_takes_back_the_last_answer(how: Any, after: timedelta | None, taken_back: bool) -> None:
    second = answer(asked(), at("pain"), 7, "sms", NOW).survey
    reaction = heard(Reading("answer", 3), second, takes_back=how, after=after)
    assert reaction.outcome == ("taken back" if taken_back else "answer")
    assert reaction.step is not None
    assert reaction.step.survey.asked == (at("pain") if taken_back else at("nausea"))


def test_several_answers_in_one_text_are_taken_when_their_order_is_certain() -> None:
    numbers = (0, 0, 0, 0, 0, 0)
    readings = tuple(Reading("answer", number) for number in numbers)
    reaction = heard(readings[0], asked(), readings=readings)
    assert reaction.step is not None
    assert reaction.step.survey.state == "completed"
    assert [effect.answer for effect in reaction.step.effects if isinstance(effect, RecordAnswer)] == [*numbers]
    branching = (*readings[:2], Reading("answer", 2), *readings[3:])
    fallback = heard(Reading("unclear", reason="several"), asked(), readings=(Reading("unclear"), *branching[1:]))
    assert fallback.outcome == "unclear"


def test_a_text_after_everything_was_answered_on_the_web_is_thanked() -> None:
    done = replace(asked(), asked=None, state="started")
    reaction = heard(SEVEN, done)
    assert (reaction.outcome, purposes(reaction)) == ("again", ["thanks"])


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [("oops 3", "en", "correction"), ("sorry, 3", "en", "apology"), ("3", "en", None), ("sorry", "en", None)],
)
def test_how_a_text_begins(text: str, language: str, found: str | None) -> None:
    assert takes_back(text, languages.language(language)) == found


def test_a_question_for_the_reading_of_replies_has_the_texts_of_its_item() -> None:
    wording = LIBRARY.get(DIARY).texts["en"].wording(LIBRARY.get(DIARY).items[2], "self")
    assert wording is not None
    read = question(wording)
    assert read.kind == "choice"
    assert [option.code for option in read.options] == [0, 1, 2, 3, 4]
    assert Choice(0, "not at all", ("none", "no", "nothing", "not")) in read.options
    assert read.opt_outs == ("asked-declined",)


@given(
    outcome=st.sampled_from(OUTCOMES), also=st.lists(st.sampled_from(OUTCOMES), max_size=3),
    value=st.one_of(st.none(), st.integers(0, 10)), open_=st.booleans(), opted_out=st.booleans(),
    verdict=st.sampled_from(["take", "again", "overtaken", "nothing"]), hours=st.integers(0, 140),
)  # fmt: skip
def test_whatever_is_written(
    outcome: Any, also: list[Any], value: int | None, open_: bool, opted_out: bool, verdict: Any, hours: int
) -> None:
    reading = Reading(outcome, value, also=tuple(also))
    now = NOW + timedelta(hours=hours)
    state = asked() if open_ else None
    reaction = react_to_text(ReadReply((reading,)), state, ReplyTarget(verdict), now, opted_out=opted_out)
    said = {outcome, *also}
    if said & {"opt_out", "leave", "erase"}:
        assert reaction.texting == "off", "stop wins over everything that is said beside it"
    if "urgent" in said:
        assert reaction.reply == "emergency"
        assert [kind for kind, _ in reaction.tasks] == ["urgent"]
    if opted_out and reaction.texting is None and "urgent" not in said:
        assert (reaction.reply, reaction.step) == (None, None)
    records = [
        effect for effect in (reaction.step.effects if reaction.step else ()) if isinstance(effect, RecordAnswer)
    ]
    if records:
        assert verdict in ("take", "nothing")
        assert now < LATE
        assert outcome in ("answer", "skip", "opt_out")


def test_the_answer_beside_a_stop_is_recorded_and_nothing_is_asked_after_it() -> None:
    three = Reading("opt_out", 3, "keyword")
    reaction = heard(three, asked())
    assert (reaction.texting, reaction.reply, purposes(reaction)) == ("off", "stop_confirmed", [])
    assert reaction.step is not None
    assert [each.answer for each in reaction.step.effects if isinstance(each, RecordAnswer)] == [3]
    for unsure in (
        heard(three, asked(), landing=ReplyTarget("again")),
        heard(three, asked(), now=LATE),
        heard(three, None),
        heard(three, asked(), opted_out=True),
    ):
        assert (unsure.outcome, unsure.texting, unsure.step) == ("opt_out", "off", None)


DIED, BEREAVED = Reading("death"), Reading("bereaved")


def test_a_death_pauses_everything_whatever_else_the_text_says() -> None:
    reaction = heard(DIED, asked())
    assert (reaction.pauses, reaction.reply, reaction.texting) == (True, "condolence", None)
    assert [kind for kind, _ in reaction.tasks] == ["death"]
    assert reaction.step is None


@pytest.mark.parametrize("reading", [DIED, BEREAVED])
@pytest.mark.parametrize(("also", "kinds"), [("opt_out", ["death"]), ("erase", ["death", "erase"])])
def test_a_death_with_a_stop_ends_the_texts_too(reading: Reading, also: str, kinds: list[str]) -> None:
    reaction = heard(replace(reading, also=(also,)), asked())
    assert (reaction.pauses, reaction.reply, reaction.texting) == (True, "condolence", "off")
    assert [kind for kind, _ in reaction.tasks] == kinds
    assert reaction.everywhere is (also == "erase")
    first = heard(Reading("opt_out", also=(reading.outcome,)), asked())
    assert (first.pauses, first.texting, first.reply) == (True, "off", "condolence")


def test_a_bereaved_patient_is_not_paused_but_a_proxy_may_mean_the_patient() -> None:
    own, parents = heard(BEREAVED, asked()), heard(BEREAVED, asked(), reporter="proxy")
    assert (own.pauses, own.cancels_reminders, own.reply, own.texting) == (False, True, "bereaved", None)
    assert (parents.pauses, parents.cancels_reminders, parents.reply) == (True, False, "condolence")
    assert [kind for kind, _ in own.tasks] == [kind for kind, _ in parents.tasks] == ["death"]


@pytest.mark.parametrize("reporter", ["proxy", "caregiver"])
@pytest.mark.parametrize("also", ["death", "bereaved"])
def test_a_death_beside_an_answer_of_somebody_else_pauses_and_nothing_is_asked_after_it(
    reporter: Reporter, also: str
) -> None:
    both = Reading("answer", 7, also=(also,), flag="words")
    reaction = heard(both, asked(), reporter=reporter)
    assert (reaction.pauses, reaction.reply, [kind for kind, _ in reaction.tasks]) == (True, "condolence", ["death"])
    assert reaction.step is not None
    assert [each.answer for each in reaction.step.effects if isinstance(each, RecordAnswer)] == [7]
    assert purposes(reaction) == []
    stopped = heard(both, asked(), reporter=reporter, opted_out=True)
    assert (stopped.pauses, stopped.reply, stopped.step) == (True, None, None)


def test_after_an_opt_out_a_death_has_no_reply() -> None:
    for reading in (DIED, BEREAVED):
        reaction = heard(reading, asked(), opted_out=True)
        assert (reaction.reply, [kind for kind, _ in reaction.tasks]) == (None, ["death"])
    answered = heard(Reading("answer", 7, also=("bereaved",), flag="words"), asked(), opted_out=True)
    assert (answered.reply, answered.step, len(answered.tasks)) == (None, None, 1)


@pytest.mark.parametrize("also", ["urgent", "death", "bereaved", "person"])
def test_a_clear_answer_is_recorded_whatever_else_a_person_must_see(also: str) -> None:
    flag: Flag = "emergency" if also == "urgent" else "words"
    reaction = heard(Reading("answer", 7, also=(also,), flag=flag), asked())
    assert reaction.step is not None
    assert [each.answer for each in reaction.step.effects if isinstance(each, RecordAnswer)] == [7]
    assert [kind for kind, _ in reaction.tasks] == [{"urgent": "urgent", "person": "question"}.get(also, "review")]
    assert reaction.reply == {"urgent": "emergency", "person": "question_noted"}.get(also, "bereaved")
    assert not reaction.pauses


@pytest.mark.parametrize("verdict", ["again", "overtaken"])
@pytest.mark.parametrize("flag", ["words", "emergency"])
def test_the_tasks_do_not_depend_on_the_target_of_a_text(verdict: Verdict, flag: Flag) -> None:
    also = ("urgent",) if flag == "emergency" else ()
    reaction = heard(Reading("answer", 7, also=also, flag=flag), asked(), landing=ReplyTarget(verdict))
    assert [kind for kind, _ in reaction.tasks] == ["urgent" if flag == "emergency" else "review"]
    assert reaction.reply == ("emergency" if flag == "emergency" else None)
    assert reaction.outcome == verdict


def test_a_remark_with_one_of_several_answers_raises_a_task() -> None:
    readings = tuple(Reading("answer", value, flag="words" if value == 2 else None) for value in (1, 2))
    reaction = heard(readings[0], asked(), readings=readings)
    assert "review" in [kind for kind, _ in reaction.tasks]


def test_a_correction_that_was_understood_raises_no_task() -> None:
    step = answer(asked(), asked().asked or Place("", ""), 7, "sms", NOW)
    reaction = heard(Reading("unclear", flag="words"), step.survey, takes_back="correction")
    assert (reaction.outcome, reaction.tasks) == ("taken back", ())


@pytest.mark.parametrize(("crisis", "reply"), [(True, "crisis"), (False, "emergency")])
def test_a_crisis_has_a_reply_of_its_own(crisis: bool, reply: str) -> None:
    reaction = react(Reading("urgent", also=("crisis",) if crisis else ()), None, NOW, opted_out=True)
    assert reaction.reply == reply


def test_words_without_an_open_question_raise_a_task_and_the_reply_says_so() -> None:
    assert react(Reading("unclear", flag="words"), None, NOW).reply == "review"
    assert react(Reading("unclear"), None, NOW).reply == "nothing_open"


def test_a_picture_raises_a_task_and_has_a_reply() -> None:
    reaction = heard(Reading("media", reason="sent a picture"), asked())
    assert (reaction.reply, reaction.step, [kind for kind, _ in reaction.tasks]) == ("no_pictures", None, ["review"])


def test_after_a_stop_an_emergency_is_answered_and_no_question_follows() -> None:
    reaction = heard(Reading("answer", 7, also=("urgent",), flag="emergency"), asked(), opted_out=True)
    assert (reaction.reply, reaction.step, [kind for kind, _ in reaction.tasks]) == ("emergency", None, ["urgent"])


def test_an_emergency_among_answers_in_no_certain_order_is_not_lost() -> None:
    readings = (Reading("answer", 1), Reading("answer", 2, also=("urgent",), flag="emergency"))
    reaction = heard(readings[0], asked(), readings=readings)
    assert (reaction.outcome, reaction.reply) == ("unclear", "emergency")
    assert "urgent" in [kind for kind, _ in reaction.tasks]


@pytest.mark.parametrize(
    ("intent", "task"),
    [("concern", ("review", "may be a concern")), ("person", ("question", "asks for a person"))],
)
def test_what_words_may_be_is_named_also_while_nothing_is_open(intent: str, task: tuple[str, str]) -> None:
    reading = Reading("unclear", reason="no question is open", also=(intent,), flag="words")
    assert react(reading, None, NOW).tasks == (task,)
    assert react(replace(reading, also=()), None, NOW).tasks == (("review", "wrote while nothing was asked"),)


@pytest.mark.parametrize("outcome", ["opt_out", "opt_in", "skip"])
@pytest.mark.parametrize(
    ("intent", "task"),
    [("concern", ("review", "may be a concern")), ("person", ("question", "asks for a person"))],
)
def test_what_stands_beside_a_request_reaches_a_person(outcome: Any, intent: str, task: tuple[str, str]) -> None:
    reading = Reading(outcome, reason="said in words", also=(intent,))
    assert heard(reading, asked()).tasks == (task,)
    assert heard(replace(reading, also=()), asked()).tasks == ()


UNREAD = Reading("unclear", reason="words", flag="words")
AT_SIX = NOW + timedelta(hours=3)


def test_what_answers_the_team_goes_to_the_team_and_is_no_unclear_answer() -> None:
    reaction = heard(UNREAD, asked(), to_team=True)
    assert (reaction.outcome, reaction.reply, reaction.step) == ("to_team", "question_noted", None)
    assert reaction.tasks == (("question", "answers what the team wrote"),)
    assert heard(SEVEN, asked(), to_team=True).outcome == "answer", "a clear answer is one"
    assert heard(replace(UNREAD, flag="emergency"), asked(), to_team=True).reply == "emergency"
    after_a_stop = heard(UNREAD, asked(), to_team=True, opted_out=True)
    assert (after_a_stop.reply, after_a_stop.tasks) == (None, (("review", "wrote after opting out"),))


@pytest.mark.parametrize(("before", "kinds"), [(0, []), (KEPT - 1, []), (KEPT, ["pause"]), (KEPT + 1, ["pause"])])
def test_a_wish_to_be_asked_later_is_kept_and_from_the_third_on_a_person_learns_of_it(
    before: int, kinds: list[str]
) -> None:
    reaction = heard(UNREAD, asked(), put_off_to=AT_SIX, put_off_before=before)
    assert (reaction.outcome, reaction.reply, reaction.put_off_to) == ("put_off", "put_off", AT_SIX)
    assert [kind for kind, _ in reaction.tasks] == kinds
    assert (reaction.step, reaction.pauses) == (None, False), "the question stays open"


def test_a_wish_to_be_asked_later_needs_a_question_that_waits() -> None:
    nothing_waits = (None, replace(asked(), asked=None), expire(asked()).survey)
    for state in nothing_waits:
        assert heard(UNREAD, state, put_off_to=AT_SIX).put_off_to is None
    assert heard(UNREAD, asked(), put_off_to=AT_SIX, landing=ReplyTarget("again")).put_off_to is None
    assert heard(UNREAD, asked(), put_off_to=AT_SIX, opted_out=True).put_off_to is None


def test_what_may_be_a_stop_asks_nothing_more_and_a_person_reads_it() -> None:
    reaction = heard(Reading("unclear", flag="stop"), asked())
    assert (reaction.outcome, reaction.reply, reaction.step) == ("may_stop", "review", None)
    assert reaction.tasks == (("review", MAY_STOP),)
    assert reaction.texting is None, "only a person decides that it is one"


def test_an_answer_beside_what_may_be_a_stop_is_recorded_and_a_person_reads_it() -> None:
    reaction = heard(Reading("answer", 7, flag="stop"), asked())
    assert reaction.step is not None
    assert [each.answer for each in reaction.step.effects if isinstance(each, RecordAnswer)] == [7]
    assert (reaction.outcome, reaction.tasks) == ("answer", (("review", MAY_STOP),))


def test_thanks_with_a_picture_are_no_mere_thanks() -> None:
    reaction = heard(Reading("noise", reason="sent a picture", flag="words"), asked())
    assert (reaction.reply, reaction.step, reaction.tasks) == ("no_pictures", None, (("review", "sent a picture"),))


def test_a_request_for_a_person_in_words_is_no_keyword() -> None:
    reaction = heard(Reading("help", reason="asks for a person", flag="words"), asked(), provider="help")
    assert reaction.reply == "question_noted", "the carrier's reply to HELP does not say that somebody reads it"
    assert reaction.tasks == (("question", "asks for a person"),)


def test_words_days_after_the_window_are_read_by_a_person_and_the_question_is_asked_again() -> None:
    late = expire(asked()).survey
    reaction = heard(Reading("unclear", reason="words", flag="words"), late)
    assert (reaction.reply, purposes(reaction)) == ("review", ["question"])
    assert reaction.tasks == (("review", "words"),)
    assert reaction.step is not None
    assert reaction.step.survey.clarified == late.clarified + 1
    spent = heard(UNREAD, replace(late, clarified=MAX_CLARIFICATIONS))
    assert "question" not in purposes(spent), "it is not asked again for ever"
    assert spent.tasks == (("review", "words"),)
