"""Reads inbound mails in a process of its own, with a limit on its time: whatever a mail does there, nobody waits long.

The process lives on for the next mail. It gets no setting of ours, and it ends with the process that started it.
"""

import asyncio
import atexit
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Timer
from typing import Any
from uuid import UUID

import structlog

from pro_collector.channels.bounce import Bounce
from pro_collector.channels.inbound_mail import InboundMail, parse_beginning
from pro_collector.channels.mail_child import get, put
from pro_collector.channels.outcome import Policy

log = structlog.get_logger(__name__)

CPU_SECONDS = 2.0
"""How long the process may compute for one mail. The worst mail that we know takes 0.2 s."""
SECONDS, SECONDS_TO_START = 8.0, 30.0
"""How long anybody waits for it, and for its start, on a machine that hardly computes."""

ReadMail = tuple[InboundMail, Bounce | None]


class MailReader:
    """The process that reads mails, one after the other. Not for several threads at once."""

    def __init__(self, cpu_seconds: float = CPU_SECONDS, seconds: float = SECONDS) -> None:
        self._cpu_seconds, self._seconds = cpu_seconds, seconds
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, content: bytes, envelope_to: str) -> ReadMail:
        """Read a mail; if that takes too long, its headers and the beginning of what follows, as it stands."""
        try:
            return self._ask(content, envelope_to)
        except (OSError, ValueError) as error:
            self.close()
            log.error("a mail could not be read in time: a person must read it", size=len(content),
                      error=type(error).__name__)  # fmt: skip
            return parse_beginning(content), None

    def close(self) -> None:
        """End the process; it is started again for the next mail."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _ask(self, content: bytes, envelope_to: str) -> ReadMail:
        if self._process is None:
            self._process = self._start()
            _exchange(self._process, (), SECONDS_TO_START)
        question = (content, envelope_to.encode("utf-8", "surrogateescape"))
        return _read_mail(json.loads(_exchange(self._process, question, self._seconds)))

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-m", "pro_collector.channels.mail_child", str(self._cpu_seconds)]
        settings = {name: value for name, value in os.environ.items() if not name.startswith("PRO_")}
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL  # an error message would have the words of a mail
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, env=settings)  # noqa: S603  # ours


READER = MailReader()
atexit.register(READER.close)
_WAITING = ThreadPoolExecutor(1, thread_name_prefix="mail")
"""The thread that waits for the process: mails that wait for each other take no other thread."""


async def read_apart(content: bytes, envelope_to: str = "") -> ReadMail:
    """Parse a mail, and the bounce in it if it is one, in a process of its own. `envelope_to` as in `parse_bounce`."""
    return await asyncio.get_running_loop().run_in_executor(_WAITING, READER.read, content, envelope_to)


def _exchange(process: "subprocess.Popen[bytes]", question: Sequence[bytes], seconds: float) -> bytes:
    """Write to the process and return what it answers. Raises OSError when it has ended, or is ended after a time."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # both are pipes
    timer = Timer(seconds, process.kill)
    timer.start()
    try:
        for each in question:
            put(process.stdin, each)
        process.stdin.flush()
        return get(process.stdout)
    finally:
        timer.cancel()


def _read_mail(answer: Any) -> ReadMail:
    mail, bounce = answer
    read = InboundMail(**{**mail, "answers": UUID(mail["answers"]) if mail["answers"] else None})
    if bounce is None:
        return read, None
    delivery = UUID(bounce["delivery_id"]) if bounce["delivery_id"] else None
    return read, Bounce(**{**bounce, "delivery_id": delivery, "policy": Policy(bounce["policy"])})
