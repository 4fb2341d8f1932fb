"""A receiver of webhooks on loopback, which checks the signature by itself, and answers as it is told."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Receiver:
    """What it got, in order, and how it answers next: a status, or None for no answer at all; 204 if nothing is said.

    `secret`: with which it checks signatures; a message that is not signed with it is in `forged`.
    """

    url: str = ""
    secret: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    forged: list[bytes] = field(default_factory=list)
    answers: list[int | None] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Take a message."""
        body = await request.read()
        if not self._signed(request, body):
            self.forged.append(body)
            return web.Response(status=401)
        self.got.append(json.loads(body))
        self.ids.append(request.headers["webhook-id"])
        self.times.append(int(request.headers["webhook-timestamp"]))
        status = self.answers.pop(0) if self.answers else 204
        if status is None:
            await self.over.wait()
        return web.Response(status=status or 204, headers={"location": f"{self.url}/elsewhere"})

    def _signed(self, request: web.Request, body: bytes) -> bool:
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        head = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}."
        mine = base64.b64encode(hmac.new(key, head.encode() + body, hashlib.sha256).digest()).decode()
        theirs = request.headers["webhook-signature"].split(" ")
        return any(hmac.compare_digest(f"v1,{mine}", each) for each in theirs)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver, until the end of the block."""
    taking = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", taking.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    taking.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield taking
    finally:
        taking.over.set()
        await runner.cleanup()
