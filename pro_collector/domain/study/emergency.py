"""What somebody is told to do in an emergency: one text for the body, one for whoever thinks of ending their life."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from scheduler.rules import Frozen


class Emergency(Frozen):
    """The words for both kinds of emergency, each with the number that serves where the reader is."""

    medical: str = Field(description="whom to call in danger, or when very unwell")
    crisis: str = Field(description="whom to call or text when somebody thinks of ending their life")

    @property
    def lines(self) -> tuple[str, ...]:
        """Both texts, or the one that serves for both."""
        return tuple(dict.fromkeys((self.medical, self.crisis)))

    @property
    def answer(self) -> str:
        """What answers words of an emergency: both texts, for what is read as the one may be the other."""
        return " ".join(self.lines)

    @property
    def answer_to_despair(self) -> str:
        """What answers whoever writes that they want to die: the same, the crisis text first."""
        return " ".join(reversed(self.lines))


def _kind(value: object) -> str:
    return "texts" if isinstance(value, dict | Emergency) else "text"


EmergencyText = Annotated[Annotated[str, Tag("text")] | Annotated[Emergency, Tag("texts")], Discriminator(_kind)]
"""As a study file writes it: both texts, or one that then serves for both."""


def both(text: str | Emergency) -> Emergency:
    """The words for both kinds; the medical text serves for a crisis too where no other was written."""
    return text if isinstance(text, Emergency) else Emergency(medical=text, crisis=text)


def emergency_in(texts: Mapping[str, Emergency], language: str) -> tuple[Emergency, str] | None:
    """The words in `language` and the language they are in: in another than asked for rather than not at all."""
    for known in (language, language.split("-")[0], *texts):
        if known in texts:
            return texts[known], known
    return None
