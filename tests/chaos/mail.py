"""The mail catcher: an SMTP server on loopback that takes every mail and logs its id and whom it is for."""

import email
from typing import Any

from aiosmtpd.controller import Controller

from tests.chaos.log import Log


class _Taking:
    def __init__(self, log: Log) -> None:
        self._log = log

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002 -- the library's
        message = email.message_from_bytes(envelope.content)
        self._log.note("mailed", message=message["Message-ID"], recipient=envelope.rcpt_tos[0])
        return "250 taken"


def mail_catcher(log: Log, port: int) -> Controller:
    """A catcher; `start()` and `stop()` it."""
    return Controller(_Taking(log), hostname="127.0.0.1", port=port)
