"""A language as data: what its file may hold (`Vocabulary`), and a participant's language among all that ship."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

from pro_collector.domain.document import Document, validate


def _phrases(value: Any) -> Any:
    # Phrases are written as running text: a YAML list would turn a bare `no` or `y` into a boolean.
    if not isinstance(value, str):
        raise ValueError("expected phrases as text, separated by commas or line ends")
    return tuple(phrase.strip() for line in value.splitlines() for phrase in line.split(",") if phrase.strip())


Phrases = Annotated[tuple[str, ...], BeforeValidator(_phrases)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Intent(_Section):
    """How people ask for one thing (to stop, for help...); patterns as in `docs/replies.md`.

    `always`: alone, even where it is also the label of an option. `alone`: as the whole text, courtesies aside.
    `phrases`: anywhere in a text. `starts`: at the beginning of a text. `unless`: phrases that take it back anywhere,
    `unless_after`: words that take it back when they stand right before it.
    """

    always: Phrases = ()
    alone: Phrases = ()
    phrases: Phrases = ()
    starts: Phrases = ()
    unless: Phrases = ()
    unless_after: Phrases = ()


class Group(_Section):
    """One degree of a scale ("a little"): `labels` an option may have, and what else is `said` that means the same."""

    labels: Phrases
    said: Phrases = ()


class Harmless(_Section):
    """Words that may stand around an answer without changing it.

    `beside`: directly before or after any answer ("honestly"). `before`: only before it ("the pain is"). `hedges`:
    beside a number or a label, never beside yes or no ("maybe"). `degree`: beside a number only ("a solid 7"). `after`:
    directly after a number only. `opening`: begins a statement of its own ("it's a"), as punctuation does. `joining`:
    begins a remark ("because"). `remarks`: only where punctuation, an opening or a joining word parts them from the
    answer.
    """

    beside: Phrases = ()
    before: Phrases = ()
    hedges: Phrases = ()
    degree: Phrases = ()
    after: Phrases = ()
    opening: Phrases = ()
    joining: Phrases = ()
    remarks: Phrases = ()


class Quoting(_Section):
    """How mail programs introduce what they quote.

    A line from one of `begins` to one of `ends` ("On ... wrote"); a line that is one of `titles` ("Original Message");
    or a block of `fields` ("From", "Sent"), the first of which names who wrote it.
    """

    begins: Phrases = ()
    ends: Phrases = ()
    titles: Phrases = ()
    fields: Phrases = ()


class Vocabulary(_Section):
    """The words of one language, as its file writes them. `numbers` maps a number to its words."""

    language: str
    name: str
    numbers: dict[int, Phrases]
    articles: Phrases = ()
    numbers_alone: Phrases = ()
    number_endings: Phrases = ()
    decimal_comma: bool = False
    day_first: bool = True
    of_maximum: Phrases = ()
    affirming: Phrases
    denying: Phrases
    synonyms: dict[str, Group] = {}
    spoiling: Phrases = ()
    corrections: Phrases = ()
    apologies: Phrases = ()
    not_this: Phrases = ()
    joining_last: Phrases = ()
    courtesies: Phrases = ()
    harmless: Harmless = Harmless()
    real_words: Phrases = ()
    declines: dict[str, Phrases] = {}
    months: dict[int, Phrases] = {}
    before_dates: Phrases = ()
    intents: dict[str, Intent] = {}
    tapbacks: Phrases = ()
    quoting: Quoting = Quoting()

    @field_validator("intents")
    @classmethod
    def _known(cls, intents: dict[str, Intent]) -> dict[str, Intent]:
        unknown = sorted(set(intents) - set(INTENTS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no intent; expected one of {', '.join(INTENTS)}")
        return intents


# The order is the precedence when one text says several.
INTENTS = (
    "automatic",
    "urgent",
    "erase",
    "leave",
    "opt_out",
    "opt_in",
    "wrong_person",
    "help",
    "noise",
    "pause",
    "back",
    "skip",
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Language:
    """The language a participant is texted in, and the others that ship: people mix them, and stop in any of them.

    `all` has the own vocabulary first. Compared by identity: load it once (`pro_collector.languages.language`) and pass
    the same one around.
    """

    own: Vocabulary
    all: tuple[Vocabulary, ...]

    def __repr__(self) -> str:
        return f"Language({self.code!r})"

    @property
    def code(self) -> str:
        """The language's code as in its file name: "en"."""
        return self.own.language


def parse_language(document: Document) -> Vocabulary:
    """Read one `schemas/languages/*.yaml`; raises BadInput with the line of every mistake."""
    return validate(document, Vocabulary)


def among(code: str, vocabularies: Sequence[Vocabulary]) -> Language | None:
    """The language `code` with all others behind it; None when it is not among them."""
    own = next((each for each in vocabularies if each.language == code), None)
    return Language(own, (own, *(each for each in vocabularies if each is not own))) if own else None
