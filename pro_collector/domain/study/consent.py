"""The consent texts of a study, by version and language, and the one that a person agreed to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from pro_collector.domain.document import Path, text_like
from scheduler.rules import Frozen

Link = Annotated[str, text_like(r"^https://\S+$", "an address that begins with https://")]


class ConsentText(Frozen):
    """What a person agreed to, in one language: its words, or a link to the document."""

    text: str | None = Field(default=None, min_length=1, description="the words; an empty line ends a paragraph")
    link: Link | None = Field(default=None, description="where the document is")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.link is None):
            raise ValueError("give `text` or `link`, and not both")
        return self

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs of the words."""
        return [part.strip() for part in (self.text or "").split("\n\n") if part.strip()]


@dataclass(frozen=True, slots=True)
class AgreedConsent:
    """The consent text that a page shows. `recorded`: it is the version that this person agreed to.

    Otherwise nothing was recorded of this person, and it is the newest version.
    """

    version: str
    language: str
    content: ConsentText
    recorded: bool


def newest(texts: Mapping[str, Mapping[str, ConsentText]]) -> str | None:
    """The version that people agree to now: the last in the file."""
    return list(texts)[-1] if texts else None


def agreed(texts: Mapping[str, Mapping[str, ConsentText]], version: str | None, language: str) -> AgreedConsent | None:
    """The consent text of somebody who agreed to `version` (None: not recorded), in `language` if it is there."""
    known = version if version in texts else newest(texts)
    if known is None or not texts[known]:
        return None
    spoken = language if language in texts[known] else next(iter(texts[known]))
    return AgreedConsent(known, spoken, texts[known][spoken], version in texts)


def consent_mistakes(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Languages of the study in which a version of the consent has no text."""
    versions, languages = data.get("consent"), data.get("languages")
    wanted: Sequence[object] = languages if isinstance(languages, list) else []
    for version, texts in versions.items() if isinstance(versions, dict) else ():
        for language in wanted if isinstance(texts, dict) else ():
            if language not in texts:
                yield ("consent", version), f"no text in `{language}`, which is a language of this study"
