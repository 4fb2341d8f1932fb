"""The fingerprint of a Diff: somebody who was shown the changes of a plan confirms exactly these."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from scheduler.occasion import Occasion
from scheduler.replan import Diff

AT_ONCE = timedelta(minutes=1)
"""What is due within so short a time is asked at once, whether it is confirmed a moment earlier or later."""


def fingerprint(diff: Diff, now: datetime) -> str:
    """32 hex digits, equal for two diffs that ask and cancel the same at the same times, as seen at `now`.

    What is kept, and what is added only because the plan reaches further, does not count: it changes by itself.
    """
    return hashlib.sha256("\n".join(sorted(_lines(diff, now))).encode()).hexdigest()[:32]


def _lines(diff: Diff, now: datetime) -> Iterator[str]:
    for what, occasions in (("added", diff.added), ("cancelled", diff.cancelled), ("stopped", diff.stopped)):
        yield from (f"{what} {_said(each, now)}" for each in occasions)
    for moved in diff.moved:
        was, after = moved.before.due_at, moved.after
        yield f"moved {was.isoformat()} {after.anchor_n} {after.n} {_said(after, now)}"


def _said(occasion: Occasion, now: datetime) -> str:
    at_once = occasion.state == "planned" and occasion.due_at <= now + AT_ONCE
    due = "at once" if at_once else occasion.due_at.isoformat()
    return f"{occasion.id} {due} {occasion.state} {occasion.reason}"
