"""Posts to webhooks: only to addresses that are allowed, without following a redirect, for 10 s at most."""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from pro_collector import __version__
from pro_collector.domain.webhook import Network, address_of, may_reach, url_problem

TIMEOUT = 10.0
"""Seconds for one request, with finding the address and connecting."""
GONE = 410


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """How a receiver answered. `status` None: it did not, and `problem` says why; `problem` None: it took it."""

    status: int | None
    problem: str | None

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == GONE


class Forbidden(Exception):
    """The name of a receiver leads to an address that is not allowed."""


class WebhookClient:
    """Connections to receivers, without cookies and without a proxy."""

    def __init__(self, allowed: Sequence[Network], resolver: AbstractResolver | None = None) -> None:
        """`allowed`: the private networks that may be reached. `resolver`: finds addresses; that of the system."""
        self._allowed = allowed
        self._resolver = resolver

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=_Checked(self._resolver or ThreadedResolver(), self._allowed), use_dns_cache=False, limit=0
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            headers={"user-agent": f"pro-collector/{__version__}"},
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Post once. The body of the answer is not read."""
        if (problem := url_problem(url, self._allowed)) is not None:
            return WebhookAnswer(None, problem)  # the settings may have changed since it was made
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                status = answer.status
                answer.close()
        except Forbidden as error:
            return WebhookAnswer(None, str(error))
        except TimeoutError:
            return WebhookAnswer(None, f"no answer within {TIMEOUT:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return WebhookAnswer(None, f"no connection ({type(error).__name__})")
        if 200 <= status < 300:
            return WebhookAnswer(status, None)
        if 300 <= status < 400:
            return WebhookAnswer(status, "it answered with a redirect, which is not followed")
        return WebhookAnswer(status, "gone" if status == GONE else "it answered with an error")


class _Checked(AbstractResolver):
    """Finds the addresses of a name, and refuses those that are not allowed: the connection goes to what was checked.

    So a name that leads to another address a moment later leads nowhere else.
    """

    def __init__(self, resolver: AbstractResolver, allowed: Sequence[Network]) -> None:
        self._resolver, self._allowed = resolver, allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        fitting = [each for each in found if self._may_reach(each["host"])]
        if not fitting:
            raise Forbidden("its name leads to a private address, which is not allowed (PRO_WEBHOOK_NETWORKS)")
        return fitting

    def _may_reach(self, host: str) -> bool:
        address = address_of(host.partition("%")[0])
        return address is not None and may_reach(address, self._allowed)

    async def close(self) -> None:
        await self._resolver.close()
