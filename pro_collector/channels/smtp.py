"""Sends mails through an SMTP relay, one connection for each batch, and returns the outcome of each mail."""

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
    """One SMTP relay. `starttls` and `tls` require encryption; `none` is for loopback. Timeouts are in seconds.

    Each batch has a new connection object: reconnecting an old one can hang (aiosmtplib #243).
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
        # Looking up our own host name in the DNS can take seconds, and a relay on loopback does not need it.
        self._local_hostname = "localhost" if local_hostname is None and security == "none" else local_hostname
        self._connect_timeout, self._timeout, self._data_timeout = connect_timeout, timeout, data_timeout

    async def send(self, mails: Sequence[Mail]) -> list[Outcome]:
        """Send each mail at most once, in order; return the outcomes in the same order. No fault of the relay raises.

        When the connection breaks, the remaining mails use a new one. If no connection can be made, they are NotSent.
        """
        outcomes: list[Outcome] = []
        while len(outcomes) < len(mails):
            done = len(outcomes)
            client = self._client()
            refused = await self._connect(client)
            if refused is not None:
                return outcomes + [refused] * (len(mails) - done)
            try:
                while len(outcomes) < len(mails) and client.is_connected:
                    outcomes.append(await self._hand_over(client, mails[len(outcomes)]))
            finally:
                await _quit(client)
            if len(outcomes) == done:  # the relay accepted the connection and closed it before the first command
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
        except SMTPException as error:  # the relay offers no STARTTLS or no AUTH: a retry does not change that
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
        """Send MAIL and RCPT. Whatever fails here, the mail was not sent: that takes DATA."""
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
    """Return `address` with its domain in ASCII (IDNA); None when the part before the @ is not ASCII."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None


def _refused(error: SMTPResponseException, permanent: Policy | None = None) -> Rejected | NotSent:
    """The outcome of a rejection: NotSent for 4xx, else Rejected. `permanent` replaces the policy of the status."""
    status, detail = status_of(error.code, error.message), redact(f"{error.code} {error.message}")
    ruling = smtp_ruling(status)
    if error.code < 500:
        return NotSent(detail, ruling.wait)
    return Rejected(status, permanent or _permanent(ruling.policy), detail)


def _permanent(policy: Policy) -> Policy:
    """Never retry after a 5xx reply, even if the same status in a bounce means a retry."""
    return Policy.ALERT if policy is Policy.RETRY_LATER else policy


async def _reset(client: aiosmtplib.SMTP) -> None:
    """Reset the envelope for the next mail; close the connection if the relay cannot do that."""
    if not client.is_connected:
        return
    try:
        await client.rset()
    except (SMTPException, OSError, TimeoutError):
        client.close()


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit()
    except (SMTPException, OSError, TimeoutError):
        pass
    finally:
        client.close()
