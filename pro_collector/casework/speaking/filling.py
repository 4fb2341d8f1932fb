"""Fills the gaps of a message when it is sent: its links, the words of a person of the team, a nickname."""

from html import escape
from typing import Protocol
from uuid import UUID

from pro_collector.casework.speaking.links import fill_links
from pro_collector.runtime import Runtime
from pro_collector.vault import nickname_row, written_row

WRITTEN = "{written}"
"""Stands in a stored message for the words that a person of the team wrote."""
NICKNAME = "{nickname}"
"""Stands in a stored message for the name that the family chose for the participant."""


class Outgoing(Protocol):
    """A message with what its gaps are filled with, sealed."""

    @property
    def id(self) -> UUID: ...
    @property
    def participant_id(self) -> UUID: ...
    @property
    def written(self) -> bytes | None: ...
    @property
    def nickname(self) -> bytes | None: ...


def fill(rt: Runtime, text: str, message: Outgoing, *, html: bool = False) -> str:
    """The text of a message as it is sent. What is filled in is never searched for gaps itself."""
    return fill_words(rt, fill_links(rt, text, message.id), message, html=html)


def fill_words(rt: Runtime, text: str, message: Outgoing, *, html: bool = False) -> str:
    """The text of a message with its words, and with the gaps for links left as they are."""
    filled = text
    if NICKNAME in filled and message.nickname is not None:
        filled = filled.replace(NICKNAME, _safe(open_nickname(rt, message.nickname, message.participant_id), html))
    if WRITTEN in filled and message.written is not None:
        filled = filled.replace(
            WRITTEN, _safe(rt.vault.unseal(message.written, written_row(message.participant_id, message.id)), html)
        )
    return filled


def open_nickname(rt: Runtime, sealed: bytes, participant: UUID) -> str:
    """The nickname of a participant. Raises Altered when it was sealed for another row."""
    return rt.vault.unseal(sealed, nickname_row(participant))


def _safe(words: str, html: bool) -> str:
    return escape(words).replace("\n", "<br>") if html else words
