"""What one mail does: a request is handled, an answer is never taken, and a person reads everything else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector import languages
from pro_collector.domain.conversation.correspondence import MAIL_INTENTS, react_to_mail, read_mail
from pro_collector.domain.reply.question import Reading
from tests.unit.domain.conversation.test_survey import NOW

EN = languages.language("en")


def read(text: str, subject: str = "", ours: tuple[str, ...] = ()) -> Reading:
    return read_mail(subject, text, EN, ours, lambda _: None)


@pytest.mark.parametrize(
    ("subject", "text", "outcome", "also"),
    [
        ("", "7", "unclear", ()),
        ("", "Pain 7, the rest 0", "unclear", ()),
        ("Stop", "", "opt_out", ()),
        ("Re: STOP", "thanks", "opt_out", ()),
        ("A question", "Please take me off your mailing list.", "opt_out", ()),
        ("A question", "I want to leave the study and have my data deleted", "erase", ("leave",)),
        ("URGENT can't breathe", "see subject", "urgent", ()),
        ("Hello", "Désabonnez-moi, quiero morir", "urgent", ("crisis", "opt_out")),
        ("Hello", "Wrong person! I never signed up for this.", "wrong_person", ()),
        ("Hello", "I'm on holiday until 3 May", "pause", ()),
        ("Automatic reply: hello", "I am away, in an emergency call 112", "noise", ()),
        ("Hello", "This is an automatic reply, I am away.", "noise", ()),
        (
            "Hello",
            "This is no automatic reply: I want to die. With do not disturb while driving",
            "urgent",
            ("crisis",),
        ),
        ("Hello", "skip\n\nback\n\nhelp", "unclear", ()),
    ],
)
def test_requests_by_mail(subject: str, text: str, outcome: str, also: tuple[str, ...]) -> None:
    reading = read(text, subject)
    assert reading.outcome == outcome
    assert reading.also == also


def test_an_emergency_at_the_end_of_a_long_mail_is_found() -> None:
    chatter = "We went to the garden and it was a fine day with my brother. "
    assert read(chatter * 80 + "Since then I cannot breathe. " + chatter * 40).outcome == "urgent"


def test_every_mail_is_read_fast() -> None:
    """Patterns are slow on a long text, so a mail is matched in pieces."""
    began = time.process_time()
    read("stop " * 5000)
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("reading", "texting", "reply", "tasks"),
    [
        (Reading("opt_out", reason="keyword"), "off", "stop_confirmed", []),
        (Reading("opt_out", reason="said in words"), "off", "stop_confirmed", ["review"]),
        (Reading("leave"), "off", "leave_noted", ["leave"]),
        (Reading("erase", also=("leave",)), "off", "erase_noted", ["leave", "erase"]),
        (Reading("urgent"), None, "emergency", ["urgent"]),
        (Reading("urgent", also=("opt_out",)), "off", "emergency", ["urgent"]),
        (Reading("opt_in", reason="keyword"), "on", None, []),
        (Reading("pause"), None, "review", ["pause"]),
        (Reading("wrong_person"), "off", None, ["wrong_person"]),
        (Reading("unclear"), None, "review", ["review"]),
        (Reading("help"), None, "review", ["review"]),
        (Reading("answer", 7), None, "review", ["review"]),
        (Reading("noise"), None, None, []),
    ],
)
def test_what_follows(reading: Reading, texting: str | None, reply: str | None, tasks: list[str]) -> None:
    reaction = react_to_mail(reading, NOW)
    assert (reaction.texting, reaction.reply, [kind for kind, _ in reaction.tasks]) == (texting, reply, tasks)
    assert reaction.step is None


def test_an_unsubscribe_button_has_no_reply_and_no_task() -> None:
    reaction = react_to_mail(Reading("opt_out", reason="said in words"), NOW, by_button=True)
    assert (reaction.texting, reaction.reply, reaction.tasks) == ("off", None, ())


def test_a_mail_after_an_opt_out_is_read_by_a_person_and_not_answered() -> None:
    reaction = react_to_mail(Reading("pause"), NOW, opted_out=True)
    assert (reaction.reply, [kind for kind, _ in reaction.tasks]) == (None, ["review"])
    assert react_to_mail(Reading("opt_out"), NOW, opted_out=True).reply is None


@given(st.text(max_size=60), st.text(max_size=500), st.sampled_from(["en", "es", "fr"]))
def test_a_mail_is_never_an_answer(subject: str, text: str, code: str) -> None:
    reading = read_mail(subject, text, languages.language(code), ["Your check-in is ready now"], lambda _: None)
    assert reading.outcome in {*MAIL_INTENTS, "noise", "unclear"}
    assert reading.value is None
    assert react_to_mail(reading, NOW).step is None
