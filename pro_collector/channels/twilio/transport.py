"""The HTTP client of the Twilio SDK: one attempt for each request, a real timeout, any base URL, and named errors."""

import base64
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from yarl import URL

from pro_collector.errors import Misconfigured, Unavailable

PRODUCTION = "https://api.twilio.com"
CLOCK_TOLERANCE = timedelta(minutes=2)
"""Seconds are whole in Twilio's times, and answers take time: a smaller difference between two clocks is none."""
_LOG = logging.getLogger(__name__)


class NotReached(Unavailable):
    """No connection was made, so Twilio certainly did not process the request."""


class TooManyRequests(Unavailable):
    """HTTP 429: Twilio says that it did not process the request (error 20429)."""

    def __init__(self, retry_after: timedelta | None) -> None:
        super().__init__("HTTP 429")
        self.retry_after = retry_after


class NoAnswer(Unavailable):
    """Timeout, lost connection or HTTP 5xx: Twilio may have processed the request."""


class Transport(AsyncHttpClient):  # type: ignore[misc]
    """The HTTP client that the SDK calls for every request.

    The SDK's own client ignores its timeout, can repeat a POST, logs query strings (phone numbers) and keeps the last
    request in memory. This one does none of that. Timeouts are in seconds; `connect_timeout` also limits the wait for
    a free connection.
    """

    def __init__(self, base_url: str, *, timeout: float, connect_timeout: float) -> None:
        super().__init__(_LOG, is_async=True, timeout=timeout)
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(f"the address of the text message provider must be http(s)://host, not {base_url!r}")
        self._base = base_url.rstrip("/")
        self._is_twilio = self._base == PRODUCTION
        self._proxy = _proxy_for(parts.scheme, parts.hostname)
        # With a total below the timeout for connecting, a failed connection would look like a lost response.
        self._timeout = aiohttp.ClientTimeout(
            total=timeout + connect_timeout, connect=connect_timeout, sock_connect=connect_timeout, sock_read=timeout
        )
        self._session: aiohttp.ClientSession | None = None
        self._ahead = timedelta()

    def their_time(self, ours: datetime) -> datetime:
        """An instant of this machine's clock by the provider's, as its last answer told the time."""
        return ours - self._ahead

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the SDK's signature
        allow_redirects: bool = False,  # noqa: ARG002 - a redirected POST would become a GET
    ) -> Response:
        """Send one HTTP request, at most once. Raises NotReached, TooManyRequests or NoAnswer.

        The causes are dropped on purpose: their messages have the URL, and so a phone number.
        """
        try:
            async with self._open_session().request(
                method,
                self._address(uri, params),
                data=None if data is None else urlencode(data, doseq=True).encode(),
                headers=_with_credentials(headers, auth),
                allow_redirects=False,
            ) as response:
                text = (await response.read()).decode("utf-8", "replace")
                status, fields = response.status, dict(response.headers)
                self._compare_clocks(response.headers.get("Date"))
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.ConnectionTimeoutError) as error:
            raise NotReached(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer(type(error).__name__) from None
        if status == 429:
            raise TooManyRequests(_retry_after(fields.get("Retry-After")))
        if status >= 500:
            raise NoAnswer(f"HTTP {status}")
        return Response(status, text, fields)

    async def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _compare_clocks(self, told: str | None) -> None:
        try:
            ahead = datetime.now(UTC) - parsedate_to_datetime(told or "")
        except (ValueError, TypeError):  # no date, or one without a zone
            return
        ahead = ahead if abs(ahead) > CLOCK_TOLERANCE else timedelta()
        if abs(ahead - self._ahead) > CLOCK_TOLERANCE:
            _LOG.warning("this machine's clock minus the provider's: %.0f s", ahead.total_seconds())
        self._ahead = ahead

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            # If the provider closes an idle connection, the next outcome is unknown; so idle connections end soon.
            connector = aiohttp.TCPConnector(limit=32, keepalive_timeout=10)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                proxy=self._proxy,
            )
        return self._session

    def _address(self, uri: str, params: Mapping[str, Any] | None) -> URL:
        parts = urlsplit(uri)
        query = "&".join(part for part in (parts.query, urlencode(params or {}, doseq=True)) if part)
        # The SDK knows Twilio's own servers (api., messaging.); any other address serves all of them.
        base = f"{parts.scheme}://{parts.netloc}" if self._is_twilio else self._base
        return URL(f"{base}{parts.path}{'?' if query else ''}{query}", encoded=True)


def _proxy_for(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for `host` (HTTPS_PROXY, NO_PROXY); only for https.

    Not aiohttp's own `trust_env`: that also reads ~/.netrc, whose credentials conflict with ours.
    """
    return getproxies().get("https") if scheme == "https" and not proxy_bypass(host) else None


def _with_credentials(headers: Mapping[str, str] | None, auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return dict(headers or {})
    token = base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
    return {**(headers or {}), "Authorization": f"Basic {token}"}


def _retry_after(value: str | None) -> timedelta | None:
    return timedelta(seconds=int(value)) if value and value.isascii() and value.isdigit() else None
