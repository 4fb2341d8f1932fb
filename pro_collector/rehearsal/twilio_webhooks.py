"""Calls our webhooks for the rehearsal carrier: signed, in Twilio's format, with Twilio's connection overrides."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs
from uuid import uuid4

import aiohttp
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class Overrides:
    """Twilio's connection overrides, from the fragment of a webhook's URL; milliseconds there, seconds here.

    Source: twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
    """

    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0

    @classmethod
    def of(cls, url: str) -> "Overrides":
        """Parse the overrides in `url`."""
        parameters = {name: values[0] for name, values in parse_qs(url.partition("#")[2]).items()}
        return cls(
            retries=min(5, int(parameters.get("rc", "1"))),
            policy=frozenset(parameters.get("rp", "ct").split(",")),
            connect=int(parameters.get("ct", "5000")) / 1000,
            read=int(parameters.get("rt", "15000")) / 1000,
            total=min(15.0, int(parameters.get("tt", "15000")) / 1000),
        )

    def repeats(self, failure: str) -> bool:
        """Whether to retry after a failure (`ct`, `rt`, `4xx`, `5xx`)."""
        return failure in self.policy or "all" in self.policy


class Webhooks:
    """Posts to our webhooks. `pause` waits on the carrier's clock; `now` reads it."""

    def __init__(self, auth_token: str, now: Callable[[], datetime], pause: Callable[[float], Awaitable[None]]) -> None:
        self._validator = RequestValidator(auth_token)
        self._now, self._pause = now, pause
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, fields: Mapping[str, str]) -> str:
        """Post `fields` with the retries of the overrides; return '' or the last failure: ct, rt, 4xx or 5xx."""
        overrides = Overrides.of(url)
        deadline = self._now() + timedelta(seconds=overrides.total)
        token = str(uuid4())
        failure, tried = await self._once(url, fields, overrides, token), 0
        while failure and tried < overrides.retries and overrides.repeats(failure):
            await self._pause(0.4 * 2**tried)
            tried += 1
            if self._now() >= deadline:
                break
            failure = await self._once(url, fields, overrides, token)
        return failure

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _once(self, url: str, fields: Mapping[str, str], overrides: Overrides, token: str) -> str:
        if self._session is None:
            # Less than the five seconds of our web process: a POST on a connection that it just closes would be lost.
            connector = aiohttp.TCPConnector(keepalive_timeout=2.0)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        address = url.partition("#")[0]
        headers = {
            "X-Twilio-Signature": str(self._validator.compute_signature(address, dict(fields))),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
        }
        timeout = aiohttp.ClientTimeout(sock_connect=overrides.connect, sock_read=overrides.read)
        try:
            async with self._session.post(address, data=dict(fields), headers=headers, timeout=timeout) as response:
                await response.read()
                return "" if response.status < 400 else f"{response.status // 100}xx"
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return "ct"
        except (aiohttp.ClientError, TimeoutError, OSError):
            return "rt"
