"""What Twilio does with an inbound text: its own keywords, and the fields that it posts to our webhook."""

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
"""The carrier's own replies to keywords, in our wording."""


def kind(text: str, *, opted_out: bool) -> Kind | None:
    """The keyword that a text is, if any; START has no meaning for a number that has not opted out."""
    keyword = WORDS.get(text.strip().upper())
    return None if keyword == "start" and not opted_out else keyword


def encode_base64(text: str) -> str:
    """A text in base64, as some carriers send long texts."""
    return base64.b64encode(text.encode()).decode()


def inbound_fields(
    account: str, sid: str, sender: str, to: str, body: str, segments: int, service: str | None, pictures: int = 0
) -> dict[str, str]:
    """The fields that Twilio posts for an inbound text; the fields of the place are blank, as often, and signed too."""
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
