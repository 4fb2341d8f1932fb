"""Looks up what a provider's error code means for us, in `schemas/providers/`."""

from datetime import timedelta
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pro_collector.channels.outcome import Policy
from pro_collector.domain.document import Document, parse_yaml, validate
from pro_collector.resources import SCHEMAS


class Ruling(BaseModel):
    """What one code means: a policy, and for `retry_later` how often to retry and how long to wait before that.

    `concerns` is for `fix_config`: only this text or recipient (`message`), or all messages on the channel (`channel`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Policy
    retries: Annotated[int, Field(ge=0, le=5)] = 0
    wait_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    concerns: Literal["message", "channel"] = "message"
    note: str

    @property
    def wait(self) -> timedelta:
        """How long to wait before the next attempt."""
        return timedelta(minutes=self.wait_minutes)

    @property
    def holds_channel(self) -> bool:
        """Whether nothing can be sent on the channel until somebody repairs our account or our settings."""
        return self.policy is Policy.HALT_ACCOUNT or self.concerns == "channel"


class TwilioCodes(BaseModel):
    """`schemas/providers/twilio.errors.yaml`: by error code, or by HTTP status when the response had no code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codes: dict[int, Ruling]


class SmtpCodes(BaseModel):
    """`schemas/providers/smtp.status.yaml`: by enhanced status code (RFC 3463) or a prefix of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    statuses: dict[str, Ruling]


UNCLASSIFIED = Ruling(policy=Policy.ALERT, note="not classified: not tried again")


@cache
def twilio_codes() -> TwilioCodes:
    """The table of Twilio codes, read once."""
    return validate(_document("twilio.errors.yaml"), TwilioCodes)


@cache
def smtp_codes() -> SmtpCodes:
    """The table of SMTP status codes, read once."""
    return validate(_document("smtp.status.yaml"), SmtpCodes)


def twilio_ruling(code: int | str | None) -> Ruling:
    """The ruling for a Twilio error code; a code that is not in the table is never retried."""
    try:
        number = int(code) if code is not None else 0
    except ValueError:
        return UNCLASSIFIED
    return twilio_codes().codes.get(number, UNCLASSIFIED)


def ruling(channel: str, code: str | None) -> Ruling:
    """The ruling for an error code of the provider of a channel."""
    return twilio_ruling(code) if channel == "sms" else smtp_ruling(str(code))


def smtp_ruling(status: str) -> Ruling:
    """The ruling for an enhanced status code such as `5.1.1`: the longest prefix in the table decides."""
    parts = status.split(".")
    for end in range(len(parts), 0, -1):
        match = smtp_codes().statuses.get(".".join(parts[:end]))
        if match is not None:
            return match
    return UNCLASSIFIED


def _document(name: str) -> Document:
    path = SCHEMAS / "providers" / name
    return parse_yaml(path.read_text(encoding="utf-8"), f"schemas/providers/{name}")
