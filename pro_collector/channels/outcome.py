"""What an attempt to send can mean: accepted, rejected, certainly not sent, or not known."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Policy(StrEnum):
    """What to do after a refusal or a failed delivery; one of these per provider code, kept as data."""

    STOP_ADDRESS = "stop_address"
    """This address does not work: never use it again, ask for another."""
    OPTED_OUT = "opted_out"
    """The person said stop to the provider: record the opt-out, never retry."""
    HALT_ACCOUNT = "halt_account"
    """Nothing can be sent on this channel until somebody mends our account, settings or network: all of it waits."""
    FIX_CONFIG = "fix_config"
    """Our text, sender or registration is wrong: this message waits until it is mended, or all of its channel does."""
    RETRY_LATER = "retry_later"
    """A report: it was not delivered and may be later; `retries` says how often to try."""
    WINDOW_PASSED = "window_passed"
    """Never sent, because its time was over: no retry in this window, another channel or day."""
    AMBIGUOUS = "ambiguous"
    """It may have been delivered: reconcile, never blindly resend."""
    ALTERED = "altered"
    """Its address is not the one that was recorded, so nothing was sent: an urgent task, no retry."""
    REVIEW = "review"
    """Something about an inbound text that a person should look at."""
    ALERT = "alert"
    """A code nobody has classified: no retry, alert."""


ALTERED_ADDRESS = "address-altered"
"""Our own code, among those of providers: the database was changed by hand."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken it over. `segments` is None while the provider does not know."""

    provider_id: str
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider refused it for good, with its code (Twilio: `21610`; SMTP: `5.1.1`). `detail` carries no address.

    The policy is never `retry_later`: what was refused for now is `NotSent`.
    """

    code: str
    policy: Policy
    detail: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """It certainly did not leave, so sending it again is safe.

    No connection was made, HTTP 429, or a refusal for now (a full queue, a greylist). `retry_after`: when to come back.
    """

    reason: str
    retry_after: timedelta | None = None
    unreachable: bool = False
    """Whether there was no talking to the provider at all: so it goes to whatever else is said on this channel."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have left (time-out, reset after write, 5xx): reconcile before anything is sent again."""

    reason: str


Outcome = Accepted | Rejected | NotSent | Unknown
