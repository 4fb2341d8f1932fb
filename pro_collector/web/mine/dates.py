"""Dates as people say them: "Monday, 9 March", in their own zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pro_collector.words import Words


def day_in_words(words: Words, day: date, today: date) -> str:
    """A day with its weekday; with the year only if it is not this year."""
    key = "mine.day" if day.year == today.year else "mine.day_of_year"
    weekday, month = words.say(f"mine.weekdays.{day.weekday()}"), words.say(f"months.{day.month - 1}")
    return words.say(key, weekday=weekday, day=day.day, month=month, year=day.year)


def local_day(instant: datetime, zone: str) -> date:
    """The date of an instant in a zone (IANA name)."""
    return instant.astimezone(ZoneInfo(zone)).date()
