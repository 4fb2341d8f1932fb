"""Emergency texts: one for a medical emergency, one for a person who thinks of ending their life."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from pro_collector.domain.document import text_like
from scheduler.rules import Frozen

Number = Annotated[str, text_like(r"^\+?[0-9][0-9 ]*$", 'a telephone number in quotes, such as "112"')]


class Emergency(Frozen):
    """The texts for both kinds of emergency, each with the phone number that works where the reader is."""

    medical: str = Field(description="whom to call in danger, or when very unwell")
    crisis: str = Field(description="whom to call or text when somebody thinks of ending their life")
    call: Number | None = Field(default=None, description="the number for a medical emergency, for other messages")

    @property
    def lines(self) -> tuple[str, ...]:
        """Both texts, or one if they are the same."""
        return tuple(dict.fromkeys((self.medical, self.crisis)))

    @property
    def answer(self) -> str:
        """The reply to a medical emergency: both texts, because a message may be read as the wrong kind."""
        return " ".join(self.lines)

    @property
    def answer_to_crisis(self) -> str:
        """The reply to a person who writes that they want to die: both texts, the crisis text first."""
        return " ".join(reversed(self.lines))


def _kind(value: object) -> str:
    return "texts" if isinstance(value, dict | Emergency) else "text"


EmergencyText = Annotated[Annotated[str, Tag("text")] | Annotated[Emergency, Tag("texts")], Discriminator(_kind)]
"""An emergency text in a study file: both texts, or one text for both kinds."""


def both(text: str | Emergency) -> Emergency:
    """The texts for both kinds; a single text is used for both."""
    return text if isinstance(text, Emergency) else Emergency(medical=text, crisis=text)


def emergency_in(texts: Mapping[str, Emergency], language: str) -> tuple[Emergency, str] | None:
    """The texts in `language`, else in any other language, and the language they are in; None if there are none."""
    for known in (language, language.split("-")[0], *texts):
        if known in texts:
            return texts[known], known
    return None
