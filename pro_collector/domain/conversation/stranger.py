"""Strangers, who write from an address of no participant: their id, and when the teams are alerted."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from pro_collector.domain.events import derived_id

KIND = "stranger"
"""The kind of an alert about a stranger."""
ALERT_INTERVAL = timedelta(hours=3)
"""The minimum time between two alerts about one address: a person who reads an alert reads every message so far."""
HOUR = timedelta(hours=1)
ALERTS_PER_HOUR = 6
"""Rate limit: for how many addresses per hour an alert is sent at once; the others share one at the next full hour."""
SEVERAL_STRANGERS = derived_id("strangers")
"""The subject of an alert about several strangers."""


def stranger_id(lookup: bytes) -> UUID:
    """The id of a stranger, derived from the keyed hash of the address, which reveals nothing without the key."""
    return derived_id("stranger", lookup.hex())


def when_to_alert(stranger: UUID, alerted: Mapping[UUID, datetime], now: datetime) -> datetime | None:
    """When to alert the teams about an emergency: now, or at the next full hour; None if they were alerted recently.

    `alerted`: the time of the last alert about each stranger.
    """
    before = alerted.get(stranger)
    if before is not None and now - before < ALERT_INTERVAL:
        return None
    recent = sum(now - at < HOUR for at in alerted.values())
    return now if recent < ALERTS_PER_HOUR else now.replace(minute=0, second=0, microsecond=0) + HOUR
