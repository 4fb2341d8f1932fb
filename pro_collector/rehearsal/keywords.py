"""How Twilio treats a text that a person sends: its own keywords, and the fields it posts to us."""

import base64
from collections.abc import Mapping
from typing import Literal

Kind = Literal["stop", "start", "help"]

WORDS: Mapping[str, Kind] = {
    **dict.fromkeys(("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"), "stop"),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "start"),
    **dict.fromkeys(("HELP", "INFO"), "help"),
}
"""Twilio's default keywords: English, and only when the text is that one word."""

ANSWERS: Mapping[Kind, str] = {
    "stop": "You will get no more texts from this number. Text START to get them again.",
    "start": "You get texts from this number again. Text HELP for help, STOP to stop.",
    "help": "Text STOP to get no more texts from this number.",
}
"""What the carrier says itself, in our words."""


def kind(text: str, *, opted_out: bool) -> Kind | None:
    """Which keyword a text is, if it is one; an opt-in word says nothing while nobody has opted out."""
    found = WORDS.get(text.strip().upper())
    return None if found == "start" and not opted_out else found


def encoded(text: str) -> str:
    """A text as some carriers hand long ones over."""
    return base64.b64encode(text.encode()).decode()


def inbound_fields(
    account: str, sid: str, sender: str, to: str, body: str, segments: int, service: str | None, pictures: int = 0
) -> dict[str, str]:
    """What Twilio posts for an inbound text; the place fields are blank as they often are, and still signed."""
    fields = {
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "Body": body,
        "From": sender,
        "FromCity": "",
        "FromCountry": "US",
        "FromState": "",
        "FromZip": "",
        "MessageSid": sid,
        "NumMedia": str(pictures),
        "NumSegments": str(segments),
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "To": to,
        "ToCity": "",
        "ToCountry": "US",
        "ToState": "",
        "ToZip": "",
    }
    return fields if service is None else {**fields, "MessagingServiceSid": service}
