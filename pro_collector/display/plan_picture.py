"""Shows plans: one participant's as iCalendar or as a page of months, and a protocol as a page of lanes."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from pro_collector.display.schedule import how_asked, when_asked
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.example import example_courses
from pro_collector.figures.lanes import draw_protocol
from pro_collector.resources import TEMPLATES
from scheduler.occasion import Occasion
from scheduler.person import Person

_DURATION = timedelta(minutes=30)
_MONDAY = date(2027, 1, 4)
"""When somebody is enrolled in the picture of a protocol: the same file gives the same picture."""


def to_icalendar(study: Study, person: Person, occasions: Sequence[Occasion], now: datetime) -> bytes:
    """The planned occasions as iCalendar (RFC 5545), in the person's time zone, with the definition of the zone."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//pro-collector//plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", study.sender)
    zone = ZoneInfo(person.zone)
    for occasion in occasions:
        if occasion.state != "planned":
            continue
        event = icalendar.Event()
        event.add("uid", f"{occasion.id}@{study.id}")
        event.add("dtstamp", now)
        event.add("dtstart", occasion.due_at.astimezone(zone))
        event.add("dtend", (occasion.due_at + _DURATION).astimezone(zone))
        event.add("summary", f"{_title(study, occasion, person.language)} ({occasion.reporter})")
        event.add("description", f"open until {occasion.closes_at.astimezone(zone):%Y-%m-%d %H:%M}")
        calendar.add_component(event)
    days = [occasion.due_local.date() for occasion in occasions] or [person.enrolled_on]
    calendar.add_missing_timezones(first_date=min(days), last_date=max(days) + timedelta(days=366))
    return bytes(calendar.to_ical())


@dataclass(frozen=True, slots=True)
class Mark:
    """One occasion on the page. `tone` is the number of its assessment in the study file."""

    tone: int
    letter: str
    state: str
    reporter: str
    label: str


@dataclass(frozen=True, slots=True)
class Day:
    """One square of the page; `real` is false for a date that does not exist, such as 30 February."""

    real: bool
    weekend: bool
    marks: list[Mark]
    events: list[str]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month with its days, or several empty months without days."""

    name: str
    days: list[Day]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The plan of one person: a row for each month, what the marks mean (tone, letter, title), what has happened."""

    rows: list[MonthRow]
    legend: list[tuple[int, str, str]]
    happened: list[tuple[date, str]]
    planned: int
    proxies: bool


def calendar(
    study: Study, occasions: Sequence[Occasion], events: Sequence[tuple[str, date]], language: str | None = None
) -> Calendar:
    """The plan of one person by months and days; `events`: kinds of treatment events with their dates."""
    tones = {name: index for index, name in enumerate(study.assessments)}
    titles = {name: _text(assessment.title, language) for name, assessment in study.assessments.items()}
    labels = {kind: _text(event.label, language) for kind, event in study.timeline.items()}
    happened = sorted((on, labels.get(kind, kind)) for kind, on in events)
    return Calendar(
        rows=_rows(_days(occasions, happened, tones, titles)),
        legend=[(tones[name], _letter(tones[name]), title) for name, title in titles.items()],
        happened=happened,
        planned=sum(occasion.state == "planned" for occasion in occasions),
        proxies=any(occasion.reporter == "proxy" for occasion in occasions),
    )


def to_page(study: Study, person: Person, occasions: Sequence[Occasion], events: Sequence[tuple[str, date]]) -> str:
    """The plan as one self-contained HTML page: rows are months, columns are days; cancelled occasions in a table."""
    return _template("plan.html").render(
        title=_text(study.title, person.language),
        language=person.language or study.languages[0],
        person=person,
        known=_facts(person),
        calendar=calendar(study, occasions, events, person.language),
        dead=[occasion for occasion in occasions if occasion.state != "planned"],
        titles={name: _text(assessment.title, person.language) for name, assessment in study.assessments.items()},
    )


def protocol_page(study: Study, questions: Mapping[str, int], weeks: int) -> str:
    """A study as one self-contained HTML page: the lanes of each arm for so many weeks, and what each assessment says.

    `questions`: how many questions each instrument has.
    """
    courses = list(example_courses(study, questions, _MONDAY, _MONDAY + timedelta(weeks=weeks)))
    named = (study.timeline, study.arms, study.sites)
    titles = {name: _text(each.label, "en") for kind in named for name, each in kind.items()}
    return _template("protocol_page.html").render(
        study=study,
        title=_text(study.title, "en"),
        weeks=weeks,
        picture=draw_protocol(study, courses),
        events=[(_text(kind.label, "en"), name) for name, kind in study.timeline.items()],
        assessments=[
            (_text(each.title, "en"), name, each.instruments, when_asked(each, titles), how_asked(each, titles))
            for name, each in study.assessments.items()
        ],
    )


def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(f"team/{name}")


def _facts(person: Person) -> str:
    """One line with the facts that the plan depends on."""
    facts = [("born on", person.birth_date), ("arm", person.arm), ("site", person.site), ("language", person.language)]
    return ", ".join(f"{what} {value}" for what, value in facts if value is not None)


def _days(
    occasions: Sequence[Occasion],
    happened: Sequence[tuple[date, str]],
    tones: dict[str, int],
    titles: dict[str, str],
) -> dict[date, tuple[list[Mark], list[str]]]:
    """The marks and events of each day that has any."""
    days: dict[date, tuple[list[Mark], list[str]]] = {}
    for occasion in occasions:
        tone = tones.get(occasion.assessment, 0)
        anchor = f"{occasion.anchor} {occasion.anchor_on}"
        when = f"{occasion.due_local:%Y-%m-%d %H:%M}, {occasion.reporter}, {occasion.point} after {anchor}"
        title = titles.get(occasion.assessment, occasion.assessment)
        label = f"{title}: {when}: {occasion.state} {occasion.reason or ''}".strip()
        marks, _ = days.setdefault(occasion.due_local.date(), ([], []))
        marks.append(Mark(tone, _letter(tone), occasion.state, occasion.reporter, label))
    for on, label in happened:
        days.setdefault(on, ([], []))[1].append(label)
    return days


def _rows(days: dict[date, tuple[list[Mark], list[str]]]) -> list[MonthRow]:
    """One row for each month from the first to the last; consecutive empty months share one row."""
    if not days:
        return []
    first, last = min(days), max(days)
    rows: list[MonthRow] = []
    empty: list[str] = []
    for k in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        year, month = k // 12, k % 12 + 1
        squares = [_square(year, month, day, days) for day in range(1, 32)]
        if any(square.marks or square.events for square in squares):
            rows += _empty_row(empty)
            rows.append(MonthRow(f"{year}-{month:02}", squares))
            empty = []
        else:
            empty.append(f"{year}-{month:02}")
    return rows


def _square(year: int, month: int, day: int, days: dict[date, tuple[list[Mark], list[str]]]) -> Day:
    if day > monthrange(year, month)[1]:
        return Day(real=False, weekend=False, marks=[], events=[])
    on = date(year, month, day)
    marks, events = days.get(on, ([], []))
    return Day(real=True, weekend=on.weekday() >= 5, marks=marks, events=events)


def _empty_row(months: list[str]) -> list[MonthRow]:
    return [MonthRow(months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}", [])] if months else []


def _title(study: Study, occasion: Occasion, language: str | None) -> str:
    return _text(study.assessments[occasion.assessment].title, language)


def _text(text: dict[str, str], language: str | None) -> str:
    return text.get(language or "") or next(iter(text.values()))


def _letter(tone: int) -> str:
    return chr(ord("A") + tone % 26)
