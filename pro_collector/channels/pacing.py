"""Rate limit of one sender: a token bucket that counts message segments, as pure functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """A rate limit: `rate` segments per second on average, `burst` segments at once.

    Carriers count segments, not messages. A US long code takes about 1 segment/s, a toll-free number about 3.
    """

    rate: float
    burst: float = 1.0

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.burst <= 0:
            raise ValueError("a pace needs a rate and a burst above 0")


@dataclass(frozen=True, slots=True)
class Bucket:
    """The segments that may be sent at the instant `at` (negative: so many were sent in advance)."""

    segments: float
    at: datetime

    @classmethod
    def full(cls, pace: Pace, now: datetime) -> "Bucket":
        """The bucket of a sender that has sent nothing for a while."""
        return cls(pace.burst, now)


class Pacer:
    """Applies the rate limit of one sender: ask how long to wait, send, then record what was sent."""

    def __init__(self, pace: Pace, now: datetime) -> None:
        self._pace = pace
        self._bucket = Bucket.full(pace, now)

    @property
    def burst_size(self) -> int:
        """How many messages may be sent at once without waiting."""
        return max(1, int(self._pace.burst))

    def wait(self, now: datetime) -> float:
        """Seconds until the next message may be sent."""
        _, wait = take(self._bucket, self._pace, 1, now)
        return wait.total_seconds()

    def record_sent(self, segments: int, now: datetime) -> None:
        """Record that so many segments were sent."""
        self._bucket, _ = take(self._bucket, self._pace, segments, now)


def take(bucket: Bucket, pace: Pace, segments: int, now: datetime) -> tuple[Bucket, timedelta]:
    """Take the segments of one message; return the new bucket, and how long to wait before sending the message.

    Messages keep their order: no wait ends earlier than the one before. A message longer than the burst is not
    refused: it waits until all its segments are available. A clock that goes backwards adds no segments.
    """
    at = max(now, bucket.at)
    refill = (at - bucket.at).total_seconds() * pace.rate
    left = min(pace.burst, bucket.segments + refill) - segments
    return Bucket(left, at), at - now + timedelta(seconds=max(0.0, -left / pace.rate))
