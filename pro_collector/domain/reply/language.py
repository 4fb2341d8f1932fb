"""A language as data: the model of its file (`Vocabulary`), and the language of a participant with all others."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator, model_validator

from pro_collector.domain.document import Document, validate

_CHOICE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_CLASS = re.compile(r"<(\w+)>")


def _phrases(value: Any) -> Any:
    # Phrases are written as plain text, because YAML turns an unquoted `no` or `y` in a list into a boolean.
    if value is None:
        raise ValueError('nothing is here, because YAML reads null and ~ as no value; write the word in quotes: "null"')
    if not isinstance(value, str):
        raise ValueError(
            "expected phrases as text, separated by commas or line ends; put a number, yes or no in quotes"
        )
    return tuple(phrase.strip() for line in value.splitlines() for phrase in line.split(",") if phrase.strip())


def _expanded(value: Any) -> Any:
    return tuple(dict.fromkeys(wording for phrase in _phrases(value) for wording in wordings(phrase)))


def wordings(phrase: str) -> Iterator[str]:
    """Every wording of a phrase with alternatives: "(im|i am) out" is "im out" and "i am out"."""
    choice = _CHOICE.search(phrase)
    if choice is None:
        yield " ".join(phrase.split())
        return
    for alternative in choice[1].split("|") + [""] * choice[0].startswith("["):
        yield from wordings(phrase[: choice.start()] + alternative + phrase[choice.end() :])


Phrases = Annotated[tuple[str, ...], BeforeValidator(_phrases)]
Wordings = Annotated[tuple[str, ...], BeforeValidator(_expanded)]


def _with_class_words(intent: Any, classes: dict[str, str]) -> Any:
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
    """How people ask for one thing (to stop, for help...), in the patterns of `docs/replies.md`.

    `alone`: as the whole text, courtesies aside. `always`: the same, even if it is also the label of an option.
    `phrases`: anywhere in a text. `starts`: at the beginning of a text. `unless`: phrases that cancel it anywhere in
    the text. `unless_after`, `unless_before`: phrases that cancel it directly before it, or directly after it.
    """

    always: Phrases = ()
    alone: Wordings = ()
    phrases: Phrases = ()
    starts: Phrases = ()
    unless: Phrases = ()
    unless_after: Phrases = ()
    unless_before: Phrases = ()


class LanguageRequest(_Section):
    """How people ask to be written to in a language, in the patterns of `docs/replies.md`.

    `alone`: as the whole text. `phrases`: anywhere in a text. `unless`: phrases that cancel it anywhere in the text.
    """

    alone: Wordings = ()
    phrases: Phrases = ()
    unless: Phrases = ()


class TimesToAsk(_Section):
    """How people say when they want to be asked again.

    `day`: by days from today. `hour`: parts of the day by the hour they mean. `wait`: by minutes from now. `unit`: by
    minutes, after a number and one of `within`. `clock`: words that only stand before a time of day. `am`, `pm`: the
    half of the day. `asking`: "remind me". `around`: any other words that may stand in such a text.
    """

    day: dict[int, Phrases] = {}
    hour: dict[int, Phrases] = {}
    wait: dict[int, Phrases] = {}
    unit: dict[int, Phrases] = {}
    within: Phrases = ()
    clock: Phrases = ()
    am: Phrases = ()
    pm: Phrases = ()
    asking: Phrases = ()
    around: Phrases = ()


class Group(_Section):
    """One degree of a scale ("a little"): the `labels` that an option may have, and synonyms that are only `said`."""

    labels: Phrases
    said: Wordings = ()


class PlaceWords(_Section):
    """How people name an answer by its place instead of its number or its words (`domain/reply/places.py`).

    `nothing`: zero of a number scale. `lowest`, `middle`, `highest`: points of a number scale. `option`: the options by
    their place in the list, from 1. `middle_option`, `last_option`; `lettered`: the options as a, b, c ({letter}).
    """

    nothing: Wordings = ()
    lowest: Wordings = ()
    middle: Wordings = ()
    highest: Wordings = ()
    option: dict[int, Wordings] = {}
    middle_option: Wordings = ()
    last_option: Wordings = ()
    lettered: Wordings = ()


class Harmless(_Section):
    """Words that may be next to an answer without changing it.

    `beside`: directly before or after any answer ("honestly"). `before`: only before it ("the pain is"). `hedges`:
    next to a number or a label, never next to yes or no ("maybe"). `degree`: next to a number only ("a solid 7").
    `after`: directly after a number only. `opening`: begins a new statement ("it's a"), as punctuation does.
    `joining`: begins a remark ("because"). `remarks`: allowed only if punctuation, an opening or a joining word
    separates them from the answer.
    """

    beside: Wordings = ()
    before: Wordings = ()
    hedges: Wordings = ()
    degree: Wordings = ()
    after: Wordings = ()
    opening: Wordings = ()
    joining: Wordings = ()
    remarks: Wordings = ()


class RemarkWords(_Section):
    """How a remark beside an answer is told from words about the answer (`domain/reply/remarks.py`).

    `opening`: begins a clause of its own ("my", "i feel"). `singular`: does so after a number from 2 up, which cannot
    count it ("fever"). `social`: begins small talk ("have a", "see you"). `joining`: parts a remark from the answer
    ("and", "because"). `announcing`: begins the answer after a remark, without a sign between them ("i'd say").
    `unsigned`: answers, other than numbers, that a clause may follow without a sign ("yes").
    `withdrawing`: speaks of the answer, or takes it back ("that is", "not sure"). `nearby`: does so unless it is in a
    sentence of its own ("or", "if"). `limiting`: does so if the remark begins with it ("last week"). `excepted`: longer
    phrases that do not ("not sure what to do"). `attributing`: the answer after it may be of another person ("says").
    `counted`: nouns that a number may count ("pills"). `counting`: verbs of which the number may be the object ("i
    took"). `units`: a number next to one is a time or a measure ("days", "at").
    `telling`: a person must see it, although every word of it is harmless ("nothing helps").
    """

    opening: Wordings = ()
    singular: Wordings = ()
    social: Wordings = ()
    joining: Wordings = ()
    announcing: Wordings = ()
    unsigned: Wordings = ()
    withdrawing: Wordings = ()
    nearby: Wordings = ()
    excepted: Wordings = ()
    limiting: Wordings = ()
    attributing: Wordings = ()
    telling: Wordings = ()
    counted: Wordings = ()
    counting: Wordings = ()
    units: Wordings = ()


class Quoting(_Section):
    """How mail programs introduce a quotation.

    A line from one of `begins` to one of `ends` ("On ... wrote"); a line that is one of `titles` ("Original Message");
    or a block of `fields` ("From", "Sent"), of which the first names the sender.
    """

    begins: Phrases = ()
    ends: Phrases = ()
    titles: Phrases = ()
    fields: Phrases = ()


class AskingWords(_Section):
    """The words that ask how often, how many, how much; and the words that ask for something else (`open`).

    A question without any of them asks for yes or no.
    """

    often: Phrases = ()
    many: Phrases = ()
    much: Phrases = ()
    open: Phrases = ()


class AskedOfTeam(_Section):
    """How a question to the study team begins, and the words of one about the survey (`domain/reply/asked_of_team.py`).

    Both in the patterns of `docs/replies.md`; `opening` is the beginning of a sentence that ends with a question mark.
    """

    opening: Phrases = ()
    about_the_survey: Phrases = ()


class Vocabulary(_Section):
    """The words of one language, as in its file. `numbers` maps a number to its words.

    `classes` has named sets of words for the patterns of `intents`: `<texts>` matches any word of the class "texts".
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
    affirming: Wordings
    denying: Wordings
    synonyms: dict[str, Group] = {}
    spoiling: Phrases = ()
    corrections: Phrases = ()
    apologies: Phrases = ()
    not_this: Phrases = ()
    joining_last: Phrases = ()
    courtesies: Phrases = ()
    harmless: Harmless = Harmless()
    places: PlaceWords = PlaceWords()
    remarks: RemarkWords = RemarkWords()
    real_words: Phrases = ()
    declines: dict[str, Phrases] = {}
    months: dict[int, Phrases] = {}
    before_dates: Phrases = ()
    classes: dict[str, Phrases] = {}
    intents: dict[str, Intent] = {}
    languages: dict[str, LanguageRequest] = {}
    times: TimesToAsk = TimesToAsk()
    asked_of_team: AskedOfTeam = AskedOfTeam()
    tapbacks: Phrases = ()
    quoting: Quoting = Quoting()

    @model_validator(mode="before")
    @classmethod
    def _with_classes(cls, data: Any) -> Any:
        """Replaces the name of a class in a pattern by its words."""
        if not isinstance(data, dict) or not isinstance(data.get("intents"), dict):
            return data
        classes = {name: f"({'|'.join(_phrases(words))})" for name, words in (data.get("classes") or {}).items()}
        intents = {name: _with_class_words(intent, classes) for name, intent in data["intents"].items()}
        remarks = _with_class_words(data.get("remarks") or {}, classes)
        return {**data, "intents": intents, "remarks": remarks}

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
    "language",
    "meaning",
    "person",
    "help",
    "noise",
    "pause",
    "back",
    "skip",
    "concern",
    "report",
)
"""What a text may ask for or report, other than an answer. The order is the precedence if a text has several.

`crisis`: an emergency of suicide or self-harm; the phrases that cancel `urgent` cancel it too. `death`: a person died,
by name or as "she". `bereaved`: a relative of the writer died ("my husband died"). `language`: the writer asks
for another language (found with the section `languages`). `meaning`: the writer asks what the
question means. `person`: the writer wants a person to call or to answer. `concern`: a remark that a person should see
(chills, a fall, "I can't take this anymore"); it is never an outcome.
`report`: the writer feels worse, or wants to say how they are; it counts only while no question is open, and it is
never an outcome either.
"""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Language:
    """The language that a participant is texted in, and the other shipped ones, because people mix languages.

    `all` has the vocabulary of the participant's own language first. Languages are compared by identity, so load one
    once (`pro_collector.languages.language`) and pass the same object.
    """

    own: Vocabulary
    all: tuple[Vocabulary, ...]

    def __repr__(self) -> str:
        return f"Language({self.code!r})"

    @property
    def code(self) -> str:
        """The code of the language, as in its file name: "en"."""
        return self.own.language


def parse_language(document: Document) -> Vocabulary:
    """Read one `schemas/languages/*.yaml`. Raises BadInput with the line of every mistake."""
    return validate(document, Vocabulary)


def select_language(code: str, vocabularies: Sequence[Vocabulary]) -> Language | None:
    """The language with this code, followed by all others; None if there is none with this code."""
    own = next((each for each in vocabularies if each.language == code), None)
    return Language(own, (own, *(each for each in vocabularies if each is not own))) if own else None
