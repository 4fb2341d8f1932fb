"""Hands mails to an SMTP relay, one connection for a batch, and says what became of each."""

import ssl
from collections.abc import Sequence
from typing import Literal

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
    SMTPSenderRefused,
)

from pro_collector.channels.mail import Mail
from pro_collector.channels.outcome import Accepted, NotSent, Outcome, Policy, Rejected, Unknown
from pro_collector.channels.policies import smtp_ruling
from pro_collector.channels.redaction import redact
from pro_collector.channels.smtp_status import status_of

Security = Literal["starttls", "tls", "none"]


class Smtp:
    """One SMTP relay. `starttls` and `tls` refuse to go on without encryption; `none` is for loopback. Seconds.

    A fresh connection object per batch: reconnecting an old one has been seen to hang (aiosmtplib #243).
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        username: str | None = None,
        password: str | None = None,
        security: Security = "starttls",
        tls_context: ssl.SSLContext | None = None,
        connect_timeout: float = 10.0,
        timeout: float = 30.0,
        data_timeout: float = 120.0,
        local_hostname: str | None = None,
    ) -> None:
        self._host, self._port, self._username, self._password = host, port, username, password
        self._security, self._tls_context = security, tls_context
        # Asking the name service for our own name can take seconds, and loopback does not care.
        self._local_hostname = "localhost" if local_hostname is None and security == "none" else local_hostname
        self._connect_timeout, self._timeout, self._data_timeout = connect_timeout, timeout, data_timeout

    async def send(self, mails: Sequence[Mail]) -> list[Outcome]:
        """Send each mail at most once, in order; outcomes in the same order. Never raises for what the relay does.

        When the connection breaks, the rest goes through a new one; when none can be made, the rest was not sent.
        """
        outcomes: list[Outcome] = []
        while len(outcomes) < len(mails):
            begun = len(outcomes)
            client = self._client()
            refused = await self._connect(client)
            if refused is not None:
                return outcomes + [refused] * (len(mails) - begun)
            try:
                while len(outcomes) < len(mails) and client.is_connected:
                    outcomes.append(await self._hand_over(client, mails[len(outcomes)]))
            finally:
                await _leave(client)
            if len(outcomes) == begun:  # accepted us and hung up before the first command
                outcomes.append(NotSent("the relay closed the connection", unreachable=True))
        return outcomes

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout,
            use_tls=self._security == "tls",
            start_tls=self._security == "starttls",
            username=self._username,
            password=self._password,
            tls_context=self._tls_context,
            local_hostname=self._local_hostname,
        )

    async def _connect(self, client: aiosmtplib.SMTP) -> Outcome | None:
        try:
            await client.connect(timeout=self._connect_timeout)
        except SMTPAuthenticationError as error:
            return _refused(error, Policy.HALT_ACCOUNT)
        except ssl.SSLError as error:
            return Rejected("5.7.10", Policy.HALT_ACCOUNT, f"no encryption with the relay: {error.reason}")
        except (OSError, TimeoutError, SMTPResponseException) as error:
            return NotSent(f"no connection to the relay: {type(error).__name__}", unreachable=True)
        except SMTPException as error:  # it offers no STARTTLS or no AUTH, and asking again does not change that
            return Rejected("5.7.10", Policy.HALT_ACCOUNT, redact(error.message))
        return None

    async def _hand_over(self, client: aiosmtplib.SMTP, mail: Mail) -> Outcome:
        recipient = ascii_address(mail.recipient)
        if recipient is None:
            return Rejected("5.6.7", Policy.STOP_ADDRESS, "the address is not written in plain letters before the @")
        outcome = await self._envelope(client, mail.return_path, recipient)
        if outcome is not None:
            await _reset(client)
            return outcome
        try:
            await client.data(mail.message.as_bytes(), timeout=self._data_timeout)
        except SMTPResponseException as error:
            await _reset(client)
            return _refused(error)
        except (SMTPException, OSError, TimeoutError) as error:
            client.close()
            return Unknown(f"the relay may have taken it: {type(error).__name__}")
        return Accepted(str(mail.message["Message-ID"]))

    async def _envelope(self, client: aiosmtplib.SMTP, return_path: str, recipient: str) -> Outcome | None:
        """MAIL and RCPT; nothing has left before DATA, whatever goes wrong here."""
        try:
            await client.mail(return_path)
            await client.rcpt(recipient)
        except SMTPSenderRefused as error:
            return _refused(error, Policy.HALT_ACCOUNT)
        except SMTPResponseException as error:
            return _refused(error)
        except (SMTPException, OSError, TimeoutError) as error:
            client.close()
            return NotSent(f"the connection broke before the mail was handed over: {type(error).__name__}")
        return None


def ascii_address(address: str) -> str | None:
    """`address` with its domain in ASCII (IDNA); None when the part before the @ is not ASCII."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None


def _refused(error: SMTPResponseException, permanent: Policy | None = None) -> Rejected | NotSent:
    """The relay's refusal: for now (4xx) or for good; `permanent` is the policy where the stage already tells why."""
    status, detail = status_of(error.code, error.message), redact(f"{error.code} {error.message}")
    ruling = smtp_ruling(status)
    if error.code < 500:
        return NotSent(detail, ruling.wait)
    return Rejected(status, permanent or _for_good(ruling.policy), detail)


def _for_good(policy: Policy) -> Policy:
    """A relay that says 5xx will not change its mind, whatever the status may mean in a bounce."""
    return Policy.ALERT if policy is Policy.RETRY_LATER else policy


async def _reset(client: aiosmtplib.SMTP) -> None:
    """Clear the envelope for the next mail; a relay that cannot is left."""
    if not client.is_connected:
        return
    try:
        await client.rset()
    except (SMTPException, OSError, TimeoutError):
        client.close()


async def _leave(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit()
    except (SMTPException, OSError, TimeoutError):
        pass
    finally:
        client.close()
