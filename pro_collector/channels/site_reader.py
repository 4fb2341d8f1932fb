"""A reader of the site's own (`PRO_SECOND_READER`): a program or a URL that may mark a text, as the second reader does.

It gets {"text": "..."} and answers {"flag": null}, {"flag": "stop"} or {"flag": "emergency"}: one JSON object on a
line, or in the body of a POST. It may only raise. Without an answer in time the text counts as not marked.
"""

import asyncio
import json
import shlex
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from typing import get_args
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import structlog

from pro_collector.domain.reply.second_reader import Mark

log = structlog.get_logger(__name__)

TIMEOUT = 2.0
"""The seconds after which the texts of a batch are read without the site's reader."""


class SiteReader:
    """The site's reader. `where`: a URL, or a command line whose program reads lines until its input ends."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._process: Process | None = None
        self._lock = asyncio.Lock()

    async def marks(self, texts: Mapping[UUID, str]) -> dict[UUID, Mark]:
        """The marks of a batch of texts; a text that is not marked, or was not read in time, is left out."""
        ask = self._post if urlsplit(self._where).scheme in ("http", "https") else self._ask_program
        found: dict[UUID, Mark] = {}
        try:
            async with asyncio.timeout(TIMEOUT), self._lock:
                for id, text in texts.items():
                    mark = _mark(await ask(json.dumps({"text": text})))
                    if mark is not None:
                        found[id] = mark
        except (TimeoutError, OSError, ValueError, aiohttp.ClientError) as error:
            log.warning("the site's reader did not answer; its texts are read without it", error=type(error).__name__)
            await self.close()
        return found

    async def close(self) -> None:
        """End the program; it is started again for the next text."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def _ask_program(self, question: str) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                *shlex.split(self._where), stdin=PIPE, stdout=PIPE
            )
        if process.stdin is None or process.stdout is None:
            raise OSError("the program has no input or output")
        process.stdin.write(question.encode() + b"\n")
        await process.stdin.drain()
        return await process.stdout.readline()

    async def _post(self, question: str) -> bytes:
        headers = {"Content-Type": "application/json"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self._where, data=question, headers=headers, raise_for_status=True) as response,
        ):
            return await response.read()


def _mark(answer: bytes) -> Mark | None:
    """The mark in an answer. Raises ValueError for anything that the contract does not allow."""
    try:
        found = json.loads(answer)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict) or "flag" not in found:
        raise ValueError('expected {"flag": null, "stop" or "emergency"}')
    flag = found["flag"]
    if flag is not None and flag not in get_args(Mark):
        raise ValueError('expected {"flag": null, "stop" or "emergency"}')
    return next((mark for mark in get_args(Mark) if mark == flag), None)
