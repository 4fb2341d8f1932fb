"""A transcript, one reply, and the looks at them as text: one line for each, with the words below it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_collector.display.task import printable
from pro_collector.words import team
from scheduler.rules import Reporter


def line(
    at: datetime, zone: ZoneInfo, channel: str, what: str, id: object, *, theirs: bool, reporter: Reporter = "self"
) -> str:
    """One text or mail: when, in which direction, on which channel, what it was, and the id of theirs.

    `reporter`: who wrote it, or to whom it went; a caregiver is named, because the words are not about the patient.
    """
    known = team("task").phrases.get(f"channel.{channel}", channel)
    key = ("theirs" if theirs else "ours") + ("_caregiver" if reporter == "caregiver" else "")
    words = team("transcript").say(key, channel=known, what=what)
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}  {words}{f'  {str(id)[:8]}' if id else ''}"


def indented(words: str | None) -> Iterator[str]:
    """The words below their line; nothing if they are not shown."""
    if words is not None:
        yield from (f"    {each}" for each in printable(words).split("\n"))


def look(at: datetime, by: str, door: str, view: str, texts: Iterable[object], why: str) -> str:
    """One look: when, who, from where, what showed the words, the ids of the texts, and why."""
    ids = " ".join(str(each)[:8] for each in texts)
    said = {"by": by, "door": door, "view": view, "ids": ids}
    told = (
        team("transcript").say("look_why", **said, why=printable(why))
        if why
        else team("transcript").say("look", **said)
    )
    return f"{at:%Y-%m-%d %H:%M}Z  {told}"
