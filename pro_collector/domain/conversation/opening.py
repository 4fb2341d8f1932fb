"""What an occasion brings when it opens: its language, its reminders, and the later rungs of its ladder."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from pro_collector.domain.instrument.definition import Instrument
from scheduler.calendar import later, wall_time
from scheduler.rules import Reporter, Rung


def language(own: str | None, offered: Sequence[str], instruments: Iterable[Instrument], reporter: Reporter) -> str:
    """The participant's own where every instrument speaks it, else the first of the study's that all speak."""
    asked = tuple(instruments)
    for spoken in (own, *offered):
        if spoken and all(instrument.can_ask_in(spoken, reporter) for instrument in asked):
            return spoken
    return offered[0]


def reminders(planned: Iterable[datetime], opened_at: datetime, closes_at: datetime) -> list[datetime]:
    """Those that are still to come while it takes answers, in order."""
    return sorted(at for at in planned if opened_at < at < closes_at)


def later_rungs(
    ladder: Sequence[Rung], opened_at: datetime, closes_at: datetime, zone: tzinfo
) -> list[tuple[int, datetime]]:
    """The number of each rung after the first, and when it is reached if nobody answers before."""
    wall = wall_time(opened_at, zone)
    reached = [(number, later(wall, rung.after, zone)) for number, rung in enumerate(ladder)]
    return [(number, at) for number, at in reached if number > 0 and at < closes_at]
