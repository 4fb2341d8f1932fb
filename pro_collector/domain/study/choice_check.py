"""Mistakes in the choice of events and time points: `cycles`, and the instruments that are asked only sometimes."""

from collections.abc import Collection, Iterator

from pro_collector.domain.document import Path
from pro_collector.domain.near import did_you_mean
from scheduler.anchors import TRIGGER
from scheduler.event_choice import AnyEvent
from scheduler.rules import Schedule

Mistake = tuple[Path, str]


def choice_mistakes(schedule: Schedule, repeating: Collection[str]) -> Iterator[Mistake]:
    """The mistakes in one assessment; their paths start at it. `repeating` are the event kinds that repeat."""
    once = schedule.after is not None or not (
        isinstance(schedule.anchor, AnyEvent) or schedule.anchor in {*repeating, TRIGGER}
    )
    if once and schedule.cycles:
        yield ("cycles",), _happens_once(schedule.anchor_words)
    for name, turn in schedule.sometimes.items():
        if name not in schedule.instruments:
            yield ("sometimes", name), f"it is not in `instruments`{did_you_mean(name, schedule.instruments)}"
        if once and turn.cycles:
            yield ("sometimes", name, "cycles"), _happens_once(schedule.anchor_words)


def _happens_once(anchor: str) -> str:
    return f"`{anchor}` happens once: `cycles` chooses among the events of an anchor that `happens: repeatedly`"
