"""When the next silence begins: a text that still queues by then must not be delivered any more."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from pro_collector.casework.speaking.quiet import next_silence
from pro_collector.domain.study.definition import Study
from scheduler.calendar import Silence
from tests.shared.studies import study

NEW_YORK, MADRID = ZoneInfo("America/New_York"), ZoneInfo("Europe/Madrid")
NIGHT = study().rules().silence
"""From 21:00 to 08:00."""


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-03-02T15:00", "2026-03-03T02:00"),  # 10:00 there: tonight at 21:00
        ("2026-03-03T01:59", "2026-03-03T02:00"),
        ("2026-03-03T02:00", "2026-03-04T02:00"),  # it has begun: the next is tomorrow's
        ("2026-03-07T15:00", "2026-03-08T02:00"),
        ("2026-03-08T15:00", "2026-03-09T01:00"),  # clocks went forward: 21:00 is an hour earlier in UTC
    ],
)
def test_it_is_the_next_quiet_hour_there(now: str, begins: str) -> None:
    assert next_silence(at(now), NEW_YORK, NIGHT) == at(begins)


def test_it_is_the_wall_clock_of_where_they_are() -> None:
    assert next_silence(at("2026-03-02T15:00"), MADRID, NIGHT) == at("2026-03-02T20:00")


def closed_on(day: date) -> Study:
    """A study with a day without messages, and no quiet hours."""
    return study(('quiet_hours: {from: "21:00", until: "08:00"}', f"blackout: [{day}]"))


def test_a_day_without_messages_begins_at_midnight() -> None:
    silence = closed_on(date(2026, 3, 4)).rules().silence
    assert next_silence(at("2026-03-02T15:00"), NEW_YORK, silence) == at("2026-03-04T05:00")
    assert next_silence(at("2026-03-01T12:00"), NEW_YORK, silence) is None, "it looks to the end of tomorrow"
    assert next_silence(at("2026-03-04T05:00"), NEW_YORK, silence) is None


def test_without_silence_there_is_none() -> None:
    assert next_silence(at("2026-03-02T15:00"), NEW_YORK, Silence()) is None
