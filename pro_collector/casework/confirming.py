"""Whether the changes of a plan are still those that somebody was shown and confirmed."""

from datetime import datetime

from pro_collector.errors import Outdated
from scheduler.fingerprint import fingerprint
from scheduler.replan import Diff


def check_confirmed(diff: Diff, confirmed: str | None, now: datetime) -> None:
    """Raise Outdated if `confirmed` is the fingerprint of other changes; None: nobody was shown any."""
    if confirmed is not None and confirmed != fingerprint(diff, now):
        raise Outdated("the plan has changed since it was shown: look at the changes again, and confirm these")
