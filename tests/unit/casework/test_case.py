"""What a case says of its participant: what may be said where, when, and which survey an occasion is."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pro_collector.domain.conversation.permission import Refusal
from pro_collector.domain.conversation.survey import Place, RecordAnswer, Step
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import DueRow
from scheduler.person import Condition
from tests.shared.instruments import shipped
from tests.unit.casework.cases import DIARY, NOW, case, contact, occasion, person, state, version

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)


def test_another_check_in_that_day_is_noticed() -> None:
    row, day = occasion(), occasion().due_local
    other = DueRow(row.participant_id, "monthly", "self", day.replace(hour=23))
    assert case(row, due_around=[other]).has_others_that_day(row)
    begun_before = occasion(2, assessment="monthly", due_local=day - timedelta(days=3))
    assert case(row, begun_before).has_others_that_day(row)


@pytest.mark.parametrize(
    "changed",
    [{"assessment": "weekly"}, {"reporter": "proxy"}, {"due_local": occasion().due_local + timedelta(days=1)}],
)
def test_the_same_check_in_another_reporter_or_another_day_is_no_other_check_in(changed: dict[str, Any]) -> None:
    row = occasion()
    other = replace(DueRow(row.participant_id, "monthly", "self", row.due_local), **changed)
    assert not case(row, due_around=[other]).has_others_that_day(row)
    assert not case(row, occasion(2, state="completed", assessment="monthly")).has_others_that_day(row)


def test_a_reporter_is_asked_at_an_address_of_their_own_on_the_channel() -> None:
    found = case(contacts=[contact(), contact("email", b"mail"), contact(lookup=b"parent", reporter="proxy")])
    assert found.contact("self", "sms") == contact()
    assert found.contact("self", "email") == contact("email", b"mail")
    proxy = found.contact("proxy", "sms")
    assert proxy is not None
    assert proxy.lookup == b"parent"
    assert found.contact("proxy", "email") is None


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        (contact(), None),
        (contact(opted_out_at=NOW), Refusal.OPTED_OUT),
        (contact(broken_at=NOW), Refusal.BROKEN_ADDRESS),
    ],
)
def test_an_address_that_is_stopped_or_broken_is_asked_nothing(phone: ContactRow, why: Refusal | None) -> None:
    found = case(contacts=[phone])
    assert found.refusal("question", "self", "sms") is why
    assert (found.contact("self", "sms") is None) == (why is not None)
    assert found.phone("self") == phone, "it is still the phone that replies come from"


def test_without_an_address_only_a_person_can_call() -> None:
    found = case(contacts=[])
    assert found.refusal("question", "self", "sms") is Refusal.NO_ADDRESS
    assert found.refusal("question", "self", "call") is None
    assert found.phone("self") is None


@pytest.mark.parametrize(
    ("kind", "invitation", "question", "mail"),
    [
        ("paused", Refusal.PAUSED, None, None),
        ("hospital", Refusal.HOSPITAL, None, None),
        ("holiday", Refusal.HOLIDAY, None, None),
        ("stopped_texting", Refusal.NO_TEXTS, Refusal.NO_TEXTS, None),
        ("withdrew", Refusal.LEFT_STUDY, Refusal.LEFT_STUDY, Refusal.LEFT_STUDY),
        ("died", Refusal.LEFT_STUDY, Refusal.LEFT_STUDY, Refusal.LEFT_STUDY),
        ("moved", None, None, None),
        ("answered_by_proxy", None, None, None),
        ("crossed_over", None, None, None),
    ],
)
def test_a_state_of_today_refuses_what_it_refuses(
    kind: Condition, invitation: Refusal | None, question: Refusal | None, mail: Refusal | None
) -> None:
    found = case(states=[state(kind)], contacts=[contact(), contact("email", b"mail")])
    assert found.refusal("invitation", "self", "sms") is invitation
    assert found.refusal("question", "self", "sms") is question
    assert found.refusal("question", "self", "email") is mail


def test_a_state_holds_from_its_first_day_to_the_day_before_it_ends() -> None:
    for starts, ends, holds in ((TODAY, TOMORROW, True), (TOMORROW, None, False), (date(2026, 1, 1), TODAY, False)):
        found = case(states=[state("paused", starts, ends)])
        assert (found.refusal("invitation", "self", "sms") is Refusal.PAUSED) == holds, (starts, ends)


def test_today_is_the_day_where_they_live() -> None:
    evening = datetime.fromisoformat("2026-03-03T02:00:00+00:00")
    assert case(now=evening).today == date(2026, 3, 2)
    assert case(now=evening, who=person(zone="Asia/Tokyo")).today == date(2026, 3, 3)


def test_an_event_that_ends_participation_ends_it_on_its_day_and_not_before() -> None:
    assert case(treatment_dates=[("death", TODAY)]).refusal("question", "self", "sms") is Refusal.LEFT_STUDY
    assert case(treatment_dates=[("death", TOMORROW)]).refusal("question", "self", "sms") is None
    assert case(treatment_dates=[("surgery", TODAY)]).refusal("question", "self", "sms") is None


def test_a_message_waits_for_the_end_of_the_quiet_hours_of_the_study_and_of_their_own() -> None:
    row = occasion()
    assert case(row).earliest_send(row) == NOW
    night = datetime.fromisoformat("2026-03-03T03:00:00+00:00")  # 22:00 in New York
    assert case(row, now=night).earliest_send(row) == datetime.fromisoformat("2026-03-03T13:00:00+00:00")
    nap = case(row, who=person(quiet="09:30-11:00"))
    assert nap.earliest_send(row) == NOW + timedelta(hours=1)
    assert nap.silence(row).quiet != case(row).silence(row).quiet


def test_an_assessment_with_quiet_hours_of_its_own_may_ring_in_those_of_the_study() -> None:
    own = version(("[1d]", "[1d]\n    quiet_hours: {from: '23:00', until: '06:00'}"))
    night = datetime.fromisoformat("2026-03-03T03:00:00+00:00")  # 22:00 in New York
    found = case(occasion(), now=night, versions={"1": own})
    assert found.earliest_send(occasion()) == night
    assert found.earliest_by_hand() == datetime.fromisoformat("2026-03-03T13:00:00+00:00"), "those of the study hold"


def test_what_has_begun_is_finished_with_the_version_it_was_planned_under() -> None:
    later = version(("closes: 3d", "closes: 2d"))
    found = case(occasion(), who=person(study_version="2"), versions={"1": version(), "2": later})
    assert found.version_of(occasion()).study == version().study
    assert found.current_version is later


def test_a_survey_is_the_occasion_as_the_record_has_it() -> None:
    row = occasion(state="started", asked=f"{DIARY}/pain", clarified=1)
    made = case(row, answers={row.id: {DIARY: {"tiredness": 3}}}).survey(row)
    assert (made.asked, made.clarified, made.state) == (Place(DIARY, "pain"), 1, "started")
    assert made.answers == {DIARY: {"tiredness": 3}}
    assert (made.closes_at, made.late_until) == (row.closes_at, row.late_until)
    assert case(row).survey(replace(row, asked=None)).asked is None


def test_once_somebody_has_left_their_surveys_take_nothing_in() -> None:
    row = occasion()
    left = case(row, states=[state("withdrew")]).survey(row)
    assert (left.closes_at, left.late_until) == (NOW, NOW)
    ended = occasion(reason="participation_ended", ended_at=NOW - timedelta(days=1), state="cancelled")
    assert case(ended).survey(ended).late_until == NOW - timedelta(days=1)


def test_an_answer_that_needs_a_person_is_flagged() -> None:
    row = occasion(instruments=["phq-9"])
    with_phq = replace(version(), instruments={"phq-9": shipped("phq-9")})
    found = case(row, versions={"1": with_phq})

    def given(item: str, answer: int) -> Step:
        return Step(found.survey(replace(row, asked=None)), (RecordAnswer(Place("phq-9", item), answer, "sms"),))

    assert found.flagged(row, given("q9", 1))
    assert not found.flagged(row, given("q9", 0))
    assert not found.flagged(row, given("q1", 3))
    assert not found.flagged(row, Step(found.survey(replace(row, asked=None)), ()))


def test_the_country_is_that_of_the_site() -> None:
    assert case().country() == "US"
    assert case(who=person(site=None)).country() is None
