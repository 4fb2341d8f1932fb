"""When nothing is sent about which assessment, at which site: own quiet hours, and the holidays of each site."""

from datetime import date, timedelta

from scheduler.occasion import Occasion
from scheduler.rulebook import Rules
from scheduler.rules import Hours
from scheduler.weekdays import DaysOff
from tests.unit.scheduler.cases import day, happened, local, made, person, reasons, schedule

NIGHT = Hours.model_validate({"from": "21:00", "until": "08:00"})
EPIPHANY = {date(2027, 1, 6)}
MADRID = DaysOff(frozenset({5, 6}), EPIPHANY)
CAIRO = DaysOff(frozenset({4, 5}))


def planned(rulebook: Rules, site: str | None, on: str) -> list[Occasion]:
    who = person(site=site, enrolled_on=day("2026-01-01"))
    return list(made(rulebook, who, happened(on=day(on)), years=1).occasions)


def test_an_assessment_may_have_its_own_quiet_hours() -> None:
    bedtime = schedule(at="21:30", on_days=[1], quiet_hours={"from": "23:00", "until": "06:00"})
    rulebook = Rules.of({"bedtime": bedtime, "day": schedule(at="21:30", on_days=[1])}, quiet=[NIGHT])
    found = planned(rulebook, None, "2027-03-01")
    assert [(each.assessment, local([each])[0]) for each in found] == [
        ("bedtime", "2027-03-01 21:30"),
        ("day", "2027-03-02 08:00"),
    ]


def test_an_assessment_without_any_quiet_hours_is_asked_at_night() -> None:
    rulebook = Rules.of({"night": schedule(at="03:00", on_days=[1], quiet_hours=[])}, quiet=[NIGHT])
    assert local(planned(rulebook, None, "2027-03-01")) == ["2027-03-01 03:00"]


def test_reminders_follow_the_quiet_hours_of_the_assessment() -> None:
    late = schedule(at="20:00", on_days=[1], reminders=["2h"], quiet_hours={"from": "23:00", "until": "06:00"})
    rulebook = Rules.of({"late": late}, quiet=[NIGHT])
    (found,) = planned(rulebook, None, "2027-03-01")
    assert found.reminders[0] == found.due_at + timedelta(hours=2)


def test_public_holidays_are_those_of_the_site() -> None:
    rulebook = Rules.of(
        {"weekly": schedule(repeat={"every": "1d", "for": "2d"}, window={"closes": "12h"})},
        blackout=["public_holidays", date(2027, 1, 5)],
        days_off={"madrid": MADRID},
    )
    assert reasons(planned(rulebook, "madrid", "2027-01-05")) == ["blackout", "blackout"]
    assert reasons(planned(rulebook, "boston", "2027-01-05")) == ["blackout", None]
    assert reasons(planned(rulebook, None, "2027-01-05")) == ["blackout", None]


def test_holidays_are_no_blackout_unless_the_study_says_so() -> None:
    rulebook = Rules.of({"weekly": schedule(on_days=[1])}, days_off={"madrid": MADRID})
    assert reasons(planned(rulebook, "madrid", "2027-01-06")) == [None]


def test_working_days_are_those_of_the_site() -> None:
    rulebook = Rules.of(
        {"weekly": schedule(on_days=[1], move_to="working_day")}, days_off={"madrid": MADRID, "cairo": CAIRO}
    )
    assert local(planned(rulebook, "madrid", "2027-01-06")) == ["2027-01-07 10:00"]
    assert local(planned(rulebook, "cairo", "2027-01-08")) == ["2027-01-10 10:00"], "Friday and Saturday are off"
    assert local(planned(rulebook, None, "2027-01-09")) == ["2027-01-11 10:00"]
