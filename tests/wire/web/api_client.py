"""A program that uses the API: sends JSON with a token, and knows the operations from the OpenAPI document."""

import base64
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from pro_collector.domain.account.acts import Act, Role
from pro_collector.runtime import Runtime
from tests.shared.team import bearer

V1 = "/api/v1"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document: its method, its path with places, and the act that it is for."""

    method: str
    path: str
    act: Act


@dataclass(frozen=True, slots=True)
class Answered:
    """What a program got."""

    status: int
    json: Any
    headers: Mapping[str, str]


@dataclass
class Program:
    """A program at the web process."""

    origin: str
    client: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **params: str) -> Answered:
        """Ask for something."""
        async with self.client.get(self.origin + path, params=params, headers=self.headers) as got:
            return await _answered(got)

    async def post(self, path: str, sent: Any = None, **headers: str) -> Answered:
        """Do something."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.post(self.origin + path, json=sent, headers={**self.headers, **more}) as got:
            return await _answered(got)

    async def operations(self) -> list[Operation]:
        """Every operation of the document."""
        document = (await self.get(f"{V1}/openapi.json")).json
        return list(_operations(document))


@asynccontextmanager
async def program(
    rt: Runtime, role: Role | None = None, study: str | None = None, site: str | None = None
) -> AsyncIterator[Program]:
    """A program with a token of this role; without one, it sends none."""
    headers = {"Authorization": await bearer(rt, role, study, site)} if role else {}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield Program(rt.settings.public_url, client, headers)


async def _answered(got: aiohttp.ClientResponse) -> Answered:
    if got.content_type == "application/zip":
        return Answered(got.status, base64.b64encode(await got.read()).decode(), got.headers)
    return Answered(got.status, await got.json(content_type=None), got.headers)


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Operation(method.upper(), path, Act[operation["x-act"]])
