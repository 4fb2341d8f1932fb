"""What may be said to somebody, given the state they are in: the one rule, from which the SQL that claims is made."""

from scheduler.person import ENDING, SUPPRESSING

NO_TEXTS = frozenset({"stopped_texting"})
"""States in which nobody is texted; mails go on."""
ALWAYS_SAID = frozenset({"stop_confirmed", "emergency", "help"})
"""What is said to whoever writes to us, even after they have left the study."""
SAID_AFTER_STOP = frozenset({"stop_confirmed", "emergency"})
"""What is said at an address whose owner wants no messages there."""
TOO_LATE = "its time had passed"
"""Why something that waited too long is not said any more."""
UNASKED = frozenset({"invitation", "reminder"})
"""What is said to people who have not just written or answered: never to those who are away."""


def forbids(state: str, purpose: str, channel: str) -> str | None:
    """Why something must not be said to somebody in this state, or None when it may be."""
    if purpose in ALWAYS_SAID:
        return None
    if state in ENDING:
        return "has left the study"
    if state in NO_TEXTS and channel == "sms":
        return "asked for no texts"
    return state if state in SUPPRESSING and purpose in UNASKED else None
