"""Occasions that were asked for a day that their event did not have, as a corrected date says afterwards."""

from collections.abc import Iterable

from scheduler.anchors import UNSCHEDULED, Timeline
from scheduler.occasion import Occasion


def displaced(known: Iterable[Occasion], timeline: Timeline) -> list[Occasion]:
    """The occasions that have begun, and whose event has another day now than the one that they counted from.

    A replan keeps them as the answers to their time point, so nothing is asked twice. `timeline` has the enrolment.
    """
    days = {(anchor.kind, anchor.key): anchor.on for anchor in timeline.anchors}
    return [
        each
        for each in known
        if each.begun and each.anchor != UNSCHEDULED
        and days.get((each.anchor, each.anchor_key), each.anchor_on) != each.anchor_on
    ]  # fmt: skip


def takes_its_place(before: Occasion, added: Iterable[Occasion]) -> Occasion | None:
    """The occasion that is asked instead of `before`, if that is set apart: its time point, at a later wall time.

    `added`: what a plan adds that knows `before` as set apart. None if it adds none, or not at a later time.
    """
    later = [each for each in added if _place(each) == _place(before) and each.wanted_local > before.wanted_local]
    return min(later, key=lambda each: (each.wanted_local, each.id), default=None)


def _place(occasion: Occasion) -> tuple[str, str, str, str]:
    return occasion.assessment, occasion.reporter, occasion.anchor, occasion.point
