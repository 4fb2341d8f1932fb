"""The status of a channel as one line for whoever starts the product; None if there is nothing to say."""

from pro_collector.domain.conversation.channel_hold import reason_text

SETTINGS = {
    "sms": ("text", "PRO_TWILIO_ACCOUNT_SID, _AUTH_TOKEN and _SENDER"),
    "email": ("mail", "PRO_SMTP_URL and PRO_EMAIL_FROM"),
}
"""By channel: what is sent on it, and the settings that it needs."""


def line(channel: str, people: int, *, configured: bool, held_for: str | None) -> str | None:
    """What is missing or held on a channel, and how many people wait for it."""
    noun, settings = SETTINGS[channel]
    persons = "1 person" if people == 1 else f"{people} people"
    waiting = f"{persons} {'waits' if people == 1 else 'wait'} for one" if people else "nobody waits for one"
    if not configured:
        return f"note: no {noun} can be sent until {settings} are set; {waiting}"
    if held_for is not None:
        return f"note: every {noun} is held: {reason_text(held_for)}; {waiting}"
    return f"{noun}s to {persons} waited, and leave now" if people else None
