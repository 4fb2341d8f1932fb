"""Planning's way between the record and the planner: nothing of an occasion or a person is lost on it."""

from dataclasses import replace
from datetime import date, time, timedelta

from pro_collector.casework.planning import changes, to_occasion, to_person, to_row
from pro_collector.postgres.tables.occasions import PLANNED_COLUMNS
from scheduler.person import Span
from scheduler.replan import Diff, Moved
from tests.unit.casework.cases import NOW, TODAY, occasion, person, state

PLANNED = occasion(state="planned", asked=None, reminders=[NOW], moved_by="quiet_hours")


def test_a_person_is_known_to_the_planner_with_their_states_and_hours() -> None:
    who = person(quiet="12:00-14:00", preferred_time=time(9), sex="female", birth_date=date(2014, 3, 1))
    found = to_person(who, [state("hospital", TODAY, TODAY + timedelta(days=3))])
    assert (found.id, found.zone, found.enrolled_on) == (who.id, who.zone, who.enrolled_on)
    assert (found.birth_date, found.arm, found.site, found.language) == (who.birth_date, "a", "here", "en")
    assert (found.sex, found.preferred_time) == ("female", time(9))
    assert found.quiet == ((time(12), time(14)),)
    assert found.states == (Span("hospital", TODAY, TODAY + timedelta(days=3)),)


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
