"""A language as data: what its file may hold (`Vocabulary`), and a participant's language among all that ship."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator, model_validator

from pro_collector.domain.document import Document, validate

_CHOICE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_CLASS = re.compile(r"<(\w+)>")


def _phrases(value: Any) -> Any:
    # Phrases are written as running text: a YAML list would turn a bare `no` or `y` into a boolean.
    if not isinstance(value, str):
        raise ValueError("expected phrases as text, separated by commas or line ends")
    return tuple(phrase.strip() for line in value.splitlines() for phrase in line.split(",") if phrase.strip())


def _written_out(value: Any) -> Any:
    return tuple(dict.fromkeys(wording for phrase in _phrases(value) for wording in _wordings(phrase)))


def _wordings(phrase: str) -> Iterator[str]:
    """Every way to say a phrase that has choices: "(im|i am) out" is "im out" and "i am out"."""
    choice = _CHOICE.search(phrase)
    if choice is None:
        yield " ".join(phrase.split())
        return
    for said in choice[1].split("|") + [""] * choice[0].startswith("["):
        yield from _wordings(phrase[: choice.start()] + said + phrase[choice.end() :])


Phrases = Annotated[tuple[str, ...], BeforeValidator(_phrases)]
Wordings = Annotated[tuple[str, ...], BeforeValidator(_written_out)]


def _filled(intent: Any, classes: dict[str, str]) -> Any:
    def words(name: re.Match[str]) -> str:
        if name[1] not in classes:
            raise ValueError(f"{name[0]} is no class; expected one of {', '.join(classes)}")
        return classes[name[1]]

    if not isinstance(intent, dict):
        return intent
    return {key: _CLASS.sub(words, text) if isinstance(text, str) else text for key, text in intent.items()}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Intent(_Section):
    """How people ask for one thing (to stop, for help...); patterns as in `docs/replies.md`.

    `always`: alone, even where it is also the label of an option. `alone`: as the whole text, courtesies aside.
    `phrases`: anywhere in a text. `starts`: at the beginning of a text. `unless`: phrases that take it back anywhere,
    `unless_after`, `unless_before`: words that take it back when they stand right before it, or right behind it.
    """

    always: Phrases = ()
    alone: Wordings = ()
    phrases: Phrases = ()
    starts: Phrases = ()
    unless: Phrases = ()
    unless_after: Phrases = ()
    unless_before: Phrases = ()


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


class AskingWords(_Section):
    """The words that ask how often, how many, how much; and those that ask for something else (`open`).

    A question with none of them is one of yes or no.
    """

    often: Phrases = ()
    many: Phrases = ()
    much: Phrases = ()
    open: Phrases = ()


class Vocabulary(_Section):
    """The words of one language, as its file writes them. `numbers` maps a number to its words.

    `classes` names words that the patterns of `intents` take one for the other: `<texts>` is any of the class "texts".
    """

    language: str
    name: str
    numbers: dict[int, Phrases]
    articles: Phrases = ()
    asking: AskingWords = AskingWords()
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
    classes: dict[str, Phrases] = {}
    intents: dict[str, Intent] = {}
    tapbacks: Phrases = ()
    quoting: Quoting = Quoting()

    @model_validator(mode="before")
    @classmethod
    def _with_classes(cls, data: Any) -> Any:
        """Writes out the classes where patterns name them."""
        if not isinstance(data, dict) or not isinstance(data.get("intents"), dict):
            return data
        classes = {name: f"({'|'.join(_phrases(words))})" for name, words in (data.get("classes") or {}).items()}
        intents = {name: _filled(intent, classes) for name, intent in data["intents"].items()}
        return {**data, "intents": intents}

    @field_validator("intents")
    @classmethod
    def _known(cls, intents: dict[str, Intent]) -> dict[str, Intent]:
        unknown = sorted(set(intents) - set(INTENTS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no intent; expected one of {', '.join(INTENTS)}")
        return intents


INTENTS = (
    "automatic",
    "urgent",
    "crisis",
    "erase",
    "leave",
    "opt_out",
    "opt_in",
    "death",
    "bereaved",
    "wrong_person",
    "person",
    "help",
    "noise",
    "pause",
    "back",
    "skip",
    "concern",
)
"""What a text may ask for or tell, beyond an answer; the order is the precedence when one text says several.

`crisis`: an emergency of suicide or self-harm, taken back by the words of `urgent`. `death`: somebody died, named or
"she"; `bereaved`: somebody of one's own ("my husband died"). `person`: they want somebody to call or to answer them.
`concern`: a remark that a person should see (chills, a fall, "I can't take this anymore"); never an outcome of its own.
"""


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
