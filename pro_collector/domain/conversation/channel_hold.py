"""When a channel that is held for a fault of our own is tried again."""

from datetime import timedelta

FIRST = timedelta(seconds=10)
LONGEST = timedelta(minutes=5)
"""What is mended leaves at most so long afterwards."""
BY_REPORT = timedelta(minutes=15)
"""Each try is a text that the provider takes, and may charge for, before it fails."""
ONE_MESSAGE = timedelta(minutes=15)
"""Between two tries of one message that is refused for itself, while all others go."""

TELL_AFTER = timedelta(minutes=5)
"""How long texts are held before the study teams are mailed: most of what cannot be reached comes back before."""

KIND = "held"
"""Of the alert that texts are held."""
NOT_CONFIGURED = "not-configured"
UNREACHABLE = "unreachable"


def back_off(tries: int, *, reported: bool) -> timedelta:
    """How long to wait after so many messages in a row that went to see whether it is mended."""
    return BY_REPORT if reported else min(LONGEST, FIRST * 2 ** min(tries, 10))


def told(reason: str) -> str:
    """Why a channel is held, for people."""
    known = {NOT_CONFIGURED: "it is not set up here", UNREACHABLE: "the provider cannot be reached"}
    return known.get(reason, f"the provider refuses our account or our settings (code {reason})")
