"""One opt-out as text: which address, when, how and by whom it stopped, and when it was on again."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.words import team


def stopped(address: str, at: datetime, zone: ZoneInfo, how: str, by: str, text: UUID | None) -> str:
    """When and how an address stopped messages; the text that has the words, by the beginning of its id."""
    return _line("stopped", address, at, zone, how, by, text)


def resumed(address: str, at: datetime, zone: ZoneInfo, how: str, by: str, text: UUID | None) -> str:
    """When and how messages to an address were turned on again."""
    return _line("resumed", address, at, zone, how, by, text)


def _line(key: str, address: str, at: datetime, zone: ZoneInfo, how: str, by: str, text: UUID | None) -> str:
    words = team("opt_outs")
    told = words.say(f"how.{how.replace(' ', '_').replace('-', '_')}")
    line = words.say(key, address=address, moment=f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}", how=told, by=by)
    return line + (words.say("text", id=str(text)[:8]) if text else "")
