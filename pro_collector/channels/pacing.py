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


class Pacer:
    """The pace of one sender as it goes: wait until something may be sent, then book what was."""

    def __init__(self, pace: Pace, now: datetime) -> None:
        self._pace = pace
        self._bucket = Bucket.full(pace, now)

    @property
    def together(self) -> int:
        """How many messages may be taken up at once without any of them having to wait."""
        return max(1, int(self._pace.burst))

    def wait(self, now: datetime) -> float:
        """Seconds until the next message may be sent."""
        _, wait = take(self._bucket, self._pace, 1, now)
        return wait.total_seconds()

    def sent(self, segments: int, now: datetime) -> None:
        """Book what was sent."""
        self._bucket, _ = take(self._bucket, self._pace, segments, now)


def take(bucket: Bucket, pace: Pace, segments: int, now: datetime) -> tuple[Bucket, timedelta]:
    """Book one message of so many segments; the bucket after it, and how long to wait before sending it.

    Bookings are kept in order: each wait ends no earlier than the one before. A message longer than the burst is
    not refused, it waits until its last segment is covered. A clock that goes back earns nothing.
    """
    at = max(now, bucket.at)
    earned = (at - bucket.at).total_seconds() * pace.rate
    left = min(pace.burst, bucket.segments + earned) - segments
    return Bucket(left, at), at - now + timedelta(seconds=max(0.0, -left / pace.rate))
