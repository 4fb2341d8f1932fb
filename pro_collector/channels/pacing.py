"""How fast one sender may send: a token bucket of segments, pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """What a sender may do: `rate` segments per second on average, `burst` segments at once.

    Carriers count segments, not messages. A US long code takes about 1 segment/s, a toll-free number about 3.
    """

    rate: float
    burst: float = 1.0

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.burst <= 0:
            raise ValueError("a pace needs a rate and a burst above 0")


@dataclass(frozen=True, slots=True)
class Bucket:
    """The segments that may be sent at `at` (below 0: how many are owed)."""

    segments: float
    at: datetime

    @classmethod
    def full(cls, pace: Pace, now: datetime) -> "Bucket":
        """A sender that has rested."""
        return cls(pace.burst, now)


def take(bucket: Bucket, pace: Pace, segments: int, now: datetime) -> tuple[Bucket, timedelta]:
    """Book one message of so many segments; the bucket after it, and how long to wait before sending it.

    Bookings are kept in order: each wait ends no earlier than the one before. A message longer than the burst is
    not refused, it waits until its last segment is covered. A clock that goes back earns nothing.
    """
    at = max(now, bucket.at)
    earned = (at - bucket.at).total_seconds() * pace.rate
    left = min(pace.burst, bucket.segments + earned) - segments
    return Bucket(left, at), at - now + timedelta(seconds=max(0.0, -left / pace.rate))
