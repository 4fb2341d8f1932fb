"""Texts and mails: whom they name, what is left out, and what is put in on sending."""

import pytest

from pro_collector import rendering
from pro_collector.words import load

FILLED = {
    "advice": "Call your care team today.",
    "sender": "Us",
    "when": "tomorrow at 6 pm",
    "words": "Take it with food.",
    "phone": "+1 202",
    "emergency": "Call 911.",
    "crisis": "Call 988.",
    "question": "How bad?",
    "number": 2,
    "total": 7,
    "minutes": 3,
    "closes": "2026-03-09 12:00",
    "explanation": "Any pain counts.",
}


@pytest.mark.parametrize(
    ("about", "proxy", "expected"),
    [
        ("", False, "2/7 How bad?"),
        ("", True, "2/7 How bad?"),
        ("RT-1", False, "For RT-1, 2/7 How bad?"),
        ("RT-1", True, "About RT-1, 2/7 How bad?"),
    ],
)
def test_a_text_names_the_patient_where_several_are_reached(about: str, proxy: bool, expected: str) -> None:
    assert rendering.sms("en", "question", about=about, proxy=proxy, **FILLED) == expected


@pytest.mark.parametrize(
    ("about", "proxy", "second"),
    [
        ("", False, "Your check-in is ready. It takes about 3 minutes, and you can stop and go on later."),
        ("RT-1", False, "This one is for RT-1."),
        ("RT-1", True, "This one is about RT-1."),
    ],
)
def test_a_mail_names_the_patient_or_leaves_the_paragraph_out(about: str, proxy: bool, second: str) -> None:
    letter = rendering.email("en", "invitation", about=about, proxy=proxy, **FILLED)
    assert letter.text.split("\n\n")[1] == second
    assert letter.subject == "Us: your check-in is ready" + (f" ({about})" if about else "")
    assert f"<p>{second}</p>" in letter.html
    assert "<p></p>" not in letter.html


def test_links_are_put_in_on_sending() -> None:
    assert "{link}" in rendering.sms("es", "reminder_link", **FILLED)
    letter = rendering.email("fr", "reminder", **FILLED)
    assert '<a href="{link}"' in letter.html
    assert ">Ouvrir votre suivi</a>" in letter.html
    assert letter.text.endswith("{unsubscribe}")


def test_what_is_put_in_a_gap_is_no_gap_itself() -> None:
    odd = FILLED | {"sender": "A {phone} & <Co>"}
    assert rendering.sms("en", "help", **odd).startswith("A {phone} & <Co>: messages")
    assert "A {phone} &amp; &lt;Co&gt;" in rendering.email("en", "bereaved", **odd).html


@pytest.mark.parametrize("language", load())
def test_every_text_and_mail_can_be_said(language: str) -> None:
    """Whatever the form, with nothing but what is filled in when it is said."""
    words = load()[language]
    texts = {key.split(".")[0] for key in words.section("sms").phrases}
    mails = {key.split(".")[0] for key in words.section("mail").phrases if "." in key} - {"whom"}
    for about, proxy in (("", False), ("RT-1", False), ("RT-1", True)):
        said = [rendering.sms(language, name, about=about, proxy=proxy, **FILLED) for name in texts]
        said += [rendering.email(language, name, about=about, proxy=proxy, **FILLED).text for name in mails]
        assert all(said)
        assert all(proxy or "About RT-1" not in text for text in said)
