"""The new part of a mail, with the quotations of mail programs in three languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector import languages
from pro_collector.domain.reply.quoting import MAX_CHARACTERS, bare_subject, new_part, without_own_lines

EN = languages.language("en")
OURS = "Your check-in is ready. It takes a minute.\n\n{link}\n\nThe Team\nNo more emails like this: {unsubscribe}"

CASES = {
    "gmail": "STOP\n\nOn Tue, Mar 3, 2026 at 10:00 AM The Team <a@b.example> wrote:\n\n> old\n> words\n",
    "gmail, wrapped": "STOP\n\nOn Tue, Mar 3, 2026 at 10:00 AM The Team of the Hospital\n<a@b.example> wrote:\n> old",
    "gmail, Spanish": "STOP\n\nEl mar, 3 mar 2026 a las 10:00, The Team (<a@b.example>) escribió:\n\n> old",
    "gmail, French": "STOP\n\nLe mar. 3 mars 2026 à 10:00, The Team <a@b.example> a écrit :\n\n> old",
    "thunderbird, below": "Le 03/03/2026 à 10:00, The Team a écrit :\n> old\n> words\n\nSTOP",
    "outlook": "STOP\n\n________________\nFrom: The Team <a@b.example>\nSent: Tuesday\nTo: Maria\nSubject: x\n\nold",
    "outlook, Spanish": "STOP\n\nDe: The Team\nEnviado: martes\nPara: Maria\nAsunto: x\n\nold",
    "outlook, French": "STOP\r\n\r\nDe : The Team\r\nEnvoyé : mardi\r\nÀ : Maria\r\nObjet : x\r\n\r\nold",
    "old outlook": "STOP\n\n-----Original Message-----\nold",
    "webmail, French": "STOP\n\n----- Message d'origine -----\nold",
    "forwarded": "STOP\n\n---------- Forwarded message ---------\nold",
    "signature": "STOP\n\n-- \nold and proud",
    "a level deeper": "STOP\n>> older\n > old\n",
    "our words, unmarked": "STOP\n\n3. Mai:\nYour check-in is ready. It\ntakes a minute.\nNo more emails like this: ",
}  # fmt: skip


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_only_the_new_part_is_left(text: str) -> None:
    said = new_part(text, EN, [OURS]).new
    assert said.startswith("STOP")
    assert "old" not in said
    assert "more emails" not in said
    assert "check-in" not in said


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I felt worse than ever.",
        "From: me\n\nI do not know whom to ask",
        "Date of surgery: 3 March\nSubject to change",
        "I am well - Original message follows by post",
        "On Monday I felt worse.\n\nThe nurse wrote:",
        "On Monday at 10 I felt worse\nand on Tuesday too",
    ],
)
def test_text_that_only_looks_like_a_quotation_is_kept(text: str) -> None:
    part = new_part(text, EN)
    assert (part.new + "\n" + part.uncertain).strip().split("\n")[-1] == text.split("\n")[-1]


def test_unmarked_text_after_an_introduction_is_uncertain() -> None:
    part = new_part("Hello\n\nFrom: The Team\nSent: Tuesday\n\nhers or ours?", EN)
    assert (part.new, part.uncertain) == ("Hello", "hers or ours?")


def test_wrapped_lines_are_joined() -> None:
    wrapped = "I would like, if that can be done, to have no more of all these\nemails from you"
    assert new_part(wrapped, EN).new == wrapped.replace("\n", " ")
    assert new_part("short\nlines", EN).new == "short\nlines"


def test_our_own_lines_are_removed_even_if_wrapped_or_marked() -> None:
    assert without_own_lines("a\n> No more\n> emails like\n> this: b", [OURS]).split() == ["a", ">", "b"]
    assert without_own_lines("The Team", [OURS]) == "The Team", "a few words may be anybody's"


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: STOP", "STOP"),
        ("RE: RV: Fwd: STOP", "STOP"),
        ("Re: The Team: your check-in is ready", ""),
        ("AW: Re[2]: The Team: your check-in is ready", ""),
        ("unsubscribe", "unsubscribe"),
        ("", ""),
        ("Stop: no more", "Stop: no more"),
    ],
)
def test_a_subject_without_its_prefixes(subject: str, bare: str) -> None:
    assert bare_subject(subject, ["The Team: your check-in is ready"]) == bare


@given(st.text(max_size=400), st.lists(st.text(max_size=40), max_size=3))
def test_any_text_has_a_new_part_and_nothing_is_invented(text: str, ours: list[str]) -> None:
    said, below = new_part(text, EN, ours)
    assert {*said.split(), *below.split()} <= set(text.split())


def test_only_the_beginning_of_a_very_long_mail_is_read() -> None:
    assert len(new_part("word " * MAX_CHARACTERS, EN).new) <= MAX_CHARACTERS


def test_a_link_after_a_line_of_ours_is_not_the_writers() -> None:
    ours = "You may still get texts.\n\nYour answers and your next check-ins are on your own page: {own_page}"
    quoted = (
        "> Your answers and your next check-ins are on your own page: https://pro.example/m/abc",
        "> Your answers and your next check-ins are on your\n> own page:\n> https://pro.example/m/abc",
        "Your answers and your next check-ins are on your own page: https://pro.example/m/abc",
    )
    for line in quoted:
        assert new_part(f"START\n\n{line}\n", EN, [ours]).new.strip() == "START"
