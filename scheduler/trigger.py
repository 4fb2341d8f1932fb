"""Check-ins whose answers trigger an assessment, as anchors that its schedule counts from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from scheduler.anchors import TRIGGER, Anchor, Ended
from scheduler.calendar import resolve, wall_time
from scheduler.rules import Reporter


@dataclass(frozen=True, slots=True)
class TriggeredSeries:
    """The answers of one reporter in one check-in triggered an assessment.

    `check_in` is the id of the check-in, which ended at the instant `at`; `recorded_at` is when we knew that it
    triggers. `ended`: its series was ended.
    """

    assessment: str
    reporter: Reporter
    check_in: str
    at: datetime
    recorded_at: datetime
    ended: Ended | None = None

    @property
    def stands(self) -> bool:
        """Whether the answers still trigger, as far as they are known now."""
        return self.ended is None or self.ended.by != "answer_corrected"


def triggered_anchors(triggered: Iterable[TriggeredSeries], zone: str) -> Mapping[str, tuple[Anchor, ...]]:
    """By assessment, an anchor for each check-in that triggered it: numbered, in order of time, on local days."""
    by_assessment: dict[str, list[Anchor]] = {}
    local = ZoneInfo(zone)
    for each in sorted(triggered, key=lambda each: (each.at, each.check_in)):
        anchors = by_assessment.setdefault(each.assessment, [])
        wall = wall_time(each.at, local)
        anchors.append(
            Anchor(
                TRIGGER, wall.date(), len(anchors) + 1, each.check_in, each.recorded_at, at=wall.time().replace(fold=0),
                reporter=each.reporter, ended=each.ended,
            )
        )  # fmt: skip
    return {name: tuple(anchors) for name, anchors in by_assessment.items()}


def ended_by_the_next(anchors: Iterable[Anchor], zone: ZoneInfo) -> tuple[Anchor, ...]:
    """The anchors of one assessment, each ended by the next one of the same reporter, if nothing ended it before."""
    following: dict[str | None, datetime] = {}
    ended: list[Anchor] = []
    for anchor in reversed(list(anchors)):
        next_at = following.get(anchor.reporter)
        if anchor.ended is None or anchor.ended.by == "recovered":
            following[anchor.reporter] = resolve(datetime.combine(anchor.on, anchor.at or time()), zone)
        if next_at is not None and (anchor.ended is None or anchor.ended.at > next_at):
            anchor = replace(anchor, ended=Ended(next_at, "triggered_again"))
        ended.append(anchor)
    return tuple(reversed(ended))
