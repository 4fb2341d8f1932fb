"""A whole study in virtual time: nothing is lost, nothing leaves too late, and the same seed gives the same bytes."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from pro_collector.domain.instrument.branching import remaining
from pro_collector.domain.instrument.item import Item, Option
from pro_collector.domain.study.definition import Study, load_study
from pro_collector.domain.study.timeline import TreatmentEvent
from pro_collector.library import load_library
from pro_collector.resources import SCHEMAS
from pro_collector.simulation.asking import Asking
from pro_collector.simulation.life import Life, live
from pro_collector.simulation.page import to_page
from pro_collector.simulation.people import News, character
from pro_collector.simulation.rehearse import Rehearsal, rehearse
from pro_collector.simulation.script import PATTERNS, Script, value
from pro_collector.simulation.tally import GONE, Tally, share
from pro_collector.simulation.told import as_data, as_lines
from scheduler.calendar import wall_time
from scheduler.occasion import PLAN_REASONS
from scheduler.rules import Rung

NAMES = ("symptom-diary", "well-being-diary")
STARTS = date(2027, 1, 4)
PEOPLE = 30


@cache
def demo() -> Study:
    known = {name: load_library().get(name) for name in NAMES}
    return load_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml", known)


def rehearsal(seed: int = 1, people: int = PEOPLE, years: float = 5) -> Rehearsal:
    known = {name: load_library().get(name) for name in NAMES}
    questions = {name: len(remaining(each, {})) for name, each in known.items()}
    return Rehearsal(demo(), known, questions, people, years, seed, STARTS)


@cache
def lives() -> list[Life]:
    plan = rehearsal()
    script = Script(plan.study, plan.instruments)
    ends_at = datetime.combine(plan.ends_on, datetime.min.time(), UTC)
    rules = plan.study.rules(plan.questions)
    people = [character(plan.study, 1, number, STARTS, plan.ends_on) for number in range(1, PEOPLE + 1)]
    return [live(plan.study, rules, script, who, ends_at, 1) for who in people]


@cache
def tally() -> Tally:
    return rehearse(rehearsal())


def test_every_occasion_ends_in_one_state_with_a_reason_where_it_was_not_answered() -> None:
    for life in lives():
        assert len({each.id for each in life.occasions}) == len(life.occasions)
        for each in life.occasions:
            assert each.state in ("completed", "partial", "missed", "cancelled")
            assert (each.reason is None) == (each.state in ("completed", "partial"))
            assert each.reason is None or each.reason in PLAN_REASONS | {"no_answer", "participation_ended"}


def test_what_was_asked_is_what_was_planned() -> None:
    for life in lives():
        asked = {each.occasion.id: each for each in life.asked}
        assert len(asked) == len(life.asked)
        for each in life.occasions:
            if each.id in asked:
                assert asked[each.id].state == each.state
            else:
                assert each.reason in PLAN_REASONS


def test_nothing_leaves_after_the_window_or_after_someone_left() -> None:
    for life in lives():
        for each in life.asked:
            for sent in each.sent:
                assert each.occasion.due_at <= sent.at < each.occasion.closes_at
                assert each.state != "cancelled" or sent.at < each.ended_at


def test_a_survey_that_is_open_when_someone_dies_stops_at_once() -> None:
    plan = rehearsal(people=1, years=1)
    who = character(plan.study, 1, 3, STARTS, plan.ends_on)
    habits = replace(who.habits, sms=0.0, email=0.0, call=0.0)  # nobody answers: every survey stays open to its end
    quiet = replace(who, habits=habits, news=())
    script = Script(plan.study, plan.instruments)
    rules, ends_at = plan.study.rules(plan.questions), datetime.combine(plan.ends_on, datetime.min.time(), UTC)
    (asked,) = [each for each in live(plan.study, rules, script, quiet, ends_at, 1).asked if each.occasion.n == 1]
    assert len(asked.sent) > 2
    died = asked.sent[1].at - timedelta(minutes=1)
    death = TreatmentEvent(UUID(int=1), UUID(int=1), "death", died.date(), died)
    life = live(plan.study, rules, script, replace(quiet, news=(News(died, death),)), ends_at, 1)
    (stopped,) = life.asked
    assert (stopped.state, stopped.sent, stopped.questions) == ("cancelled", asked.sent[:1], 0)
    assert {each.reason for each in life.occasions} == {"participation_ended"}


def test_invitations_and_reminders_keep_the_quiet_hours() -> None:
    silence = demo().rules().silence
    for life in lives():
        for each in life.asked:
            zone = ZoneInfo(each.occasion.zone)
            for sent in each.sent[:1]:
                assert silence.covers(wall_time(sent.at, zone)) is None


def test_no_reporter_is_asked_more_than_the_budget() -> None:
    limit = demo().burden
    assert limit is not None
    assert limit.surveys is not None
    for life in lives():
        for reporter in ("self", "proxy"):
            days = sorted(
                each.occasion.due_local.toordinal() for each in life.asked if each.occasion.reporter == reporter
            )
            for first, later in zip(days, days[limit.surveys :], strict=False):
                assert later - first >= 7


def test_the_totals_are_those_of_the_lives() -> None:
    found = tally()
    assert found.people == PEOPLE
    assert found.replans == sum(life.replans for life in lives())
    states = Counter((each.assessment, each.state) for life in lives() for each in life.occasions)
    counted = {(name, state): n for name, each in found.assessments.items() for state, n in each.states.items()}
    assert counted == states
    sent = Counter(sent.channel for life in lives() for each in life.asked for sent in each.sent)
    assert found.sent == sent
    assert sum(found.local_hours.values()) == sum(found.hours.values()) == sum(sent.values())
    assert (
        sum(found.week_questions) <= found.questions == sum(each.questions for life in lives() for each in life.asked)
    )
    for outcomes in found.assessments.values():
        dead = outcomes.states["missed"] + outcomes.states["cancelled"]
        assert sum(outcomes.missed_because.values()) + sum(outcomes.cancelled_because.values()) == dead


def test_what_came_after_leaving_is_not_expected() -> None:
    outcomes = tally().assessments["quarterly-well-being"]
    gone = sum(outcomes.cancelled_because[reason] for reason in GONE)
    assert gone > 0
    assert outcomes.expected == sum(outcomes.states.values()) - gone
    assert 0.5 < outcomes.completion < 1
    assert tally().outcomes("nobody-has-this").completion == 0


def test_a_call_by_the_team_brings_some_of_the_answers() -> None:
    channels = tally().assessments["weekly-symptoms"].channels
    assert channels["sms"] > channels["call"] > 0
    assert channels["email"] > 0
    assert tally().assessments["cycle-day-8"].channels["call"] == 0  # its ladder has no such rung


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (rehearse(rehearsal(seed, people=6, years=1)) for seed in (1, 1, 2))
    plan = rehearsal(1, people=6, years=1)
    assert as_lines(plan, first, 0.01) == as_lines(plan, again, 0.01)
    assert to_page(plan, first, 0.01) == to_page(plan, again, 0.01)
    assert as_data(plan, first, 0.01) != as_data(plan, other, 0.01)


def test_the_page_stands_alone_and_shows_five_plots() -> None:
    page = to_page(rehearsal(), tally(), 0.01)
    assert page.count("<svg") == 5
    assert "<script" not in page
    assert not {link for link in page.split('"') if link.startswith("http")} - {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "late_anchor" in page


def test_a_rehearsal_where_nothing_is_in_the_way_says_so() -> None:
    empty = Tally()
    lines = as_lines(rehearsal(), empty, 0.01)
    assert lines[-1] == "rules in each other's way: none"
    assert "None." in to_page(rehearsal(), empty, 0.01)
    assert share([], 0.9) == 0
    assert (share([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9), share([5], 0.9)) == (10, 5)


def test_the_money_is_segments_times_price() -> None:
    data = as_data(rehearsal(), tally(), 0.01)
    assert data["sms"]["cost"] == round((tally().segments + tally().texts_in) * 0.01, 2)
    assert data["burden"]["messages_per_week"]["max"] == max(tally().week_messages)


@pytest.mark.parametrize("conversation", [True, False])
@pytest.mark.parametrize("language", ["en", "es"])
def test_an_exchange_is_worked_out_by_the_real_survey(conversation: bool, language: str) -> None:
    plan = rehearsal()
    script = Script(plan.study, plan.instruments)
    whole = [
        script.exchange("weekly-symptoms", "self", language, conversation, pattern, None) for pattern in range(PATTERNS)
    ]
    assert {each.state for each in whole} == {"completed"}
    assert len({each.questions for each in whole}) > 1  # vomiting is only asked of people who feel sick
    for each in whole:
        assert each.texts_in == (each.questions if conversation else 0)
        assert each.texts_out == (each.questions if conversation else 0)  # the last is the thanks
        assert each.segments_out >= each.texts_out
    part = script.exchange("weekly-symptoms", "self", language, conversation, 0, 2)
    assert (part.questions, part.state) == (2, "partial")


def test_a_language_that_nobody_worded_falls_back_to_one_of_the_study() -> None:
    plan = rehearsal()
    script = Script(plan.study, plan.instruments)
    assert script.language("weekly-symptoms", "self", "es") == "es"
    assert script.language("weekly-symptoms", "self", "xx") == "en"
    assert script.language("weekly-symptoms", "self", None) == "en"
    assert script.text("weekly-symptoms", "self", "es", True, "invitation") >= 1
    assert script.text("weekly-symptoms", "self", "es", False, "reminder") >= 1


def test_the_last_day_is_counted_on_the_calendar() -> None:
    assert rehearsal(years=10).ends_on == date(2037, 1, 4)
    assert rehearsal(years=0.5).ends_on == date(2027, 7, 4)
    assert rehearsal(years=1).ends_on - STARTS == timedelta(days=365)


def test_any_kind_of_question_gets_an_answer_that_it_allows() -> None:
    for item, answers in (
        (Item(id="a", kind="integer", minimum=0, maximum=10), (0, 10)),
        (Item(id="a", kind="yesno"), (0, 1)),
        (Item(id="a", kind="choice", options=(Option(code="x"), Option(code="y"))), ("x", "y")),
        (Item(id="a", kind="decimal"), (0, 1)),
        (Item(id="a", kind="date"), ("2030-01-01", "2030-01-01")),
        (Item(id="a", kind="text"), ("words", "words")),
    ):
        assert (value(item, high=False), value(item, high=True)) == answers


def test_whom_no_channel_reaches_is_not_asked() -> None:
    plan = rehearsal(people=1, years=1)
    only_texts = {"ladder": (Rung(channel="sms"),)}
    assessments = {name: each.model_copy(update=only_texts) for name, each in plan.study.assessments.items()}
    study = plan.study.model_copy(update={"assessments": assessments})
    who = character(study, 1, 3, STARTS, plan.ends_on)
    asking = Asking(study, Script(study, plan.instruments), study.rules().silence, who, Random("1"))
    asked = asking.ask(rehearse_one(plan).occasions[0], texting=False)
    assert (asked.state, asked.sent, asked.by) == ("missed", (), None)


def rehearse_one(plan: Rehearsal) -> Life:
    ends_at = datetime.combine(plan.ends_on, datetime.min.time(), UTC)
    who = character(plan.study, 1, 3, STARTS, plan.ends_on)
    return live(plan.study, plan.study.rules(plan.questions), Script(plan.study, plan.instruments), who, ends_at, 1)
