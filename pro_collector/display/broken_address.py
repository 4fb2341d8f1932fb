"""Says in words why nothing can be delivered at an address, from the code that the carrier or mail server gave."""

from collections.abc import Mapping

_WHY: Mapping[str, str] = {
    "21211": "there is no such number",
    "21408": "texts to this country are not switched on",
    "21610": "texts to it were stopped at the carrier",
    "21612": "the carrier cannot send texts there",
    "21614": "it is no mobile telephone",
    "30003": "the telephone is off, or out of reach",
    "30004": "the owner or the carrier blocks these texts",
    "30005": "there is no such number any more",
    "30006": "it is a landline, or cannot get texts",
    "altered": "the stored address was altered, and is not used",
}
"""Error codes of Twilio (https://www.twilio.com/docs/api/errors), and our own."""


def why_broken(code: str | None) -> str:
    """Why: "there is no such number any more (30005)"; the code alone if it is not known."""
    code = (code or "").strip()
    if words := _WHY.get(code):
        return f"{words} ({code})" if code.isdecimal() else words
    if code.startswith("5"):  # SMTP (RFC 3463): a permanent failure
        return f"the mail server refuses it ({code})"
    return f"messages could not be delivered ({code})" if code else "messages could not be delivered"
