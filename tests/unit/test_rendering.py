"""Texts and mails: whom they name, what is left out, and what is put in on sending."""

from datetime import datetime
from typing import Any

import pytest

from pro_collector import rendering
from pro_collector.words import load

FILLED: dict[str, Any] = {
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
    "closes": datetime(2026, 3, 27, 18),  # noqa: DTZ001  # wall-clock time
    "title": "Weekly",
    "call": "911",
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
        (
            "",
            False,
            "Your health check-in “Weekly” is ready. It takes about 3 minutes, and you can stop and go on later.",
        ),
        ("RT-1", False, "This one is for RT-1."),
        ("RT-1", True, "This one is about RT-1."),
    ],
)
def test_a_mail_names_the_patient_or_leaves_the_paragraph_out(about: str, proxy: bool, second: str) -> None:
    letter = rendering.email("en", "invitation", about=about, proxy=proxy, **FILLED)
    assert letter.text.split("\n\n")[1] == second
    assert letter.subject == "Us: your check-in is ready: Weekly" + (f" ({about})" if about else "")
    assert f"<p>{second}</p>" in letter.html
    assert "<p></p>" not in letter.html


@pytest.mark.parametrize("language", load())
def test_a_caregiver_is_asked_how_they_are_themselves(language: str) -> None:
    for about in ("", "RT-1"):
        asked = rendering.sms(language, "invitation", about=about, caregiver=True, **FILLED)
        assert asked not in {rendering.sms(language, "invitation", about=about, **FILLED, proxy=by) for by in (0, 1)}
        assert ("RT-1" in asked) == bool(about)
        said = rendering.sms(language, "thanks", about=about, caregiver=True, **FILLED)
        assert said != rendering.sms(language, "thanks", about=about, **FILLED)
        letter = rendering.email(language, "invitation", about=about, caregiver=True, **FILLED)
        assert letter.text != rendering.email(language, "invitation", about=about, **FILLED).text
        assert letter.subject.endswith(f"Weekly ({about})" if about else "Weekly")
    assert rendering.sms(language, "question", caregiver=True, **FILLED) == "2/7 How bad?"
    assert "RT-1" in rendering.sms(language, "question", about="RT-1", caregiver=True, **FILLED)
    assert rendering.sms(language, "review", caregiver=True, **FILLED) == rendering.sms(language, "review", **FILLED)
    for name in ("stop_confirmed", "leave_noted", "erase_noted", "after_withdrawn", "after_completed"):
        for say in (rendering.sms, lambda *a, **k: rendering.email(*a, **k).text):
            assert say(language, name, caregiver=True, **FILLED) != say(language, name, **FILLED)


def test_links_are_put_in_on_sending() -> None:
    assert "{link}" in rendering.sms("es", "reminder_link", **FILLED)
    letter = rendering.email("fr", "reminder", **FILLED)
    assert '<a href="{link}"' in letter.html
    assert ">Ouvrir votre questionnaire</a>" in letter.html
    assert letter.text.endswith("{unsubscribe}")


def test_the_link_to_the_own_page_is_left_out_where_it_costs_a_segment() -> None:
    assert rendering.with_own_page("en", "a" * 80, 50).endswith("Your own page: {own_page}")
    fits = 160 - len(" Your own page: ") - 50
    assert rendering.with_own_page("en", "a" * fits, 50) != "a" * fits
    assert rendering.with_own_page("en", "a" * (fits + 1), 50) == "a" * (fits + 1)
    assert rendering.with_own_page("en", "a" * 200, 50).endswith("{own_page}"), "the second segment has room"


def test_a_mail_of_a_survey_ends_with_the_link_to_the_own_page_if_there_is_one() -> None:
    letter = rendering.email("en", "invitation", own_page=True, **FILLED)
    assert letter.text.endswith(": {own_page}")
    assert '<a href="{own_page}">' in letter.html
    assert "{own_page}" not in rendering.email("en", "invitation", **FILLED).html


def test_what_is_put_in_a_gap_is_no_gap_itself() -> None:
    odd = FILLED | {"sender": "A {phone} & <Co>"}
    assert rendering.sms("en", "help", **odd).startswith("A {phone} & <Co>: health study")
    assert "A {phone} &amp; &lt;Co&gt;" in rendering.email("en", "bereaved", **odd).html


@pytest.mark.parametrize("language", load())
def test_every_text_and_mail_can_be_said(language: str) -> None:
    """Whatever the form, with nothing but what is filled in when it is said."""
    words = load()[language]
    texts = {key.split(".")[0] for key in words.section("sms").phrases} - {"caregiver"}
    mails = {key.split(".")[0] for key in words.section("mail").phrases if key.endswith(".text")} - {"caregiver"}
    for about, proxy, caregiver in (("", 0, 0), ("RT-1", 0, 0), ("RT-1", 1, 0), ("", 0, 1), ("RT-1", 0, 1)):
        whose = {"about": about, "proxy": proxy, "caregiver": caregiver}
        said = [rendering.sms(language, name, **whose, **FILLED) for name in texts]
        said += [rendering.email(language, name, **whose, **FILLED).text for name in mails]
        assert all(said)
        assert all(proxy or "About RT-1" not in text for text in said)


@pytest.mark.parametrize(
    ("language", "hour", "minute", "expected"),
    [
        ("en", 18, 0, "Please answer before Friday, March 27, 6 pm."),
        ("en", 0, 5, "Please answer before Friday, March 27, 12:05 am."),
        ("en", 12, 0, "Please answer before Friday, March 27, 12 pm."),
        ("es", 18, 0, "Responda antes del viernes 27 de marzo a las 6 de la tarde, por favor."),
        ("es", 9, 30, "Responda antes del viernes 27 de marzo a las 9:30 de la mañana, por favor."),
        ("fr", 18, 0, "Merci de répondre avant le vendredi 27 mars à 18 h."),
        ("fr", 9, 5, "Merci de répondre avant le vendredi 27 mars à 9 h 05."),
    ],
)
def test_a_mail_says_a_moment_as_people_do(language: str, hour: int, minute: int, expected: str) -> None:
    closes = datetime(2026, 3, 27, hour, minute)  # noqa: DTZ001  # wall-clock time
    assert f"\n\n{expected}\n\n" in rendering.email(language, "invitation", **FILLED | {"closes": closes}).text


def test_one_minute_is_singular() -> None:
    said = [rendering.email(language, "reminder", **FILLED | {"minutes": 1}).text for language in ("en", "es", "fr")]
    assert "about 1 minute." in said[0]
    assert "aproximadamente 1 minuto." in said[1]
    assert "environ 1 minute." in said[2]


@pytest.mark.parametrize(
    ("language", "known", "unknown"),
    [
        ("en", "In an emergency call 112.", "In an emergency call your emergency number."),
        ("es", "En una emergencia, llame al 112.", "En una emergencia, llame a emergencias."),
        ("fr", "En cas d'urgence, appelez le 112.", "En cas d'urgence, appelez les secours."),
    ],
)
def test_a_text_names_the_emergency_number_where_it_is_known(language: str, known: str, unknown: str) -> None:
    assert rendering.sms(language, "nothing_open", **FILLED | {"call": "112"}).endswith(known)
    assert rendering.sms(language, "nothing_open", **FILLED | {"call": None}).endswith(unknown)


def test_numbers_and_the_way_out_of_a_mail_are_links() -> None:
    html = rendering.email("en", "invitation", **FILLED | {"phone": "+12025550142"}).html
    assert 'call <a href="tel:+12025550142">+12025550142</a>, or <a href="tel:911">911</a>.' in html
    assert '<a href="{unsubscribe}">No more emails like this</a>' in html
    assert "tel:" not in rendering.email("en", "invitation", **FILLED | {"phone": "", "call": None}).html


def test_a_mail_says_in_which_direction_it_is_read() -> None:
    assert rendering.email("es", "reminder", **FILLED).html.count('lang="es" dir="ltr"') == 2


def test_a_text_names_the_check_in_only_where_it_has_a_title() -> None:
    assert ": your check-in (Weekly), 7 short" in rendering.sms("en", "invitation", **FILLED)
    assert ": your check-in, 7 short" in rendering.sms("en", "invitation", **FILLED | {"title": ""})
