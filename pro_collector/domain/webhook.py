"""Webhooks: which events they get, how a message is signed (Standard Webhooks 1.0), and when it is tried again."""

import base64
import hmac
import ipaddress
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from pro_collector.domain.events import AlertChanged, ResponseCompleted, ScoreRecorded

EVENTS = (AlertChanged.type, ResponseCompleted.type, ScoreRecorded.type)
"""The types of events that a webhook may get; the trigger on `outbox` names them too."""
TEST = "webhook.test"
"""The type of a message that tries a webhook."""

SECRET_BYTES = 32
PREFIX = "whsec_"
"""What a secret begins with, before its base64."""
BOTH_VALID = timedelta(days=1)
"""For so long messages are signed with the old secret too, after a new one was made."""

LEAST, MOST = 10.0, 10_800.0
"""Seconds until a message is sent again: about so many at first, doubled each time, at most so many."""
TRIED_FOR = timedelta(days=1)
"""For so long a message is sent again and again; then it is a dead letter."""
LONGEST_URL, LONGEST_NAME = 2000, 60

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """What is sent to a webhook: the event as it is published in `data`. `id` is the same each time it is sent."""

    id: UUID
    type: str
    occurred_at: datetime
    data: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        """The body of the request."""
        said = {"type": self.type, "timestamp": self.occurred_at.isoformat(), "data": self.data}
        return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()

    def headers(self, secrets: Iterable[bytes], now: datetime) -> dict[str, str]:
        """The headers of a request that is sent now, with a signature for each secret."""
        at, body = str(int(now.timestamp())), self.body
        signed = f"{self.id}.{at}.".encode() + body
        return {
            "content-type": "application/json",
            "webhook-id": str(self.id),
            "webhook-timestamp": at,
            "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
        }


def _signature(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def spoken_secret(secret: bytes) -> str:
    """A secret as its receiver gets it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secret).decode()


def secret_of(spoken: str) -> bytes:
    """The bytes of a secret as its receiver gets it."""
    return base64.b64decode(spoken.removeprefix(PREFIX))


def next_try(first: datetime, now: datetime, wait: float) -> datetime | None:
    """When a message is sent again that was first sent then: after `wait` seconds, at last after a day; None: never."""
    last = first + TRIED_FOR
    return None if now >= last else min(now + timedelta(seconds=wait), last)


def networks_of(listed: str) -> tuple[Network, ...]:
    """The networks in a setting, with commas. Raises ValueError."""
    return tuple(ipaddress.ip_network(each.strip()) for each in listed.split(",") if each.strip())


def may_reach(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether a webhook may be sent to this address: a public one, or one of a network that is allowed.

    An IPv4 address inside an IPv6 one counts as itself, so that nobody reaches a private network by another spelling.
    """
    inner = _inner(address)
    if any(inner in network for network in allowed):
        return True
    return inner.is_global and not inner.is_multicast


def _inner(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def url_problem(url: str, allowed: Sequence[Network]) -> str | None:
    """Why nothing can be sent to this URL; None if nothing is wrong with it.

    A host that is a name is checked when something is sent, because what it leads to may change.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "expected https://host/path"
    if not host or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"expected https://host/path, at most {LONGEST_URL} characters"
    if parts.username or parts.password or parts.fragment:
        return "expected a URL without a password and without #"
    number = address_of(host)
    local = host == "localhost" or (number is not None and number.is_loopback)
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        return "expected https"
    if number is not None and not may_reach(number, allowed):
        return "this is a private address: only those of PRO_WEBHOOK_NETWORKS are allowed"
    return None


def address_of(host: str) -> Address | None:
    """The address that a host is; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
