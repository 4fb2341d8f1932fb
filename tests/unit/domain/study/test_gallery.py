"""The gallery of published protocols: each file is without mistakes and warnings, and is planned in many zones.

Each plan is compared with arithmetic that knows nothing of the product: for one made-up person of each protocol it says
on which local days and hours that person is asked what, by whom it is answered, and from when to when.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from pro_collector.domain.study.definition import Study, load_study
from pro_collector.domain.study.participant_file import load_participant
from pro_collector.domain.study.warnings import warnings_of
from pro_collector.library import load_library
from scheduler.occasion import Occasion
from scheduler.plan import plan
from tests.shared.gallery import GALLERY, PARTS, comment, names
from tests.unit.domain.study.test_protocols import ZONES, plus

FROM = date(2027, 1, 4)
Person = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """One survey in local time: due on a `day` at an hour, closed at the same hour of another day or `hours` later.

    `cut` is the day at whose beginning the window closes at the latest; `opens` the day on which it opens.
    """

    survey: str
    day: date
    at: str = "10:00"
    closes: date | None = None
    hours: int = 0
    opens: date | None = None
    cut: date | None = None
    by: str = "self"

    def told(self, zone: str) -> tuple[Any, ...]:
        """The instants: survey, reporter, due, opening and closing."""

        def local(day: date, at: str = self.at) -> datetime:
            return datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone)).astimezone(UTC)

        due = local(self.day)
        end = local(self.closes) if self.closes else due + timedelta(hours=self.hours)
        if self.cut:
            end = min(end, local(self.cut, "00:00"))
        return self.survey, self.by, due, local(self.opens or self.day), end


Life = tuple[Person, list[Ask]]
"""What is known of one person (without the zone), and what that person is asked."""


def asks(survey: str, days: Iterable[date], at: str = "10:00", *, closes: int = 0, hours: int = 0, opens: int = 0,
         cut: date | None = None, by: str = "self") -> list[Ask]:  # fmt: skip
    """The same survey on several days; `closes` and `opens` are in days from each of them."""
    made = [Ask(survey, day, at, hours=hours, cut=cut, by=by) for day in days]
    if closes:
        made = [replace(each, closes=plus(each.day, days=closes)) for each in made]
    return [replace(each, opens=plus(each.day, days=opens)) for each in made]


def daily(first: date, last: date, step: int = 1) -> list[date]:
    """Every `step`-th day from the first, the last one excluded."""
    return [plus(first, days=k) for k in range(0, (last - first).days, step)]


def pro_tect() -> Life:
    """Somebody under symptom monitoring who prefers Wednesdays: enrolled on a Monday, so two days later each week."""
    person = {"arm": "monitoring", "preferred_day": "wed"}
    weeks = [plus(FROM, days=2 + 7 * k) for k in range(52)]
    months = [plus(FROM, months=k) for k in (0, 1, 3, 6, 9, 12)]
    return person, [*asks("weekly-symptoms", weeks, closes=3), *asks("quality-of-life", months, closes=14)]


def keynote_189() -> Life:
    """Thirty cycles, the tenth and all after it ten days late."""
    cycles = [plus(FROM, days=21 * k + (10 if k >= 9 else 0)) for k in range(30)]
    chosen = (1, 2, 3, 4, 5, 8, 11, 14, 17, 21, 25, 29)
    return {"timeline": {"cycle": cycles}}, asks("quality-of-life", [cycles[n - 1] for n in chosen], "08:30", closes=3)


def lung_surgery() -> Life:
    """Operated a week after enrolment, discharged on the sixth day after it, a Sunday."""
    surgery, home = date(2027, 1, 11), date(2027, 1, 17)
    mondays, thursdays = (
        daily(plus(home, days=1), plus(home, days=28), 7),
        daily(plus(home, days=4), plus(home, days=28), 7),
    )
    later = [plus(home, months=k) for k in (3, 6, 9, 12)]
    return {"timeline": {"surgery": surgery, "discharge": home}}, [
        *asks("before-surgery", [FROM], closes=7, cut=surgery),
        *asks("in-hospital", daily(plus(surgery, days=1), home), "09:00", hours=12),
        *asks("at-home", [*mondays, *thursdays], closes=2),
        *asks("later", later, closes=14, opens=-7),
    ]  # fmt: skip


def prospect() -> Life:
    """Treatment from a Thursday on, and surgery 15 weeks and two days later."""
    began = date(2027, 2, 4)
    surgery = plus(began, days=7 * 15 + 2)
    months = [plus(surgery, months=k) for k in (6, 12, 18)]
    return {"arm": "chemotherapy", "timeline": {"treatment_start": began, "surgery": surgery}}, [
        *asks("before-treatment", [FROM], closes=7),
        *asks("weekly", daily(plus(began, days=7), surgery, 7), closes=6),
        *asks("after-surgery", months, closes=30, opens=-14),
    ]


def erapid() -> Life:
    """Weekly reports from a leap-year February on; the outcomes of weeks 6, 12 and 18 fall on days of reports."""
    began = date(2028, 2, 15)
    weeks = [plus(began, days=7 * k) for k in range(1, 19)]
    person = {"enrolled_on": date(2028, 2, 1), "arm": "online-reports", "timeline": {"chemotherapy": began}}
    return person, [
        *asks("baseline", [date(2028, 2, 1)], closes=7),
        *asks("weekly-report", weeks, closes=3),
        *asks("outcomes", [weeks[k - 1] for k in (6, 12, 18)], closes=14),
    ]


def erapid_surgery() -> Life:
    """Home on a Saturday: the weekly reports would fall on Saturdays, and move to Mondays."""
    home = date(2027, 3, 6)
    first = [plus(home, days=k) for k in (0, 2, 5)]
    mondays = [plus(home, days=7 * k + 2) for k in range(2, 9)]
    return {"timeline": {"discharge": home}}, [
        *asks("first-week", first, "16:00", closes=1),
        *asks("weekly", mondays, "16:00", closes=3),
    ]


def symptom_clinic() -> Life:
    """A first visit some days after enrolment; day 1 is the day of the visit."""
    visit = date(2027, 3, 10)
    days = [plus(visit, days=k - 1) for k in (1, 3, 7, 10, 14, 21, 28)]
    return {"timeline": {"first_visit": visit}}, asks("follow-up", days, "17:00", closes=1)


def radar_mdd() -> Life:
    """Enrolled at the end of a month: months without a 31st take their last day."""
    began = date(2027, 8, 31)
    return {"enrolled_on": began}, [
        *asks("mood", daily(began, date(2029, 8, 31), 14), "18:00", closes=3),
        *asks("outcomes", [plus(began, months=k) for k in range(0, 25, 3)], "18:00", closes=14),
    ]


def eortc_26981() -> Life:
    """Radiotherapy from the end of November of a year before a leap year; progression a day after the third survey."""
    began = date(2027, 11, 30)
    days = [date(2028, 2, 29), date(2028, 5, 30), date(2028, 8, 30)]
    events = {"radiotherapy": began, "progression": date(2028, 8, 31), "end_of_treatment": date(2028, 12, 1)}
    return {"enrolled_on": date(2027, 11, 8), "timeline": events}, [
        *asks("baseline", [date(2027, 11, 8)], closes=14),
        *asks("every-three-months", days, closes=14, opens=-7),
    ]


def elderly_glioblastoma() -> Life:
    """Progression on the very day of a survey: it is not asked any more."""
    ended = date(2027, 3, 1)
    progressed = plus(ended, days=28 + 5 * 56)
    return {"timeline": {"end_of_radiotherapy": ended, "progression": progressed}}, [
        *asks("baseline", [FROM], closes=10),
        *asks("after-radiotherapy", daily(plus(ended, days=28), progressed, 56), closes=21, opens=-3),
    ]


def defi_desmoid() -> Life:
    """Eight cycles, the third one five days late; the ninth one is expected, so its week of diaries is planned."""
    cycles = [plus(FROM, days=14 + 28 * k + (5 if k >= 2 else 0)) for k in range(8)]
    evenings = [plus(each, days=-k) for each in (*cycles, plus(cycles[-1], days=28)) for k in range(1, 8)]
    return {"arm": "a", "timeline": {"cycle": cycles}}, [
        *asks("evening-diary", evenings, "21:30", hours=2),
        *asks("at-the-visit", [cycles[n - 1] for n in (1, 2, 4, 7)], closes=3),
    ]


def motion_tgct() -> Life:
    """The first dose ten days after enrolment, so the diaries before it are ten; then a second part."""
    dose = plus(FROM, days=10)
    opened = plus(dose, days=7 * 24 + 3)
    week_25, second = plus(dose, days=168), plus(opened, days=168)
    return {"arm": "b", "timeline": {"first_dose": dose, "open_label": opened}}, [
        *asks("screening-diary", daily(FROM, dose), "19:00", hours=5),
        *asks("week-25-diary", daily(plus(week_25, days=-14), week_25), "19:00", hours=5),
        *asks("at-visits", [plus(dose, days=7 * k) for k in (8, 16, 24)], closes=7),
        *asks("second-part", daily(second, plus(second, months=24), 168), closes=14),
    ]


def ped_pro_ctcae() -> Life:
    """A child of eleven; the caregiver withdraws between the two treatments, and the child goes on alone."""
    radiotherapy = plus(FROM, days=16)
    consent = {"reporter": "proxy", "from": FROM, "until": plus(radiotherapy, days=21)}
    events = {"chemotherapy": plus(FROM, days=3), "radiotherapy": radiotherapy}
    both = [
        ask
        for by in ("self", "proxy")
        for ask in (
            *asks("before-treatment", [FROM], closes=3, by=by),
            *asks("after-chemotherapy", [plus(FROM, days=10)], closes=10, by=by),
        )
    ]
    alone = asks("after-radiotherapy", [plus(radiotherapy, days=28)], closes=14)
    return {"birth_date": date(2015, 3, 31), "consents": [consent], "timeline": events}, [*both, *alone]


def caregiving_bereavement() -> Life:
    """A death on the last day of a month; windows of a month end on the last day of shorter ones."""
    agreed = [{"reporter": "caregiver", "covers": covers, "from": FROM} for covers in ("participation", "bereavement")]
    person = {"birth_date": date(1950, 2, 28), "consents": agreed, "timeline": {"death": date(2027, 5, 31)}}
    after = {
        date(2027, 8, 31): date(2027, 9, 30),
        date(2027, 11, 30): date(2027, 12, 30),
        date(2028, 2, 29): date(2028, 3, 29),
    }
    return person, [
        *asks("caregiving", [FROM], closes=14, by="caregiver"),
        *(Ask("after-the-death", day, closes=end, by="caregiver") for day, end in after.items()),
    ]


def esm_advanced_cancer() -> Life:
    """All but the moments, which are random: another test looks at those."""
    days = daily(plus(FROM, days=1), plus(FROM, days=8))
    return {}, [
        *asks("baseline", [FROM], "11:00", hours=10),
        *asks("morning", days, "08:15", hours=1),
        *asks("evening", days, "21:00", hours=2),
        *asks("follow-up", [plus(FROM, days=8)], "11:00", closes=3),
    ]


def mypart() -> Life:
    """A child of six until they are an adult: a caregiver for two surveys, both for ten, then the person alone."""
    ages = {date(year, 1, 4): year - 2021 for year in range(2027, 2040)}
    proxies = [day for day, age in ages.items() if age < 18]
    selves = [day for day, age in ages.items() if age >= 8]
    return {"birth_date": date(2020, 3, 1)}, [
        *asks("first-look", proxies[:1], closes=30, by="proxy"),
        *asks("yearly", proxies[1:], closes=30, by="proxy"),
        *asks("yearly", selves, closes=30),
    ]


def esym() -> Life:
    """Chemotherapy in spring; home on a Thursday before Memorial Day, Juneteenth and Independence Day."""
    began, ended, home = date(2027, 3, 2), date(2027, 5, 13), date(2027, 5, 20)
    off = {date(2027, 5, 31), date(2027, 6, 18), date(2027, 7, 5)}
    weekly = [day for day in daily(began, ended) if day.isoweekday() in (1, 4)]
    days = set()
    for offset in (*range(2, 14, 2), *range(15, 42, 3), *range(45, 90, 5)):
        day = plus(home, days=offset)
        while day.isoweekday() > 5 or day in off:
            day = plus(day, days=1)
        days.add(day)
    events = {"chemotherapy": began, "end_of_chemotherapy": ended, "discharge": home}
    return {"site": "example-hospital", "timeline": events}, [
        *asks("chemotherapy", weekly, closes=1),
        *asks("after-surgery", sorted(days), closes=1),
    ]


def without_progression() -> Life:
    """Nobody progresses: every eight weeks for three years from the first survey on."""
    first = plus(FROM, days=40 + 28)
    return {"timeline": {"end_of_radiotherapy": plus(FROM, days=40)}}, [
        *asks("baseline", [FROM], closes=10),
        *asks("after-radiotherapy", daily(first, plus(first, months=36), 56), closes=21, opens=-3),
    ]


def without_an_end_of_treatment() -> Life:
    """Nothing ends the quarterly surveys but their number: twenty of them, in five years."""
    months = [plus(FROM, months=k) for k in range(3, 63, 3)]
    return {"timeline": {"radiotherapy": FROM}}, [
        *asks("baseline", [FROM], closes=14),
        *asks("every-three-months", months, closes=14, opens=-7),
    ]


def a_year_of_chemotherapy() -> Life:
    """Without a site, so nothing is known of public holidays: 52 Mondays and 52 Thursdays."""
    began = date(2027, 3, 2)
    days = [day for day in daily(began, plus(began, days=364)) if day.isoweekday() in (1, 4)]
    return {"timeline": {"chemotherapy": began}}, asks("chemotherapy", days, closes=1)


def a_month_in_hospital() -> Life:
    """Operated late and not discharged: the survey before surgery closes after a week, the daily ones end by number."""
    surgery = plus(FROM, days=20)
    return {"timeline": {"surgery": surgery}}, [
        *asks("before-surgery", [FROM], closes=7),
        *asks("in-hospital", [plus(surgery, days=k) for k in range(1, 31)], "09:00", hours=12),
    ]


def screened_only() -> Life:
    """Fourteen evenings, and no first dose."""
    return {}, asks("screening-diary", daily(FROM, plus(FROM, days=14)), "19:00", hours=5)


def without_surgery() -> Life:
    """Treatment without an operation: the weekly reports end after half a year."""
    weeks = [plus(FROM, days=7 * k) for k in range(1, 27)]
    return {"timeline": {"treatment_start": FROM}}, [
        *asks("before-treatment", [FROM], closes=7),
        *asks("weekly", weeks, closes=6),
    ]


PEOPLE: dict[str, Callable[[], Life]] = {
    "pro-tect": pro_tect,
    "keynote-189": keynote_189,
    "lung-surgery": lung_surgery,
    "prospect": prospect,
    "erapid": erapid,
    "erapid-surgery": erapid_surgery,
    "symptom-clinic": symptom_clinic,
    "radar-mdd": radar_mdd,
    "eortc-26981": eortc_26981,
    "elderly-glioblastoma": elderly_glioblastoma,
    "defi-desmoid": defi_desmoid,
    "motion-tgct": motion_tgct,
    "ped-pro-ctcae": ped_pro_ctcae,
    "caregiving-bereavement": caregiving_bereavement,
    "esm-advanced-cancer": esm_advanced_cancer,
    "mypart": mypart,
    "esym": esym,
}
ENDLESS: dict[str, Callable[[], Life]] = {
    "elderly-glioblastoma": without_progression,
    "eortc-26981": without_an_end_of_treatment,
    "esym": a_year_of_chemotherapy,
    "lung-surgery": a_month_in_hospital,
    "motion-tgct": screened_only,
    "prospect": without_surgery,
}
"""People whose series no event ends."""
LIVES = (*PEOPLE.items(), *ENDLESS.items())
MOMENT = "moment"
"""The survey of random times, which is left out of the comparison."""
WARNED = {"esm-advanced-cancer": "assessments.evening: asked on one day with others (`morning`, `moment`, `evening`"}
"""The warnings that are meant: many surveys a day are the method of this study."""


@cache
def read(name: str) -> Study:
    """The study of a file, checked against the library of instruments as `study check` does it."""
    return load_study((GALLERY / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml", load_library().by_id())


def planned(name: str, zone: str, said: Person) -> list[Occasion]:
    study = read(name)
    whole = {"zone": zone, "enrolled_on": FROM, **said}
    who, timeline = load_participant(yaml.safe_dump(whole), "somebody.yaml", study)
    made = plan(study.rules(), who, timeline, datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
    return [each for each in made.occasions if each.state == "planned"]


def test_every_file_has_a_person() -> None:
    assert names() == sorted(PEOPLE)


@pytest.mark.parametrize("name", names())
def test_a_file_is_without_mistakes_and_warnings(name: str) -> None:
    warnings = warnings_of(read(name))
    assert [each for each in warnings if not each.startswith(WARNED.get(name, "-"))] == []
    assert bool(warnings) == (name in WARNED)
    assert read(name).id == name


@pytest.mark.parametrize("name", names())
def test_a_file_tells_its_source_and_what_could_not_be_said(name: str) -> None:
    told = comment(name)
    assert list(told) == ["about", *PARTS]
    assert all(told.values())
    assert re.search(r"NCT\d{8}|ISRCTN\d{8}|doi 10\.\d{4}|PMID \d{8}", told["Source"]), (
        "no registration and no publication"
    )
    contact = read(name).contact
    assert contact.phone.startswith("+1202555")
    assert contact.email.endswith("@example.org")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("name", "life"), LIVES, ids=[life.__name__ for _, life in LIVES])
def test_a_file_asks_when_arithmetic_says(name: str, life: Callable[[], Life], zone: str) -> None:
    person, expected = life()
    made = [each for each in planned(name, zone, person) if each.assessment != MOMENT]
    told = [(each.assessment, each.reporter, each.due_at, each.opens_at, each.closes_at) for each in made]
    assert sorted(told) == sorted(each.told(zone) for each in expected)


@pytest.mark.parametrize("zone", ZONES)
def test_moments_are_random_within_their_hours(zone: str) -> None:
    moments = [each for each in planned("esm-advanced-cancer", zone, {}) if each.assessment == MOMENT]
    assert len({each.due_local.time() for each in moments}) > 20, "drawn anew for each day"
    for day in daily(plus(FROM, days=1), plus(FROM, days=8)):
        of_day = sorted((each for each in moments if each.due_local.date() == day), key=lambda each: each.due_at)
        assert len(of_day) == 10
        assert time(9, 30) <= of_day[0].due_local.time() <= of_day[-1].due_local.time() < time(20, 30)
        assert all(late.due_at - early.due_at >= timedelta(minutes=30) for early, late in pairwise(of_day))
        assert all(each.closes_at - each.due_at == timedelta(minutes=20) for each in of_day)
    assert len(moments) == 70


def test_the_longer_questionnaire_joins_the_first_and_the_last_time() -> None:
    person, _ = symptom_clinic()
    made = sorted(planned("symptom-clinic", "America/New_York", person), key=lambda each: each.due_at)
    longer = [each.n for each in made if "well-being-diary" in each.instruments]
    assert longer == [1, 7]
