"""What is fixed when an occasion opens: its language, its reminders, and the later rungs of its ladder."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from pro_collector.domain.instrument.definition import Instrument
from scheduler.calendar import later, wall_time
from scheduler.rules import Reporter, Rung
from scheduler.values import reads_as


def language(own: str | None, offered: Sequence[str], instruments: Iterable[Instrument], reporter: Reporter) -> str:
    """The participant's own language if every instrument has texts in it, else the first of the study for which all do.

    If there is none, the first language of the study.
    """
    asked = tuple(instruments)
    for candidate in (own, *offered):
        if candidate and all(instrument.can_ask_in(candidate, reads_as(reporter)) for instrument in asked):
            return candidate
    return offered[0]


def reminders(planned: Iterable[datetime], opened_at: datetime, closes_at: datetime) -> list[datetime]:
    """The planned reminders after it opens and before it closes, in order."""
    return sorted(at for at in planned if opened_at < at < closes_at)


def later_rungs(
    ladder: Sequence[Rung], opened_at: datetime, closes_at: datetime, zone: tzinfo
) -> list[tuple[int, datetime]]:
    """The number of each rung after the first, and the time at which it is due if there is no answer by then."""
    wall = wall_time(opened_at, zone)
    reached = [(number, later(wall, rung.after, zone)) for number, rung in enumerate(ladder)]
    return [(number, at) for number, at in reached if number > 0 and at < closes_at]
