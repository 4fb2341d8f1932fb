"""The gallery of published protocols: each file is without mistakes and warnings, and is planned in many zones.

Each plan is compared with arithmetic that knows nothing of the product: for one made-up person of each protocol it says
on which local days and hours that person is asked what, by whom it is answered, and from when to when.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
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


def pro_tect() -> tuple[Person, list[Ask]]:
    """Somebody under symptom monitoring who prefers Wednesdays: enrolled on a Monday, so two days later each week."""
    person = {"arm": "monitoring", "preferred_day": "wed"}
    weeks = [plus(FROM, days=2 + 7 * k) for k in range(52)]
    months = [plus(FROM, months=k) for k in (0, 1, 3, 6, 9, 12)]
    return person, [*asks("weekly-symptoms", weeks, closes=3), *asks("quality-of-life", months, closes=14)]


def keynote_189() -> tuple[Person, list[Ask]]:
    """Thirty cycles, the tenth and all after it ten days late."""
    cycles = [plus(FROM, days=21 * k + (10 if k >= 9 else 0)) for k in range(30)]
    chosen = (1, 2, 3, 4, 5, 8, 11, 14, 17, 21, 25, 29)
    return {"timeline": {"cycle": cycles}}, asks("quality-of-life", [cycles[n - 1] for n in chosen], "08:30", closes=3)


def lung_surgery() -> tuple[Person, list[Ask]]:
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


PEOPLE: dict[str, Callable[[], tuple[Person, list[Ask]]]] = {
    "pro-tect": pro_tect,
    "keynote-189": keynote_189,
    "lung-surgery": lung_surgery,
}


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
    assert warnings_of(read(name)) == []
    assert read(name).id == name


@pytest.mark.parametrize("name", names())
def test_a_file_tells_its_source_and_what_could_not_be_said(name: str) -> None:
    told = comment(name)
    assert list(told) == ["about", *PARTS]
    assert all(told.values())
    assert re.search(r"NCT\d{8}|ISRCTN\d{8}|doi 10\.\d{4}", told["Source"]), "no registration and no publication"
    contact = read(name).contact
    assert contact.phone.startswith("+1202555")
    assert contact.email.endswith("@example.org")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", names())
def test_a_file_asks_when_arithmetic_says(name: str, zone: str) -> None:
    person, expected = PEOPLE[name]()
    told = [
        (each.assessment, each.reporter, each.due_at, each.opens_at, each.closes_at)
        for each in planned(name, zone, person)
    ]
    assert sorted(told) == sorted(each.told(zone) for each in expected)
