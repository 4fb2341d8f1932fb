"""An entry of the reading list as text: how much it may matter, whose it is, its tasks, and the words."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.display.task import span_text
from pro_collector.display.transcript import indented
from pro_collector.domain.conversation.reading_list import Importance
from pro_collector.words import team


def heading(importance: Importance, whose: Iterable[str | None], waited: timedelta, count: int) -> str:
    """The first line: what the words may be, whose they are (code, study, site, survey), since when, and how many."""
    words = team("reading")
    said = {"whose": ", ".join(filter(None, whose)), "waited": span_text(waited), "count": count}
    return words.say("heading", what=words.say(f"what.{importance.name.lower()}"), **said)


def person(code: str, *, caregiver: bool) -> str:
    """Who wrote it: the participant with this code, or their caregiver."""
    return team("reading").say("caregiver", code=code) if caregiver else code


def task_line(kind: str, id: UUID) -> str:
    """One task of the entry, by the beginning of its id."""
    return f"    {team('reading').say('task', kind=kind, id=str(id)[:8])}"


def text_lines(at: datetime, zone: ZoneInfo, words: str | None) -> Iterator[str]:
    """One text of the entry: when it came, where its writer lives, and the words if they are shown."""
    yield f"    {at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    yield from (f"    {line}" for line in indented(words))
