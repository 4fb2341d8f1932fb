"""Somebody whom the record does not know: the id they go by, and when a team is alerted of what they wrote."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from pro_collector.domain.events import derived_id

KIND = "stranger"
"""The kind of an alert about them."""
QUIET = timedelta(hours=3)
"""How long after an alert the same address brings no other: whoever reads one reads all that came."""
HOUR = timedelta(hours=1)
AT_ONCE = 6
"""How many addresses are alerted of at once in an hour; those beyond are told of together at the next full hour."""
MANY = derived_id("strangers")
"""Whom an alert concerns that tells of several."""


def stranger_id(lookup: bytes) -> UUID:
    """The id of whoever writes from an address, made from its keyed hash: it says nothing without the key."""
    return derived_id("stranger", lookup.hex())


def when_to_alert(stranger: UUID, alerted: Mapping[UUID, datetime], now: datetime) -> datetime | None:
    """When the teams are to hear of words of an emergency: now, at the next full hour, or not again so soon.

    `alerted`: when they were last alerted, of whom.
    """
    before = alerted.get(stranger)
    if before is not None and now - before < QUIET:
        return None
    lately = sum(now - at < HOUR for at in alerted.values())
    return now if lately < AT_ONCE else now.replace(minute=0, second=0, microsecond=0) + HOUR
