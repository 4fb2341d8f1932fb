"""When a channel that is on hold for a fault of our own is tried again."""

from datetime import timedelta

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=5)
"""The longest wait between two tries, so that messages leave at most so long after the fault is repaired."""
REPORTED_WAIT = timedelta(minutes=15)
"""The wait if the provider reports the fault later: each try is a text that it accepts, and may charge for."""
ONE_MESSAGE_WAIT = timedelta(minutes=15)
"""The wait between two tries of a single message that is refused, while all others are sent."""

ALERT_AFTER = timedelta(minutes=5)
"""How long texts are on hold before the study teams get a mail: most providers can be reached again sooner."""

KIND = "held"
"""The kind of the alert that texts are on hold."""
NOT_CONFIGURED = "not-configured"
UNREACHABLE = "unreachable"
RESTORED = "restored"
_RESTORED = "the database was restored from a backup; see: pro-collector restore --resume"


def back_off(tries: int, *, reported: bool) -> timedelta:
    """How long to wait for the next try after `tries` failed tries in a row; `reported`: see REPORTED_WAIT."""
    return REPORTED_WAIT if reported else min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries, 10))


def reason_text(reason: str) -> str:
    """Why a channel is on hold, as text for people."""
    known = {
        NOT_CONFIGURED: "it is not set up here",
        UNREACHABLE: "the provider cannot be reached",
        RESTORED: _RESTORED,
    }
    return known.get(reason, f"the provider refuses our account or our settings (code {reason})")
