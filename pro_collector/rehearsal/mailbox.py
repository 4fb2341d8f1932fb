"""The mail catcher: an SMTP server on loopback that keeps every mail in memory, and can simulate faults.

Bounces and replies are given to the same function of the product that takes inbound mails.
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
from pro_collector.rehearsal.letters import bounce_of, reply_to
from pro_collector.rehearsal.letters import read_letter as read_letter


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of one delivery: an SMTP `reply` (`451 4.7.1 later`), or a dropped connection when it is empty.

    At `data` the whole mail has been received; with `keep` it counts as delivered in spite of the fault.
    """

    reply: str = ""
    at: Literal["rcpt", "data"] = "rcpt"
    keep: bool = False


Subscriber = Callable[[Letter], None]
ReceiveMail = Callable[[bytes, str], Awaitable[str]]
"""Takes a mail's bytes and the address it is delivered to, as `pro-collector mail receive` does."""


class Mailbox:
    """All inboxes of the rehearsal. `inboxes` has the mails by recipient, `tally` counts what happened.

    With `tls` the server offers STARTTLS. `receive` is the product's function for inbound mails.
    """

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.inboxes: dict[str, list[Letter]] = defaultdict(list)
        self.tally: Counter[str] = Counter()
        self._port, self._tls = port, tls
        self.receive: ReceiveMail | None = None
        self._written = 0
        self._troubles: dict[str, deque[Trouble]] = defaultdict(deque)
        self._subscribers: list[Subscriber] = []
        self._sessions: set[_Session] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on loopback, in this event loop; return the port."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd would log every address
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
        """Call `callback`, which must not block, with every mail that is kept."""
        self._subscribers.append(callback)

    def trouble(self, recipient: str, *troubles: Trouble) -> None:
        """Let the next deliveries to `recipient` have these faults, one each, in order."""
        self._troubles[recipient].extend(troubles)

    async def bounce(self, letter: Letter, status: str = "5.1.1", action: str = "failed") -> str:
        """Let an accepted mail bounce later; return the result of `receive`."""
        return await self._hand_in(bounce_of(letter, status, action), letter.sender)

    async def answer(self, letter: Letter, words: str, **headers: str) -> str:
        """Let the recipient reply to a mail; return the result of `receive`. `headers` replace defaults."""
        self._written += 1
        return await self._hand_in(reply_to(letter, words, self._written, headers), str(letter.headers["From"]))

    async def _hand_in(self, content: bytes, to: str) -> str:
        if self.receive is None:
            raise RuntimeError("no function for inbound mails is set")
        self.tally["handed in"] += 1
        return await self.receive(content, to)

    def opened(self, session: "_Session") -> None:
        """Record that a connection was made."""
        self._sessions.add(session)
        self.tally["connections"] += 1

    def closed(self, session: "_Session") -> None:
        """Record that a connection has ended."""
        self._sessions.discard(session)

    def take_recipient(self, session: "_Session", envelope: Envelope, address: str) -> str:
        """Accept or refuse a recipient; return the SMTP reply."""
        trouble = self._next_trouble(address, "rcpt")
        if trouble is not None:
            return self._refuse(session, trouble)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def take_mail(self, session: "_Session", envelope: Envelope) -> str:
        """Accept or refuse a mail after DATA; return the SMTP reply."""
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
        troubles = self._troubles[recipient]
        return troubles.popleft() if troubles and troubles[0].at == at else None

    def _refuse(self, session: "_Session", trouble: Trouble) -> str:
        self.tally["refused" if trouble.reply else "dropped"] += 1
        if not trouble.reply:
            session.drop()
        return trouble.reply or "421 closing"


class _Hooks:
    """The hooks that aiosmtpd calls; aiosmtpd defines their names."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(
        self, server: "_Session", _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        return self._mailbox.take_recipient(server, envelope, address)

    async def handle_DATA(self, server: "_Session", _session: Any, envelope: Envelope) -> str:
        return self._mailbox.take_mail(server, envelope)


class _Session(Session):
    """One connection to the mail catcher, in its event loop."""

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
        """Abort the connection without a reply."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
