"""What a survey says in words: in which language, whose phone it names, and until when it is worth sending."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from pro_collector.casework.speaking.speech import NEXT_QUESTION_WITHIN, REPLY_WITHIN, URGENCY, Speech
from pro_collector.domain.conversation.phone_turn import UNANSWERED_TURN
from pro_collector.domain.conversation.survey import Place, Purpose, Say
from pro_collector.domain.study.definition import Contact
from pro_collector.domain.study.emergency import Emergency
from pro_collector.postgres.tables.consents import ConsentRow
from pro_collector.postgres.tables.occasions import OccasionRow
from scheduler.calendar import Silence
from tests.unit.casework.cases import ANN, DIARY, HOUR, NOW, case, occasion, person

PAIN = Place(DIARY, "pain")
TONIGHT = datetime(2026, 3, 2, 21, tzinfo=ZoneInfo("America/New_York"))
"""When the study's quiet hours begin."""


def speech(row: OccasionRow | None = None, **given: Any) -> Speech:
    """The voice of an occasion."""
    row = row or occasion()
    found = case(row)
    return Speech(found.version_of(row), row, found.survey(row), given.pop("now", NOW), **given)


def test_a_question_is_asked_in_its_own_words_with_its_number() -> None:
    text = speech().sms(Say("question", PAIN))
    assert "pain" in text.body.lower()
    assert (text.place, text.language, text.purpose) == (PAIN, "en", "question")
    assert text.body.startswith("1/6 "), "vomiting is asked only after nausea"
    assert speech(occasion(language="es")).sms(Say("question", PAIN)).language == "es"


def test_the_caregiver_of_a_child_is_asked_about_themselves_in_the_words_for_an_adult() -> None:
    row = occasion(reporter="caregiver", asked=None)
    agreed = ConsentRow(UUID(int=7), ANN, "caregiver", "participation", date(2026, 1, 1), NOW, "tester")
    child = case(row, who=person(birth_date=date(2019, 5, 1)), consents=[agreed])
    survey = child.survey(row)
    assert (survey.reporter, survey.reads_as, survey.age) == ("caregiver", "self", None)
    assert child.survey(occasion(2)).age == 6, "the child's own"
    voice = Speech(child.version_of(row), row, survey, NOW)
    assert "you look after somebody. How are you yourself?" in voice.sms(Say("invitation", PAIN)).body
    assert "you look after Kim" in replace(voice, about="Kim").sms(Say("invitation")).body
    assert "This is about you: how are you yourself?" in voice.email(Say("invitation")).body
    assert voice.wording(PAIN) == speech().wording(PAIN)


def test_a_text_that_asks_nothing_in_words_carries_a_link() -> None:
    assert "{link}" in speech().sms(Say("invitation")).body
    assert "{link}" in speech().sms(Say("reminder")).body
    assert "{link}" not in speech().sms(Say("invitation", PAIN)).body
    assert "{link}" not in speech().sms(Say("thanks")).body


def test_a_mail_always_carries_a_link_and_the_end_of_the_window_where_they_live() -> None:
    letter = speech().email(Say("invitation"))
    assert "{link}" in letter.body
    assert letter.html
    assert "before Thursday, March 5, 9 am." in letter.body, "the window closes at 14:00 UTC"
    assert letter.subject == "The team: your check-in is ready: Weekly"
    assert letter.expires_at == occasion().closes_at


def test_a_text_names_the_check_in_where_the_person_has_another_one_that_day() -> None:
    assert "(Weekly)" not in speech().sms(Say("invitation", PAIN)).body
    assert "check-in (Weekly), 6" in speech(titled=True).sms(Say("invitation", PAIN)).body
    assert "(Weekly)" in speech(titled=True).sms(Say("reminder")).body


def test_a_mail_names_all_that_a_bundle_asks() -> None:
    both = speech(titled=True, assessments=("weekly", "weekly"))
    assert both.email(Say("reminder")).subject == "The team: your check-in is still open: Weekly, Weekly"
    assert "(Weekly)" in both.sms(Say("reminder")).body, "a text has no room for all"


def test_a_text_names_the_emergency_number_of_the_place() -> None:
    assert "call 112" in speech(emergency=Emergency(medical="", crisis="", call="112")).sms(Say("closed")).body
    assert "call your emergency number" in speech().sms(Say("closed")).body


def test_the_team_of_their_hospital_is_named_where_it_has_a_phone_of_its_own() -> None:
    own = Contact(phone="+12025550111", email="own@example.org")
    assert "+12025550100" in speech().sms(Say("closed")).body
    assert "+12025550111" in speech(team=own).sms(Say("closed")).body


@pytest.mark.parametrize("purpose", ["thanks", "closed"])
def test_thanks_are_worth_sending_for_hours_also_at_night(purpose: Purpose) -> None:
    assert speech().sms(Say(purpose)).expires_at == NOW + REPLY_WITHIN


def test_an_answer_is_followed_at_once_or_not_at_all() -> None:
    assert speech(answering=True).sms(Say("question", PAIN)).expires_at == NOW + NEXT_QUESTION_WITHIN
    closing = occasion(closes_at=NOW + timedelta(minutes=5))
    assert speech(closing, answering=True).sms(Say("question", PAIN)).expires_at == closing.closes_at


def test_what_nobody_asked_for_rings_at_no_quiet_hour() -> None:
    assert speech().sms(Say("invitation")).expires_at == TONIGHT
    assert speech(zone="Europe/Madrid").sms(Say("invitation")).expires_at == TONIGHT - 6 * HOUR
    assert speech(silence=Silence()).sms(Say("invitation")).expires_at == occasion().closes_at


def test_a_question_is_gone_before_the_next_text_of_ours() -> None:
    assert speech().sms(Say("question", PAIN)).expires_at == NOW + UNANSWERED_TURN
    reminded = occasion(reminders=[NOW - HOUR, NOW + HOUR, NOW + 9 * HOUR])
    assert speech(reminded).sms(Say("question", PAIN)).expires_at == NOW + HOUR
    assert speech(reminded).sms(Say("invitation")).expires_at == TONIGHT


def test_in_late_entry_it_is_worth_sending_until_late_answers_end() -> None:
    row = occasion(closes_at=NOW - HOUR, late_until=NOW + 2 * HOUR)
    assert speech(row).sms(Say("question", PAIN)).expires_at == NOW + 2 * HOUR
    on_the_minute = occasion(closes_at=NOW, late_until=NOW + 2 * HOUR)
    assert speech(on_the_minute).email(Say("reminder")).expires_at == NOW + 2 * HOUR


def test_a_question_goes_before_an_invitation_and_that_before_a_reminder() -> None:
    purposes: tuple[Purpose, ...] = ("question", "invitation", "reminder")
    urgencies = [speech().sms(Say(purpose)).urgency for purpose in purposes]
    assert urgencies == sorted(set(urgencies))
    assert URGENCY["emergency"] < urgencies[0]
