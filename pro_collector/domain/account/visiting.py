"""How long somebody stays signed in, and how long an invitation and a step of signing in can be used."""

from datetime import datetime, timedelta

IDLE = timedelta(minutes=30)
"""After so long without a page, a session is over."""
LONGEST = timedelta(hours=12)
"""After so long a session is over, whatever was done in it."""
FRESH = timedelta(minutes=15)
"""For so long somebody who proved who they are may do what is dangerous."""
INVITATION_VALID = timedelta(days=7)
STEP_VALID = timedelta(minutes=10)
"""How long a challenge for a passkey, or the way to another provider and back, may take."""


def is_signed_out(began: datetime, seen: datetime, now: datetime) -> bool:
    """Whether a session that began at `began`, with its last page at `seen`, is over."""
    return now >= seen + IDLE or now >= began + LONGEST


def is_fresh(confirmed: datetime | None, now: datetime) -> bool:
    """Whether somebody proved so lately who they are that they may do what is dangerous; None: never."""
    return confirmed is not None and now < confirmed + FRESH
