"""The mail catcher: an SMTP server on loopback that logs every mail, and gives it to whom it is for."""

import email
import email.policy
from collections.abc import Callable
from typing import Any

from aiosmtpd.controller import Controller

from tests.chaos.log import Log

Deliver = Callable[[str, str, str], None]
"""Called with the id of the message, the address and the text."""


class _Taking:
    def __init__(self, log: Log, deliver: Deliver) -> None:
        self._log, self._deliver = log, deliver

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002 -- the library's
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        id = str(message["Message-ID"]).strip("<>").partition("@")[0]
        self._log.note("mailed", message=id, recipient=envelope.rcpt_tos[0])
        part = message.get_body(("plain",))
        self._deliver(id, envelope.rcpt_tos[0], part.get_content() if part else "")
        return "250 taken"


def mail_catcher(log: Log, port: int, deliver: Deliver) -> Controller:
    """A catcher; `start()` and `stop()` it."""
    return Controller(_Taking(log, deliver), hostname="127.0.0.1", port=port)
