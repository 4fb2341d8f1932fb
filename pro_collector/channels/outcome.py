"""The outcomes of an attempt to send: accepted, rejected, not sent, or unknown."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Policy(StrEnum):
    """What to do after a rejection or a failed delivery; `schemas/providers/` gives one policy for each code."""

    STOP_ADDRESS = "stop_address"
    """This address does not work: never use it again, ask for another address."""
    OPTED_OUT = "opted_out"
    """The person opted out at the provider: record the opt-out, never retry."""
    HALT_ACCOUNT = "halt_account"
    """Nothing can be sent on this channel until somebody repairs our account, settings or network: messages wait."""
    FIX_CONFIG = "fix_config"
    """Our text, sender or registration is wrong: this message, or its whole channel, waits until that is repaired."""
    RETRY_LATER = "retry_later"
    """A report: the message was not delivered, a later attempt may succeed; `retries` says how often to try."""
    WINDOW_PASSED = "window_passed"
    """Never sent, because its validity period was over: no retry in this window; another channel or day may do."""
    AMBIGUOUS = "ambiguous"
    """It may have been delivered: reconcile with the provider, never resend without asking."""
    ALTERED = "altered"
    """The stored address is not the one that was recorded, so nothing was sent: create an urgent task, no retry."""
    REVIEW = "review"
    """A person should look at an inbound text."""
    ALERT = "alert"
    """An unclassified code: no retry, alert."""


ALTERED_ADDRESS = "address-altered"
"""Our own error code, in addition to those of the providers: the database was changed by hand."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider accepted the message. `segments` is None while the provider does not know it."""

    provider_id: str
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider rejected it permanently, with its code (Twilio: `21610`; SMTP: `5.1.1`). `detail` has no address.

    The policy is never `retry_later`: a temporary rejection is `NotSent`.
    """

    code: str
    policy: Policy
    detail: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The message was certainly not sent, so sending it again is safe.

    No connection was made, HTTP 429, or a temporary rejection (a full queue, greylisting). `retry_after`: how long to
    wait before the next attempt.
    """

    reason: str
    retry_after: timedelta | None = None
    unreachable: bool = False
    """Whether the provider could not be reached at all: then no other message can be sent on this channel either."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The message may or may not have been sent (timeout, reset after write, 5xx): reconcile before sending again."""

    reason: str


Outcome = Accepted | Rejected | NotSent | Unknown
