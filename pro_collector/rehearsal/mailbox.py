"""The mail catcher: an SMTP server on loopback that keeps every mail in memory, and refuses or drops when told to.

What comes back (a late bounce, what a person answers) is handed to the product's own door for mail.
"""

import asyncio
import logging
import ssl
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from aiosmtpd.smtp import SMTP as Session
from aiosmtpd.smtp import Envelope

from pro_collector.rehearsal.letters import Letter as Letter
from pro_collector.rehearsal.letters import answer_to, bounce_of
from pro_collector.rehearsal.letters import read_letter as read_letter


@dataclass(frozen=True, slots=True)
class Trouble:
    """What one delivery to a recipient meets: `reply` (`451 4.7.1 later`), or a dropped connection when it is empty.

    At `data` the whole mail has been received; `keep` then says whether it counts as delivered all the same.
    """

    reply: str = ""
    at: Literal["rcpt", "data"] = "rcpt"
    keep: bool = False


Subscriber = Callable[[Letter], None]
Door = Callable[[bytes, str], Awaitable[str]]
"""Takes a mail's bytes and the address it is delivered to, as `pro-collector mail receive` does."""


class Mailbox:
    """Every inbox of the rehearsal. `inboxes` holds the letters by recipient, `tally` counts what happened.

    With `tls` it offers STARTTLS.
    """

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.inboxes: dict[str, list[Letter]] = defaultdict(list)
        self.tally: Counter[str] = Counter()
        self._port, self._tls = port, tls
        self.door: Door | None = None
        self._written = 0
        self._troubles: dict[str, deque[Trouble]] = defaultdict(deque)
        self._subscribers: list[Subscriber] = []
        self._sessions: set[_Session] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on loopback, in this event loop; the port."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # it would log every address
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Session(self, loop, self._tls), "127.0.0.1", self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self._port

    async def stop(self) -> None:
        """Stop listening and close the connections."""
        if self._server is not None:
            self._server.close()
            for session in list(self._sessions):
                session.drop()
            await self._server.wait_closed()
            self._server = None

    def subscribe(self, callback: Subscriber) -> None:
        """Call `callback` with every letter that is kept; it must not block."""
        self._subscribers.append(callback)

    def trouble(self, recipient: str, *troubles: Trouble) -> None:
        """The next deliveries to `recipient` meet these, one each, in order."""
        self._troubles[recipient].extend(troubles)

    async def bounce(self, letter: Letter, status: str = "5.1.1", action: str = "failed") -> str:
        """A letter that was taken comes back after all; what the door made of it."""
        return await self._hand_in(bounce_of(letter, status, action), letter.sender)

    async def answer(self, letter: Letter, words: str, **headers: str) -> str:
        """Its recipient answers a letter, quoting it; what the door made of it. `headers` replace the usual ones."""
        self._written += 1
        return await self._hand_in(answer_to(letter, words, self._written, headers), str(letter.headers["From"]))

    async def _hand_in(self, content: bytes, to: str) -> str:
        if self.door is None:
            raise RuntimeError("nobody takes in mail here")
        self.tally["handed in"] += 1
        return await self.door(content, to)

    def opened(self, session: "_Session") -> None:
        """A connection began."""
        self._sessions.add(session)
        self.tally["connections"] += 1

    def closed(self, session: "_Session") -> None:
        """A connection ended."""
        self._sessions.discard(session)

    def take_recipient(self, session: "_Session", envelope: Envelope, address: str) -> str:
        """Whether this recipient is taken; the reply."""
        trouble = self._next_trouble(address, "rcpt")
        if trouble is not None:
            return self._refuse(session, trouble)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def take_mail(self, session: "_Session", envelope: Envelope) -> str:
        """Whether this mail is taken, now that all of it is here; the reply."""
        for address in envelope.rcpt_tos:
            trouble = self._next_trouble(str(address), "data")
            if trouble is None or trouble.keep:
                self._keep(envelope, str(address))
            if trouble is not None:
                return self._refuse(session, trouble)
        return "250 OK"

    def _keep(self, envelope: Envelope, recipient: str) -> None:
        content = envelope.content
        letter = read_letter(content if isinstance(content, bytes) else b"", str(envelope.mail_from or ""), recipient)
        self.inboxes[recipient].append(letter)
        self.tally["kept"] += 1
        for subscriber in self._subscribers:
            subscriber(letter)

    def _next_trouble(self, recipient: str, at: str) -> Trouble | None:
        waiting = self._troubles[recipient]
        return waiting.popleft() if waiting and waiting[0].at == at else None

    def _refuse(self, session: "_Session", trouble: Trouble) -> str:
        self.tally["refused" if trouble.reply else "dropped"] += 1
        if not trouble.reply:
            session.drop()
        return trouble.reply or "421 closing"


class _Hooks:
    """What aiosmtpd calls; the names are its own."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(
        self, server: "_Session", _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        return self._mailbox.take_recipient(server, envelope, address)

    async def handle_DATA(self, server: "_Session", _session: Any, envelope: Envelope) -> str:
        return self._mailbox.take_mail(server, envelope)


class _Session(Session):
    """One connection to the mail catcher, in the event loop it was opened in."""

    def __init__(self, mailbox: Mailbox, loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None) -> None:
        super().__init__(_Hooks(mailbox), hostname="localhost", enable_SMTPUTF8=True, tls_context=tls, loop=loop)
        self._mailbox = mailbox

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._mailbox.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._mailbox.closed(self)
        super().connection_lost(error)

    def drop(self) -> None:
        """Break the connection without a word."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
