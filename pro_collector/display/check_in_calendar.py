"""Shows check-ins as iCalendar (RFC 5545), for somebody's calendar program."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import icalendar

from pro_collector.postgres.questions.calendar import ComingCheckIn

_DURATION = timedelta(minutes=30)
_FETCHED_EVERY = timedelta(hours=1)


def to_icalendar(
    study: str, title: str, titles: Mapping[str, str], check_ins: Iterable[ComingCheckIn], stamp: datetime
) -> bytes:
    """The check-ins in UTC: code, title of the assessment, state and window. They take up no time of whoever looks.

    `title`: of the calendar; `titles`: of assessments; `stamp`: when it was made, UTC.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//pro-collector//check-ins//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", _FETCHED_EVERY, parameters={"VALUE": "DURATION"})
    for check_in in check_ins:
        event = icalendar.Event()
        event.add("uid", f"{check_in.id}@{study}")
        event.add("dtstamp", stamp)
        event.add("dtstart", check_in.due_at.astimezone(UTC))
        event.add("dtend", check_in.due_at.astimezone(UTC) + _DURATION)
        about = titles.get(check_in.assessment, check_in.assessment)
        event.add("summary", f"{check_in.code}: {about} ({check_in.state})")
        event.add("description", f"open until {check_in.closes_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
