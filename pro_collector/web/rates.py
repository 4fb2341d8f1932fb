"""Rate limits of clients: a token bucket for each public address."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

PER_SECOND = 20.0
BURST = 400.0
"""Requests that one address may send at once. A hospital may use one address for all its patients: a page of the form
takes one request, or two when it is the first."""
PASSWORDS_PER_SECOND = 0.5
PASSWORDS = 20.0
"""Wrong passwords that one address may give at once."""
MAX_ADDRESSES = 20_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Rates:
    """Counts the requests of each public address. Times are seconds of any steady clock.

    Private addresses are not limited unless `limits_private`: they are a reverse proxy that does not tell whom it
    forwards, or a hospital's own network. A network of IPv6 (/64) counts as one address.
    """

    def __init__(self, per_second: float = PER_SECOND, burst: float = BURST, *, limits_private: bool = False) -> None:
        self._per_second, self._burst, self._limits_private = per_second, burst, limits_private
        self._buckets: dict[str, _Bucket] = {}

    def take(self, address: str, tokens: float, now: float) -> bool:
        """Take tokens of this address; false if it has used up its own. No address gets below zero."""
        key = _limited(address, self._limits_private)
        if not key:
            return True
        bucket = self._bucket(key, now)
        allowed = bucket.tokens >= min(tokens, 1)
        bucket.tokens = max(0.0, bucket.tokens - tokens)
        return allowed

    def used_up(self, address: str, now: float) -> bool:
        """Whether this address has less than one token; takes none."""
        key = _limited(address, self._limits_private)
        return bool(key) and self._bucket(key, now).tokens < 1

    def _bucket(self, key: str, now: float) -> _Bucket:
        bucket = self._buckets.pop(key, None) or _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + max(0.0, now - bucket.at) * self._per_second)
        bucket.at = now
        while len(self._buckets) >= MAX_ADDRESSES:
            del self._buckets[next(iter(self._buckets))]  # the address that was silent for the longest time
        self._buckets[key] = bucket
        return bucket


def _limited(address: str, private_too: bool) -> str:
    """What counts as one client, or nothing if it has no limit."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address if private_too else ""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if not ip.is_global and not private_too:
        return ""
    return str(ip) if ip.version == 4 else ip.exploded[:19]
