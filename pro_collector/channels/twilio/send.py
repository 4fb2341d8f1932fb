"""The Twilio client: sends a text at most once, finds its outcome, reads the log of inbound texts."""

import re
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from pro_collector.channels.outcome import Accepted, NotSent, Outcome, Policy, Rejected, Unknown
from pro_collector.channels.policies import twilio_ruling
from pro_collector.channels.redaction import redact
from pro_collector.channels.twilio import reconcile, webhooks
from pro_collector.channels.twilio.reconcile import Departure, FoundMessage
from pro_collector.channels.twilio.transport import PRODUCTION, NoAnswer, NotReached, TooManyRequests, Transport
from pro_collector.channels.twilio.webhooks import Inbound, Report
from pro_collector.errors import Misconfigured

REPORTS_PATH = "/webhooks/twilio/reports"
INBOUND_PATH = "/webhooks/twilio/inbound"
OVERRIDES = "#rc=5&rp=all"
"""Asks Twilio to retry a webhook five times after any failure; the default is once, and only if it cannot connect."""

LONGEST_VALIDITY = timedelta(hours=10)
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class Twilio:
    """One Twilio account and one sender: a number in E.164, a short code, an alphanumeric id, or a service (`MG...`).

    `auth_tokens`: the first one authenticates our requests; any of them may have signed a webhook, so that a token can
    be rotated without losing a webhook. If `api_key` (sid, secret) is given, it authenticates our requests instead.
    Timeouts are in seconds.
    """

    def __init__(
        self,
        account_sid: str,
        auth_tokens: str | Sequence[str],
        *,
        sender: str,
        public_url: str,
        base_url: str = PRODUCTION,
        api_key: tuple[str, str] | None = None,
        timeout: float = 15.0,
        connect_timeout: float = 5.0,
    ) -> None:
        self._tokens = (auth_tokens,) if isinstance(auth_tokens, str) else tuple(auth_tokens)
        if not account_sid or not sender or not self._tokens or not all(self._tokens):
            raise Misconfigured("texts need an account sid, at least one auth token, none of them empty, and a sender")
        self._sender, self._public_url = sender, public_url.rstrip("/")
        self._transport = Transport(base_url, timeout=timeout, connect_timeout=connect_timeout)
        user, secret = api_key or (account_sid, self._tokens[0])
        self._client = Client(user, secret, account_sid, http_client=self._transport)
        self._messages = self._client.messages
        self.silent_until: datetime | None = None
        """Until then its log is not read while somebody waits for it: a moment ago it did not answer."""

    async def send(self, *, to: str, body: str, delivery_id: UUID, validity: timedelta | None = None) -> Outcome:
        """Send one text with at most one HTTP request; no fault of the network or of Twilio raises.

        `validity`: how long Twilio may keep it in its queue (the time left in the window; at most ten hours).
        If this call is cancelled, the outcome is unknown.
        """
        if validity is not None and validity < timedelta(seconds=1):
            return Rejected("30036", Policy.WINDOW_PASSED, "the window closed before it could be handed over")
        fields = self._fields(to, body, delivery_id, validity)
        try:
            return _accepted(await self._messages.create_async(**fields))
        except NotReached as error:
            return NotSent(str(error), unreachable=True)
        except TooManyRequests as error:
            return NotSent(str(error), error.retry_after)
        except NoAnswer as error:
            return Unknown(str(error))
        except TwilioException as error:
            return _refused(error)
        except (ValueError, TypeError, AttributeError):
            return Unknown("accepted, but the answer cannot be read")

    async def find(self, *, to: str, body: str, since: datetime, known: Collection[str] = ()) -> FoundMessage | None:
        """Find a text with unknown outcome in Twilio's log: same recipient, body and sender, created since `since`.

        `known`: provider ids of other deliveries, so that two texts with the same words are not confused.
        Raises Unavailable when the log cannot be read.
        """
        theirs = self._transport.their_time
        return await reconcile.find(
            self._messages, self._sender, to=to, body=body, since=since, known=known, their_time=theirs
        )

    async def inbound_since(self, since: datetime) -> AsyncIterator[list[Inbound]]:
        """Yield every text to our sender that Twilio recorded at or after `since`, in pages, for each number apart.

        The newest page comes first. Of a messaging service, each number of the service is read. Raises Unavailable
        when the log cannot be read.
        """
        for number in await self._numbers():
            async for page in reconcile.inbound_since(self._messages, number, since, self._transport.their_time):
                yield page

    async def sent_at(self, provider_id: str) -> datetime | None:
        """When an inbound text was sent, as far as Twilio knows: its webhook may come much later.

        None when Twilio does not know the text. Raises Unavailable when the log cannot be read.
        """
        return await reconcile.sent_at(self._messages, provider_id)

    async def departure(self, provider_id: str) -> Departure:
        """Whether one of our texts left Twilio, and when: it may be queued there for hours and then be lost.

        Raises Unavailable when the log cannot be read, or has no such text.
        """
        return await reconcile.departure(self._messages, provider_id)

    async def erase(self, provider_id: str) -> bool:
        """Erase the text of one message in Twilio's log, for a person who asked for erasure.

        False when Twilio has no such message. Raises Unavailable when the erasure failed and may succeed later (Twilio
        keeps the text of a message that is still on its way).
        """
        return await reconcile.erase(self._messages, provider_id)

    def verify(self, url: str, params: Any, signature: Any, settings: str = "") -> bool:
        """Whether Twilio signed this webhook; see `webhooks.signed_by_any`."""
        return webhooks.signed_by_any(self._tokens, url, params, signature, settings)

    def verify_path(self, path: str, params: Any, signature: Any, settings: str = "") -> bool:
        """`verify` for a path (and query) under our configured public address."""
        return self.verify(f"{self._public_url}{path}", params, signature, settings)

    @staticmethod
    def parse_inbound(params: Any) -> Inbound:
        """See `webhooks.parse_inbound`."""
        return webhooks.parse_inbound(params)

    @staticmethod
    def parse_report(params: Any) -> Report:
        """See `webhooks.parse_report`."""
        return webhooks.parse_report(params)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _numbers(self) -> list[str]:
        """The numbers that people can reply to; nobody can reply to a sender of letters."""
        if _SERVICE.fullmatch(self._sender):
            return await reconcile.numbers_of_service(self._client.messaging.v1.services(self._sender))
        return [self._sender] if self._sender.removeprefix("+").isdigit() else []

    def _fields(self, to: str, body: str, delivery_id: UUID, validity: timedelta | None) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "to": to,
            "body": body,
            "status_callback": f"{self._public_url}{REPORTS_PATH}/{delivery_id}{OVERRIDES}",
        }
        fields["messaging_service_sid" if _SERVICE.fullmatch(self._sender) else "from_"] = self._sender
        if validity is not None:
            fields["validity_period"] = int(min(validity, LONGEST_VALIDITY).total_seconds())
        return fields


def _accepted(message: Any) -> Outcome:
    if not message.sid:
        return Unknown("accepted, but the answer names no message")
    segments = int(message.num_segments or 0)
    return Accepted(str(message.sid), segments or None)


def _refused(error: TwilioException) -> Outcome:
    status, code = getattr(error, "status", 0), getattr(error, "code", None)
    if not 400 <= status < 500 or status == 408:
        return Unknown(f"HTTP {status}")  # a redirect or a timeout of a proxy says nothing about the message
    ruling = twilio_ruling(code)
    if ruling.policy is Policy.AMBIGUOUS:
        return Unknown(f"error {code}")
    if ruling.policy is Policy.RETRY_LATER:
        return NotSent(f"error {code}", ruling.wait)
    message = str(getattr(error, "msg", "") or getattr(error, "title", "") or ruling.note)
    detail = redact(message.removeprefix("Unable to create record: "))
    return Rejected(str(code), ruling.policy, detail)
