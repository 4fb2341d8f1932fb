"""Planning's way between the record and the planner: nothing of an occasion or a person is lost on it."""

from dataclasses import replace
from datetime import date, time, timedelta

from pro_collector.casework.planning import caregiver_after, changes, to_occasion, to_person, to_row
from pro_collector.postgres.tables.occasions import PLANNED_COLUMNS
from scheduler.anchors import Anchor, Timeline
from scheduler.consent import Consent
from scheduler.person import Span
from scheduler.plan import plan
from scheduler.replan import Diff, Moved, replan
from tests.unit.casework.cases import NOW, TODAY, occasion, person, state, version

PLANNED = occasion(state="planned", asked=None, reminders=[NOW], moved_by="quiet_hours")


def test_a_person_is_known_to_the_planner_with_their_states_and_hours() -> None:
    who = person(quiet="12:00-14:00", preferred_time=time(9), sex="female", birth_date=date(2014, 3, 1))
    found = to_person(who, [state("hospital", TODAY, TODAY + timedelta(days=3))])
    assert (found.id, found.zone, found.enrolled_on) == (who.id, who.zone, who.enrolled_on)
    assert (found.birth_date, found.arm, found.site, found.language) == (who.birth_date, "a", "here", "en")
    assert (found.sex, found.preferred_time) == ("female", time(9))
    assert found.quiet == ((time(12), time(14)),)
    assert found.states == (Span("hospital", TODAY, TODAY + timedelta(days=3)),)


def test_the_team_decides_whether_a_caregiver_goes_on_once_a_withdrawal_ends_what_they_are_asked() -> None:
    study = version(("    reminders: [1d]\n", "    reminders: [1d]\n    asks: caregiver\n")).study
    rules, agreed = study.rules(), Consent("caregiver", "participation", TODAY)
    timeline = Timeline.of([Anchor("surgery", TODAY + timedelta(days=3))])
    who = replace(to_person(person(), ()), consents=(agreed,))
    horizon = NOW + timedelta(days=400)
    first = plan(rules, who, timeline, NOW, horizon)
    rows = {each.id: each for each in first.occasions}
    left = replace(who, states=(Span("withdrew", TODAY),))
    goes_on = replace(left, caregiver_goes_on=TODAY)
    died = replace(who, states=(Span("died", TODAY),))
    for then, expected in ((who, "decided"), (left, "undecided"), (goes_on, "decided"), (died, None)):
        new = plan(rules, then, timeline, NOW, horizon, first.occasions)
        assert caregiver_after(rules, new, replan(first.occasions, new), rows) == expected
    ended = [replace(each, state="cancelled", reason="no_consent") for each in first.occasions]
    over = {each.id: each for each in ended}
    new = plan(rules, replace(left, consents=()), timeline, NOW, horizon, ended)
    assert caregiver_after(rules, new, replan(ended, new), over) is None, "nothing was to be asked of them"
    assert caregiver_after(version().study.rules(), new, replan([], new), {}) is None


def test_an_occasion_comes_back_from_the_planner_as_it_was_stored() -> None:
    back = to_row(to_occasion(PLANNED), person(), NOW)
    assert {name: getattr(back, name) for name in PLANNED_COLUMNS} == {
        name: getattr(PLANNED, name) for name in PLANNED_COLUMNS
    }
    assert back.ended_at is None


def test_what_a_plan_says_cannot_be_asked_has_ended_with_it() -> None:
    late = replace(to_occasion(PLANNED), state="missed", reason="too_late")
    assert to_row(late, person(), NOW).ended_at == NOW


def test_what_was_open_when_participation_ended_may_be_asked_again() -> None:
    stopped = occasion(state="cancelled", reason="participation_ended", ended_at=NOW)
    assert to_occasion(stopped).reason == "ended"
    assert to_occasion(replace(stopped, reason="consent_withdrawn")).reason == "no_consent"
    assert to_occasion(occasion(state="missed", reason="participation_ended")).reason == "participation_ended"
    assert to_occasion(occasion(state="cancelled", reason="hospital")).reason == "hospital"


def test_a_diff_is_written_word_by_word() -> None:
    new, gone = to_occasion(PLANNED), replace(to_occasion(PLANNED), state="cancelled", reason="anchor_gone")
    later = replace(new, due_at=NOW + timedelta(days=1))
    diff = Diff(added=(new,), moved=(Moved(new, later),), cancelled=(gone,), kept=(), stopped=())
    assert changes(diff) == [("planned", new), ("moved", later), ("cancelled", gone)]
