"""A whole study in virtual time: nothing is lost, nothing leaves too late, and the same seed gives the same bytes."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from pro_collector.domain.instrument.branching import remaining
from pro_collector.domain.instrument.item import Item, Option
from pro_collector.domain.study.definition import Study, load_study
from pro_collector.domain.study.timeline import TreatmentEvent
from pro_collector.library import load_library
from pro_collector.resources import SCHEMAS
from pro_collector.simulation.asking import Asked, Asking
from pro_collector.simulation.life import Life, live
from pro_collector.simulation.page import to_page
from pro_collector.simulation.people import News, make_up
from pro_collector.simulation.rehearse import Rehearsal, lives, rehearse
from pro_collector.simulation.report import as_data, as_lines, life_lines
from pro_collector.simulation.script import Script, value
from pro_collector.simulation.tally import Tally, percentile
from scheduler.calendar import wall_time
from scheduler.occasion import PLAN_REASONS
from scheduler.rules import Rung

NAMES = ("symptom-diary", "well-being-diary")
STARTS = date(2027, 1, 4)
PEOPLE = 30
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@cache
def demo() -> Study:
    known = {name: load_library().get(name) for name in NAMES}
    return load_study((SCHEMAS / "studies" / "demo.yaml").read_text(encoding="utf-8"), "demo.yaml", known)


def rehearsal(seed: int = 1, people: int = PEOPLE, years: float = 5) -> Rehearsal:
    known = {name: load_library().get(name) for name in NAMES}
    questions = {name: len(remaining(each, {})) for name, each in known.items()}
    return Rehearsal(demo(), known, questions, people, years, seed, STARTS)


@cache
def everybody() -> list[Life]:
    return list(lives(rehearsal(), range(1, PEOPLE + 1)))


@cache
def tally() -> Tally:
    return rehearse(rehearsal())


def script() -> Script:
    return Script(demo(), rehearsal().instruments)


def test_every_occasion_is_asked_or_the_plan_says_why_not() -> None:
    for life in everybody():
        assert len({each.id for each in life.occasions}) == len(life.occasions)
        asked = {each.occasion.id for each in life.asked}
        assert len(asked) == len(life.asked)
        for each in life.occasions:
            if each.id in asked:
                assert (each.state, each.reason) in {("completed", None), ("cancelled", "participation_ended")}
            else:
                assert each.reason in PLAN_REASONS


def test_nothing_leaves_after_the_window_or_before_it_is_due() -> None:
    for life in everybody():
        for each in life.asked:
            for message in (*each.unanswered, *each.answered):
                assert each.occasion.due_at <= message.at < each.occasion.closes_at


def test_nobody_is_asked_about_a_survey_that_is_open_when_they_die() -> None:
    plan = rehearsal(people=1, years=1)
    who = replace(make_up(plan.study, 1, 3, STARTS, plan.ends_on), news=())
    rules, ends_at = plan.study.rules(plan.questions), datetime.combine(plan.ends_on, datetime.min.time(), UTC)
    (asked,) = [each for each in live(plan.study, rules, script(), who, ends_at).asked if each.occasion.n == 1]
    assert len(asked.unanswered) > 2
    died = asked.unanswered[1].at - timedelta(minutes=1)
    death = TreatmentEvent(UUID(int=1), UUID(int=1), "death", died.date(), died)
    life = live(plan.study, rules, script(), replace(who, news=(News(died, death),)), ends_at)
    (stopped,) = life.asked
    assert stopped.unanswered == asked.unanswered[:1]
    assert {each.reason for each in life.occasions} == {"participation_ended"}


def test_messages_keep_the_quiet_hours() -> None:
    silence = demo().rules().silence
    sent = [(message, each) for life in everybody() for each in life.asked for message in each.unanswered]
    assert {message.channel for message, _ in sent} == {"sms", "email", "call"}
    for message, each in sent:
        assert silence.covers(wall_time(message.at, ZoneInfo(each.occasion.zone))) is None


def test_no_reporter_is_asked_more_than_the_budget() -> None:
    limit = demo().burden
    assert limit is not None
    assert limit.surveys is not None
    for life in everybody():
        for reporter in ("self", "proxy"):
            days = sorted(
                each.occasion.due_local.toordinal() for each in life.asked if each.occasion.reporter == reporter
            )
            for first, later in zip(days, days[limit.surveys :], strict=False):
                assert later - first >= 7


def ask(
    *rungs: Rung, texting: bool = True, reminders: tuple[timedelta, ...] = (), window: timedelta = 4 * DAY
) -> Asked:
    """An occasion that is due at 11:30, as it is asked with this ladder."""
    occasion = next(each for each in everybody()[2].occasions if each.assessment == "weekly-symptoms")
    opened = occasion.due_at
    occasion = replace(occasion, closes_at=opened + window, reminders=tuple(opened + after for after in reminders))
    assessments = {name: each.model_copy(update={"ladder": rungs}) for name, each in demo().assessments.items()}
    study = demo().model_copy(update={"assessments": assessments})
    who = make_up(study, 1, 3, STARTS, rehearsal().ends_on)
    return Asking(study, Script(study, rehearsal().instruments), study.rules(), who).ask(occasion, texting)


def contacts(asked: Asked) -> list[tuple[str, timedelta]]:
    return [(message.channel, message.at - asked.occasion.due_at) for message in asked.unanswered]


SMS, MAIL, CALL = Rung(channel="sms"), Rung(channel="email", after="1d"), Rung(channel="call", after="3d")


def test_reminders_go_on_the_rung_that_is_reached_and_never_after_the_call() -> None:
    found = ask(SMS, MAIL, CALL, reminders=(12 * HOUR - timedelta(hours=6), 2 * DAY, 3 * DAY + HOUR))
    assert contacts(found) == [
        ("sms", 0 * HOUR),
        ("sms", 6 * HOUR),
        ("email", DAY),
        ("email", 2 * DAY),
        ("call", 3 * DAY),
    ]


def test_a_rung_that_comes_at_night_waits_for_the_morning_and_one_after_the_window_is_not_climbed() -> None:
    night = Rung(channel="email", after="12h")
    assert contacts(ask(SMS, night)) == [("sms", 0 * HOUR), ("email", timedelta(hours=20, minutes=30))]
    assert contacts(ask(SMS, night, window=20 * HOUR)) == [("sms", 0 * HOUR)]  # closes before that morning
    assert contacts(ask(SMS, Rung(channel="call", after="5d"))) == [("sms", 0 * HOUR)]


def test_without_texts_the_next_rung_is_taken_at_once_and_not_climbed_again() -> None:
    assert contacts(ask(SMS, MAIL, CALL, texting=False)) == [("email", 0 * HOUR), ("call", 3 * DAY)]
    assert contacts(ask(SMS, CALL, texting=False, reminders=(DAY,))) == [("call", 0 * HOUR)]


def test_whom_no_channel_reaches_is_not_asked() -> None:
    asked = ask(SMS, texting=False, reminders=(DAY,))
    assert (asked.unanswered, asked.answered, asked.questions, asked.texts_in) == ((), (), 0, 0)


def test_an_answered_survey_takes_one_invitation_and_its_conversation() -> None:
    by_text, by_mail = ask(SMS), ask(Rung(channel="email"))
    assert [message.channel for message in by_text.answered] == ["sms"] * (1 + by_text.questions)
    assert by_text.texts_in == by_text.questions == 7
    assert [message.channel for message in by_mail.answered] == ["email"]
    assert (by_mail.texts_in, by_mail.questions) == (0, 7)


def test_the_totals_are_those_of_the_lives() -> None:
    found = tally()
    assert found.people == PEOPLE
    assert found.replans == sum(len(life.news) for life in everybody())
    occasions = Counter(each.assessment for life in everybody() for each in life.occasions)
    assert {name: each.planned for name, each in found.assessments.items()} == occasions
    asked = [each for life in everybody() for each in life.asked]
    assert sum(each.asked for each in found.assessments.values()) == len(asked)
    assert found.unanswered.sent == Counter(message.channel for each in asked for message in each.unanswered)
    assert found.answered.sent == Counter(message.channel for each in asked for message in each.answered)
    assert found.answered.asked == sum(each.questions for each in asked)
    assert found.answered.texts_in == sum(each.texts_in for each in asked)
    assert sum(found.local_hours.values()) == sum(found.hours.values()) == found.unanswered.sent.total()
    assert (found.unanswered.asked, found.unanswered.texts_in) == (0, 0)
    for case in (found.answered, found.unanswered):
        assert 0 < sum(case.messages) <= case.sent["sms"] + case.sent["email"]
        assert sum(case.messages) == sum(week["messages"] for week in case.weeks.values())
        assert case.segments >= case.sent["sms"]
    assert tally().outcomes("nobody-has-this").planned == 0


def test_only_who_does_not_answer_is_called() -> None:
    assert tally().answered.sent["call"] == 0
    assert tally().unanswered.sent["call"] > 0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (rehearse(rehearsal(seed, people=6, years=1)) for seed in (1, 1, 2))
    plan = rehearsal(1, people=6, years=1)
    assert as_lines(plan, first, 0.01) == as_lines(plan, again, 0.01)
    assert to_page(plan, first, 0.01) == to_page(plan, again, 0.01)
    assert as_data(plan, first, 0.01) != as_data(plan, other, 0.01)


def test_the_page_stands_alone_and_shows_three_plots() -> None:
    page = to_page(rehearsal(), tally(), 0.01)
    assert page.count("<svg") == 3
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
    assert percentile([], 0.9) == 0
    assert (percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9), percentile([5], 0.9)) == (10, 5)


def test_what_is_made_up_because_the_file_is_silent_is_told() -> None:
    kinds = dict(demo().timeline)
    kinds["surgery"] = kinds["surgery"].model_copy(update={"expected": None, "every": None})
    kinds["death"] = kinds["death"].model_copy(update={"expected": None})
    silent = replace(rehearsal(), study=demo().model_copy(update={"timeline": kinds}))
    told = [line for line in as_lines(silent, Tally(), 0.01) if line.startswith("assumed")]
    words = "assumed, because the study file does not say: "
    assert told == [
        f"{words}surgery 3mo after enrolment give or take 1mo, for 50% of the people, 6 times, one every 90d",
        f"{words}progression one every 90d",
        f"{words}death 3mo after enrolment give or take 1mo, for 4% of the people",
    ]
    assert "death 3mo after enrolment" in to_page(silent, Tally(), 0.01)
    assert as_data(rehearsal(), Tally(), 0.01)["assumed"] == {
        "surgery": "one every 90d",
        "progression": "one every 90d",
    }


def test_the_money_is_segments_times_price() -> None:
    data = as_data(rehearsal(), tally(), 0.01)
    for case, burden in (("answered", tally().answered), ("unanswered", tally().unanswered)):
        assert data[case]["cost"] == round((burden.segments + burden.texts_in) * 0.01, 2)
        assert data[case]["messages_per_week"]["max"] == max(burden.messages)


def test_one_life_is_told_in_the_order_in_which_it_happens() -> None:
    life = everybody()[2]
    first, *lines = life_lines(life)
    assert first.startswith(f"enrolled on {life.person.enrolled_on}, born on {life.person.birth_date}: ")
    assert [line[:17] for line in lines] == sorted(line[:17] for line in lines)
    told = [line for line in lines if "  told: " in line]
    assert len(told) == sum(bool(news.event) + bool(news.states) + bool(news.zone) for news in life.news)
    assert len(lines) == len(told) + len(life.asked)
    (baseline,) = [line for line in lines if " baseline " in line]
    assert baseline.endswith("13 questions at most: sms Fri 11:30, email Sat 11:30, email Sun 11:30, call Tue 11:30")


@pytest.mark.parametrize(("language", "segments"), [("en", 1), ("es", 3)])
def test_an_exchange_is_worked_out_by_the_real_survey(language: str, segments: int) -> None:
    talk, form = (script().exchange("weekly-symptoms", "self", language, by_text) for by_text in (True, False))
    assert talk.questions == form.questions == 7  # vomiting is only asked of people who feel sick
    assert talk.texts_in == len(talk.texts_out) == 7  # six more questions, and the thanks
    assert min(talk.texts_out) >= 1
    assert (form.texts_in, form.texts_out) == (0, ())
    assert script().text("weekly-symptoms", "self", language, True, "invitation") == segments
    assert script().text("weekly-symptoms", "self", language, False, "reminder") == 1


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
