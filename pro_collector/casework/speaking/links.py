"""Puts the links, and a code, into the text of a message when it is sent: they are derived and never stored."""

from uuid import UUID

from pro_collector.domain.conversation.own_page import CODE_DIGITS
from pro_collector.domain.events import derived_id
from pro_collector.runtime import Runtime
from pro_collector.vault import TOKEN_LENGTH


def call_token(rt: Runtime, occasion_id: UUID) -> str:
    """The token of the form into which the team enters answers given on the telephone."""
    return rt.vault.token(derived_id("call", occasion_id))


def call_url(rt: Runtime, occasion_id: UUID) -> str:
    """The URL of the form into which the team enters answers given on the telephone."""
    return f"{rt.settings.public_url}/r/{call_token(rt, occasion_id)}"


def clinic_token(rt: Runtime, occasion_id: UUID) -> str:
    """The token of the form that is answered on a device at the hospital."""
    return rt.vault.token(derived_id("clinic", occasion_id))


def clinic_url(rt: Runtime, occasion_id: UUID) -> str:
    """The URL of the form that is answered on a device at the hospital."""
    return f"{rt.settings.public_url}/r/{clinic_token(rt, occasion_id)}"


def unsubscribe_url(rt: Runtime, message_id: UUID) -> str:
    """The URL with which the recipient of a mail opts out."""
    return f"{rt.settings.public_url}/u/{rt.vault.token(message_id)}"


def alert_url(rt: Runtime, study: str, alert: UUID) -> str:
    """The URL of the team's page about an alert; whoever opens it must sign in."""
    return f"{rt.settings.public_url}/team/study/{study}/alerts/{alert}"


def own_page_url(rt: Runtime, message_id: UUID) -> str:
    """The URL of the door to the recipient's own page."""
    return f"{rt.settings.public_url}/m/{rt.vault.token(message_id)}"


def own_page_link_length(rt: Runtime) -> int:
    """How many characters a link to an own page has."""
    return len(f"{rt.settings.public_url}/m/") + TOKEN_LENGTH


def fill_links(rt: Runtime, words: str, message_id: UUID) -> str:
    """The text of a message with its links, and its code, in place of their placeholders."""
    filled = {
        "{link}": f"{rt.settings.public_url}/r/{rt.vault.token(message_id)}",
        "{unsubscribe}": unsubscribe_url(rt, message_id),
        "{own_page}": own_page_url(rt, message_id),
        "{code}": rt.vault.code(message_id, CODE_DIGITS),
    }
    for placeholder, value in filled.items():
        words = words.replace(placeholder, value)
    return words
