"""One person's plan for people: as iCalendar, and as a page with a month in each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pro_collector.domain.study import Study
from pro_collector.resources import TEMPLATES
from scheduler.occasion import Occasion
from scheduler.person import Person

_SHORTEST = timedelta(minutes=30)


def to_icalendar(study: Study, person: Person, occasions: Sequence[Occasion], now: datetime) -> bytes:
    """The planned occasions as RFC 5545, in the person's own zone, with the zone's definition."""
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
        event.add("dtend", (occasion.due_at + _SHORTEST).astimezone(zone))
        event.add("summary", f"{_title(study, occasion, person.language)} ({occasion.reporter})")
        event.add("description", f"open until {occasion.closes_at.astimezone(zone):%Y-%m-%d %H:%M}")
        calendar.add_component(event)
    days = [each.due_local.date() for each in occasions] or [person.enrolled_on]
    calendar.add_missing_timezones(first_date=min(days), last_date=max(days) + timedelta(days=366))
    return bytes(calendar.to_ical())


@dataclass(frozen=True, slots=True)
class Mark:
    """One occasion on the page."""

    tone: int
    letter: str
    state: str
    label: str


@dataclass(frozen=True, slots=True)
class Month:
    """One row of the page: its days, each with its marks; events of the timeline by day."""

    name: str
    days: list[list[Mark]]
    events: dict[int, str]


def to_page(study: Study, person: Person, occasions: Sequence[Occasion], events: Sequence[tuple[str, date]]) -> str:
    """The plan as one self-contained HTML page: rows are months, columns days; a table of what cannot happen below."""
    tones = {name: index for index, name in enumerate(study.assessments)}
    titles = {name: _text(found.title, person.language) for name, found in study.assessments.items()}
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("team/plan.html").render(
        title=_text(study.title, person.language),
        language=person.language or study.languages[0],
        person=person,
        months=_months(occasions, events, tones, titles),
        legend=[(tones[name], _letter(tones[name]), title) for name, title in titles.items()],
        dead=[each for each in occasions if each.state != "planned"],
        titles=titles,
    )


def _months(
    occasions: Sequence[Occasion], events: Sequence[tuple[str, date]], tones: dict[str, int], titles: dict[str, str]
) -> list[Month]:
    days = sorted({*(each.due_local.date() for each in occasions), *(on for _, on in events)})
    if not days:
        return []
    first, last = days[0].year * 12 + days[0].month - 1, days[-1].year * 12 + days[-1].month - 1
    months = {
        k: Month(f"{date(k // 12, k % 12 + 1, 1):%Y-%m}", [[] for _ in range(31)], {}) for k in range(first, last + 1)
    }
    for each in occasions:
        day = each.due_local
        tone = tones.get(each.assessment, 0)
        when = f"{day:%Y-%m-%d %H:%M}, {each.reporter}, {each.point} after {each.anchor} {each.anchor_on}"
        label = f"{titles.get(each.assessment, each.assessment)}: {when}: {each.state} {each.reason or ''}".strip()
        months[day.year * 12 + day.month - 1].days[day.day - 1].append(Mark(tone, _letter(tone), each.state, label))
    for kind, on in events:
        months[on.year * 12 + on.month - 1].events[on.day] = kind
    return list(months.values())


def _title(study: Study, occasion: Occasion, language: str | None) -> str:
    return _text(study.assessments[occasion.assessment].title, language)


def _text(text: dict[str, str], language: str | None) -> str:
    return text.get(language or "") or next(iter(text.values()))


def _letter(tone: int) -> str:
    return chr(ord("A") + tone % 26)
