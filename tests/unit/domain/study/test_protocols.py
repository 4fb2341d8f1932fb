"""Schedules of published trials, written in the language and planned in many zones; arithmetic written apart.

Each says in a few lines how the trial asks, from what was published about it; instruments are stand-ins.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from pro_collector.domain.study.definition import Study, load_study
from pro_collector.domain.study.participant_file import load_participant
from scheduler.plan import plan

ZONES = (
    "America/New_York",
    "Pacific/Auckland",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Santiago",
    "Asia/Kolkata",
    "Antarctica/Troll",
    "America/St_Johns",
)
EVENTS = {
    "treatment_start": {"label": {"en": "Start"}},
    "cycle": {"label": {"en": "Cycle"}, "happens": "repeatedly", "cycle": True},
    "visit": {"label": {"en": "Visit"}, "happens": "repeatedly", "every": "8w", "expect": "next", "until": "off_study"},
    "surgery": {"label": {"en": "Surgery"}},
    "discharge": {"label": {"en": "Discharge"}},
    "radiotherapy": {"label": {"en": "Radiotherapy"}},
    "progression": {"label": {"en": "Progression"}},
    "end_of_treatment": {"label": {"en": "End of treatment"}},
    "off_study": {"label": {"en": "Off study"}, "ends": "participation"},
}
FROM = date(2027, 1, 4)
Days = list[tuple[date, str]]
"""Local days and hours at which somebody is asked."""


def protocol(assessments: dict[str, Any]) -> Study:
    named = {
        name: {"title": {"en": name}, "instruments": ["diary"], "window": {"closes": "12h"}, **said}
        for name, said in assessments.items()
    }
    whole = {
        "id": "trial", "version": "1", "title": {"en": "Trial"}, "sender": "The team", "languages": ["en"],
        "contact": {"phone": "+12025550100", "email": "team@example.org"}, "emergency": {"en": "Call 911."},
        "timeline": EVENTS, "assessments": named,
    }  # fmt: skip
    return load_study(yaml.safe_dump(whole), "trial.yaml")


def asked(of: Study, zone: str, events: dict[str, Any]) -> list[datetime]:
    happened = {name: days for name, days in events.items() if name != "triggered"}
    said = {"zone": zone, "enrolled_on": FROM, "timeline": happened, "triggered": events.get("triggered", {})}
    who, timeline = load_participant(yaml.safe_dump(said), "somebody.yaml", of)
    made = plan(of.rules(), who, timeline, datetime(2020, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC))
    return [each.due_at for each in made.occasions if each.state == "planned"]


def instants(days: Days, zone: str) -> list[datetime]:
    """The instants of local days and hours, by the rule of RFC 5545: the first of two, and gaps move forward."""
    found = [datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone)).astimezone(UTC) for day, at in days]
    return sorted(found)


def plus(day: date, *, months: int = 0, days: int = 0) -> date:
    """A day months later, or the last one of its month, and days after that."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last)) + timedelta(days=days)


def every_third_cycle() -> tuple[Study, dict[str, Any], Days]:
    """A tumour of soft tissue: at cycles 1, 2 and 4, then at every third one; 28-day cycles, one a week late."""
    study = protocol({"survey": {"anchor": "cycle", "cycles": [1, 2, 4, {"from": 7, "every": 3}], "on_days": [1]}})
    dates = [plus(FROM, days=28 * k + (7 if k >= 5 else 0)) for k in range(14)]
    return study, {"cycle": dates}, [(dates[n - 1], "10:00") for n in (1, 2, 4, 7, 10, 13)]


def until_either() -> tuple[Study, dict[str, Any], Days]:
    """Immunotherapy: every nine weeks after treatment, until progression or off study, then quarterly for a year."""
    study = protocol(
        {
            "before": {
                "anchor": "end_of_treatment",
                "repeat": {"every": "9w", "starting": "9w", "for": "3y"},
                "until": {"first_of": ["progression", "off_study"]},
            },
            "after": {
                "anchor": {"later_of": ["end_of_treatment", "progression"]},
                "offsets": ["3mo", "6mo", "9mo", "1y"],
                "at": "17:30",
            },
        }
    )  # fmt: skip
    ended, progressed = date(2027, 5, 31), date(2027, 11, 30)
    days = [(plus(ended, days=63 * k), "10:00") for k in (1, 2)]
    days += [(plus(progressed, months=k), "17:30") for k in (3, 6, 9, 12)]
    return study, {"end_of_treatment": ended, "progression": progressed}, days


def mondays_and_thursdays() -> tuple[Study, dict[str, Any], Days]:
    """Symptoms twice a week during chemotherapy, from whichever treatment begins first."""
    study = protocol(
        {
            "symptoms": {
                "anchor": {"first_of": ["treatment_start", "radiotherapy"]},
                "repeat": {"every": "1w", "weekdays": ["mon", "thu"], "until": "end_of_treatment"},
                "at": "09:00",
            }
        }
    )
    began, ended = date(2027, 2, 24), date(2027, 4, 22)
    days = [began + timedelta(days=k) for k in range((ended - began).days)]
    events = {"treatment_start": date(2027, 3, 10), "radiotherapy": began, "end_of_treatment": ended}
    return study, events, [(each, "09:00") for each in days if each.isoweekday() in (1, 4)]


def evenings_before_visits() -> tuple[Study, dict[str, Any], Days]:
    """Seven evening diaries before each visit; the coming visit is expected eight weeks after the last one."""
    study = protocol({"diary": {"anchor": "visit", "on_days": list(range(-7, 0)), "at": "20:00"}})
    visits = [date(2027, 3, 1), date(2027, 4, 26), date(2027, 7, 5)]
    expected = visits[-1] + timedelta(days=56)
    days = [(each - timedelta(days=k), "20:00") for each in (*visits, expected) for k in range(1, 8)]
    return study, {"visit": visits}, days


def daily_until_discharge() -> tuple[Study, dict[str, Any], Days]:
    """After lung surgery: morning and evening until discharge, then on days 7, 14, 21 and 28 after it."""
    study = protocol(
        {
            "ward": {
                "anchor": "surgery",
                "on_days": list(range(1, 15)),
                "until": "discharge",
                "at": ["08:00", "20:30"],
            },
            "home": {"anchor": "discharge", "offsets": ["7d", "14d", "21d", "28d"], "move_to": "working_day"},
        }
    )
    surgery, home = date(2027, 3, 10), date(2027, 3, 15)
    days = [(surgery + timedelta(days=k), at) for k in range((home - surgery).days) for at in ("08:00", "20:30")]
    return (
        study,
        {"surgery": surgery, "discharge": home},
        [*days, *((plus(home, days=7 * k), "10:00") for k in (1, 2, 3, 4))],
    )


def months_on_working_days() -> tuple[Study, dict[str, Any], Days]:
    """At the end of months, moved off weekends, until progression."""
    study = protocol(
        {"months": {"anchor": "enrolment", "offsets": [f"{k}mo" for k in range(1, 13)], "move_to": "working_day",
                    "until": "progression"}}
    )  # fmt: skip
    days = []
    for k in range(1, 13):
        day = plus(FROM, months=k)
        while day.isoweekday() > 5:
            day += timedelta(days=1)
        days.append(day)
    return study, {"progression": date(2027, 10, 4)}, [(each, "10:00") for each in days if each < date(2027, 10, 4)]


def hours_after_an_operation() -> tuple[Study, dict[str, Any], Days]:
    """Day surgery: pain 6, 24 and 72 hours after the end of the operation, then on the mornings of two weeks."""
    study = protocol(
        {
            "pain": {"anchor": "surgery", "offsets": ["6h", "24h", "72h"], "at": "09:00"},
            "recovery": {"anchor": "surgery", "offsets": ["1w", "2w"], "at": "09:00"},
        }
    )
    operated = date(2027, 6, 8)  # no zone of these changes its clocks in that week
    days = [(operated, "20:15"), (plus(operated, days=1), "14:15"), (plus(operated, days=3), "14:15")]
    days += [(plus(operated, days=k), "09:00") for k in (7, 14)]
    return study, {"surgery": f"{operated}T14:15"}, days


def after_severe_symptoms() -> tuple[Study, dict[str, Any], Days]:
    """Monitoring with a call back: after severe symptoms again the same evening and on three days, twice a week."""
    severe = {"instrument": "diary", "item": "pain", "at_least": 3}
    study = protocol(
        {
            "weekly": {"anchor": "treatment_start", "repeat": {"every": "1w", "count": 3}},
            "again": {
                "trigger": {"when": severe, "at_most": 5, "in_all": 9}, "offsets": ["8h"],
                "repeat": {"every": "1d", "starting": "1d", "count": 3}, "at": "18:00",
            },
        }
    )  # fmt: skip
    began, severe_on = date(2027, 6, 7), (date(2027, 6, 7), date(2027, 6, 9), date(2027, 6, 30))
    days = [(plus(began, days=7 * k), "10:00") for k in range(3)]
    follow = [(each, "19:30") for each in severe_on] + [
        (plus(each, days=k), "18:00") for each in severe_on for k in (1, 2, 3)
    ]
    first_five = sorted(each for each in follow if each[0] < date(2027, 6, 21))[:5]
    days += [*first_five, *(each for each in follow if each[0] >= date(2027, 6, 21))]
    triggered = {"again": [f"{each}T11:30" for each in severe_on]}
    return study, {"treatment_start": began, "triggered": triggered}, days


TRIALS = (
    every_third_cycle,
    until_either,
    mondays_and_thursdays,
    evenings_before_visits,
    daily_until_discharge,
    months_on_working_days,
    hours_after_an_operation,
    after_severe_symptoms,
)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("trial", TRIALS, ids=[trial.__name__ for trial in TRIALS])
def test_a_trial_asks_when_arithmetic_says(trial: Callable[[], tuple[Study, dict[str, Any], Days]], zone: str) -> None:
    study, events, days = trial()
    assert asked(study, zone, events) == instants(days, zone)
