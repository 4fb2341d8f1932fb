"""What is asked because participation ended: after somebody left, completed the study, or died."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from scheduler.anchors import Anchor, Timeline
from scheduler.consent import Covers
from scheduler.person import Person
from scheduler.values import Frozen, Reporter

Ending = Literal["withdrawn", "completed", "deceased"]
"""How participation ended."""
_ANCHOR = "participation:"
"""How the anchor of what follows the end begins. No event of a timeline has such a name."""
WAYS: Mapping[str, Ending | None] = {"withdrew": "withdrawn", "died": "deceased"}
"""The states that end participation, and in which way."""


class AfterEnd(Frozen):
    """What an assessment follows, in place of an anchor: the end of participation in one way.

    Its `on_days`, `offsets` and `repeat` count from that day.
    """

    participation: Ending
    asks: Reporter = Field(default="self", description="who answers; never the patient after a death")
    released_by: Literal["team", "automatic"] | None = Field(
        default=None,
        description="team: a person of the team decides for each family, in a task; the default after a death",
    )

    @property
    def needs_release(self) -> bool:
        """Whether a person of the team must release each occasion before anything is sent."""
        return self.released_by == "team" or (self.released_by is None and self.participation == "deceased")

    @model_validator(mode="after")
    def _somebody_alive(self) -> Self:
        if self.participation == "deceased" and self.asks == "self":
            raise ValueError("nobody writes to a patient who has died: say who answers, such as `asks: proxy`")
        if self.participation == "deceased" and self.asks == "caregiver" and self.released_by == "automatic":
            raise ValueError("after a death a caregiver is asked only what a person of the team releases")
        return self


@dataclass(frozen=True, slots=True)
class EndOfParticipation:
    """How and when participation ended: the first end of it, and the day of a death. None: not (yet)."""

    ending: Ending | None = None
    on: date | None = None
    died_on: date | None = None

    def anchors(self, after: AfterEnd) -> tuple[Anchor, ...]:
        """What an assessment after the end counts from. A death is an end of its own, also after another one."""
        on = self.died_on if after.participation == "deceased" else self.on
        ended = after.participation == "deceased" or self.ending == after.participation
        return (Anchor(f"{_ANCHOR}{after.participation}", on),) if ended and on is not None else ()


def departure(person: Person, timeline: Timeline, endings: Mapping[str, Ending | None]) -> EndOfParticipation:
    """How a person left. `endings`: the event kinds that end participation, and in which way if the study says so.

    Of two ends on one day the death counts.
    """
    ends = [(span.starts_on, WAYS[span.kind]) for span in person.states if span.kind in WAYS]
    ends += [(anchor.on, endings[anchor.kind]) for anchor in timeline.anchors if anchor.kind in endings]
    if not ends:
        return EndOfParticipation()
    on, ending = min(ends, key=lambda end: (end[0], end[1] != "deceased", end[1] or ""))
    return EndOfParticipation(ending, on, min((day for day, way in ends if way == "deceased"), default=None))


def follows(anchor: str) -> Ending | None:
    """Which end of participation an occasion with this anchor follows; None if it follows none."""
    name = anchor.removeprefix(_ANCHOR)
    endings: Iterable[Ending] = ("withdrawn", "completed", "deceased")
    return next((each for each in endings if each == name and anchor != name), None)


def covers(anchor: str) -> Covers:
    """Which consent an occasion with this anchor needs."""
    ending = follows(anchor)
    return "participation" if ending is None else "bereavement" if ending == "deceased" else "exit"
