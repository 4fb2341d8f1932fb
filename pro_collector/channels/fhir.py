"""A FHIR R4 server: searches resources page by page, one request at a time, and reads the time of the server.

Searches are sent as POST, so that no code and no id of a patient stands in the log of a proxy. It asks strictly: a
server that ignored a parameter would return the resources of everybody.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import aiohttp

from pro_collector.channels.request_pacing import RequestPacer
from pro_collector.errors import Misconfigured, Unavailable

TIMEOUT = aiohttp.ClientTimeout(total=120, connect=10)
PAGE = 100
"""How many resources a page may have."""
PAGES = 1000
"""After so many pages of one search something is wrong."""
LARGEST = 64 * 2**20
"""Bytes of an answer; a larger one is refused."""

Resources = list[dict[str, Any]]


class Fhir:
    """A FHIR server. `authorization`: the header that lets in; empty: none. `per_minute`: at most so many requests."""

    def __init__(self, url: str, authorization: str, per_minute: int) -> None:
        self._url = url.rstrip("/") + "/"
        # without no-cache, HAPI FHIR answers a search as it answered the same one in the last minute
        self._headers = {"Accept": "application/fhir+json", "Prefer": "handling=strict", "Cache-Control": "no-cache"}
        if authorization:
            self._headers["Authorization"] = authorization
        self._pacer = RequestPacer(per_minute)
        self._session: aiohttp.ClientSession | None = None
        self.now: datetime | None = None
        """The time of the server when it answered first; None before, or if it does not say."""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=TIMEOUT, headers=self._headers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def search(self, resource: str, **parameters: str) -> Resources:
        """All matches of a search. A dash in the name of a parameter is written as two underscores."""
        form = {name.replace("__", "-"): value for name, value in parameters.items()}
        form = {"_count": str(PAGE), **form}
        bundle = await self._ask("POST", urljoin(self._url, f"{resource}/_search"), form)
        found: Resources = []
        for _ in range(PAGES):
            found += _matches(bundle, resource)
            following = _next(bundle)
            if following is None:
                return found
            bundle = await self._ask("GET", self._same_server(following), None)
        raise Misconfigured(f"the search for {resource} does not end")

    def _same_server(self, url: str) -> str:
        """The address of the next page. Raises Misconfigured if it is elsewhere: the credential stays here."""
        full = urljoin(self._url, url)
        if urlsplit(full)[:2] != urlsplit(self._url)[:2]:
            raise Misconfigured("the next page of a search is on another server than `url` names")
        return full

    async def _ask(self, method: str, url: str, form: Mapping[str, str] | None) -> dict[str, Any]:
        """Ask once. Raises Unavailable if another attempt may succeed, Misconfigured if it will not."""
        if self._session is None:
            raise Misconfigured("the connection to the FHIR server is not open")
        await self._pacer.wait()
        try:
            async with self._session.request(method, url, data=form, allow_redirects=False) as answer:
                body = await answer.content.read(LARGEST + 1)
                while len(body) <= LARGEST and (piece := await answer.content.read(LARGEST + 1)):
                    body += piece
                self.now = self.now or _server_time(answer.headers.get("Date", ""))
                return _bundle(answer.status, body)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Unavailable(f"the FHIR server did not answer: {type(error).__name__}") from None


def bearer(token: str) -> str:
    """The header for a token."""
    return f"Bearer {token}"


def basic(user_and_password: str) -> str:
    """The header for `user:password`."""
    return f"Basic {base64.b64encode(user_and_password.encode()).decode()}"


def several(values: Sequence[str], size: int = 50) -> list[str]:
    """Values for one parameter, `size` of them at a time, each meaning: one of these."""
    return [",".join(values[start : start + size]) for start in range(0, len(values), size)]


def _server_time(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return None


def _bundle(status: int, body: bytes) -> dict[str, Any]:
    """The bundle of an answer. What a server says of its errors may quote patients: only the status is told."""
    if status >= 500 or status == 429:
        raise Unavailable(f"the FHIR server answered with HTTP {status}")
    if status in (401, 403):
        raise Misconfigured(f"the FHIR server refused with HTTP {status}: the credential, or its rights")
    if len(body) > LARGEST:
        raise Misconfigured("the answer of the FHIR server is too large")
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if status == 200 and isinstance(found, dict) and found.get("resourceType") == "Bundle":
        return found
    if 400 <= status < 500:
        raise Misconfigured(f"the FHIR server does not know this search (HTTP {status})")
    raise Unavailable(f"the answer of the FHIR server (HTTP {status}) is no bundle")


def _matches(bundle: Mapping[str, Any], resource: str) -> Resources:
    """The resources of this type in a page, without what is only about the search."""
    listed = [each.get("resource") for each in bundle.get("entry") or () if isinstance(each, dict)]
    return [each for each in listed if isinstance(each, dict) and each.get("resourceType") == resource]


def _next(bundle: Mapping[str, Any]) -> str | None:
    links = [each for each in bundle.get("link") or () if isinstance(each, dict) and each.get("relation") == "next"]
    return str(links[0]["url"]) if links and links[0].get("url") else None
