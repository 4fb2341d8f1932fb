"""Puts the links into the text of a message when it is sent: they are derived and never stored."""

from uuid import UUID

from pro_collector.domain.events import derived_id
from pro_collector.runtime import Runtime


def call_token(rt: Runtime, occasion_id: UUID) -> str:
    """The token of the form into which the team enters answers given on the telephone."""
    return rt.vault.token(derived_id("call", occasion_id))


def call_url(rt: Runtime, occasion_id: UUID) -> str:
    """The URL of the form into which the team enters answers given on the telephone."""
    return f"{rt.settings.public_url}/r/{call_token(rt, occasion_id)}"


def unsubscribe_url(rt: Runtime, message_id: UUID) -> str:
    """The URL with which the recipient of a mail opts out."""
    return f"{rt.settings.public_url}/u/{rt.vault.token(message_id)}"


def fill_links(rt: Runtime, words: str, message_id: UUID) -> str:
    """The text of a message with its links in place of `{link}` and `{unsubscribe}`."""
    form = f"{rt.settings.public_url}/r/{rt.vault.token(message_id)}"
    return words.replace("{link}", form).replace("{unsubscribe}", unsubscribe_url(rt, message_id))
