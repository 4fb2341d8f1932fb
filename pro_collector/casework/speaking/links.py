"""Puts the links into the words of a message, at the last moment: they are derived, and stored nowhere."""

from uuid import UUID

from pro_collector.domain.events import derived_id
from pro_collector.runtime import Runtime


def call_token(rt: Runtime, occasion_id: UUID) -> str:
    """The token of the form in which the team takes the answers to an occasion on the telephone."""
    return rt.vault.token(derived_id("call", occasion_id))


def call(rt: Runtime, occasion_id: UUID) -> str:
    """The address of that form."""
    return f"{rt.settings.public_url}/r/{call_token(rt, occasion_id)}"


def unsubscribe(rt: Runtime, message_id: UUID) -> str:
    """The address that stops mails like this one."""
    return f"{rt.settings.public_url}/u/{rt.vault.token(message_id)}"


def filled(rt: Runtime, words: str, message_id: UUID) -> str:
    """The words as they leave."""
    form = f"{rt.settings.public_url}/r/{rt.vault.token(message_id)}"
    return words.replace("{link}", form).replace("{unsubscribe}", unsubscribe(rt, message_id))
