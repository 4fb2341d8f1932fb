"""The text of an instrument in one language: prompts, labels and reply synonyms, for the patient or for a proxy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pro_collector.domain.instrument.item import Code, FrozenModel, Identifier, Item

Reporter = Literal["self", "proxy"]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]


Reader = Literal["self", "child", "proxy", "parent"]
"""Whom a text addresses: the patient, also as a child; who answers for them, also for a child ("your child")."""


def _same_for_every_reporter(value: object) -> object:
    return {"self": value, "proxy": value} if isinstance(value, str) else value


# A plain string is the text for everybody. Without a text for `child` or `parent`, that for `self` or `proxy` is used.
TextByReporter = Annotated[dict[Reader, str], BeforeValidator(_same_for_every_reporter)]


def _label_only(value: object) -> object:
    return {"label": value} if isinstance(value, str) else value


class OptionText(FrozenModel):
    """The label of a choice, and other replies that mean this choice ("none", "no", common misspellings)."""

    label: TextByReporter | None = None
    replies: tuple[str, ...] = ()


OptionTexts = dict[Code, Annotated[OptionText, BeforeValidator(_label_only)]]


class ItemText(FrozenModel):
    """The text of one item. `minimum` and `maximum` say what the ends of a number scale mean.

    `explain` is sent once to a person who asks by text what the question means. `faces` are drawn beside the choices on
    the form of a child: which end of the choices is the happy one.
    """

    prompt: TextByReporter
    sms: TextByReporter | None = None
    minimum: TextByReporter | None = None
    maximum: TextByReporter | None = None
    options: OptionTexts = Field(default_factory=dict)
    explain: TextByReporter | None = None
    faces: Literal["happy-first", "happy-last"] | None = None


class TextLicence(FrozenModel):
    """Who owns the text, on what terms, and whether it may be distributed with the product."""

    holder: str
    terms: str
    redistributable: bool = False


@dataclass(frozen=True, slots=True)
class OptionWording:
    """One choice as a reporter reads it."""

    code: int | str
    label: str
    replies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemWording:
    """One question as a reporter reads it; `sms` is the short form, or the prompt if there is no short form."""

    item: Item
    prompt: str
    sms: str
    minimum: str | None
    maximum: str | None
    options: tuple[OptionWording, ...]
    opt_outs: tuple[OptionWording, ...]
    explain: str | None = None
    faces: Literal["happy-first", "happy-last"] | None = None


class InstrumentText(FrozenModel):
    """A text overlay (`text.<lang>.yaml`): the text of an instrument in one language, for the listed reporters.

    A patient younger than `child_below` years reads the words for a child; whoever answers for a patient younger than
    `adult_from` reads those for a parent.
    """

    instrument: Identifier
    language: Language
    licence: TextLicence
    reporters: tuple[Reporter, ...] = ("self",)
    child_below: int = Field(default=13, ge=0)
    adult_from: int = Field(default=18, ge=0)
    source: str | None = None
    title: TextByReporter
    introduction: TextByReporter | None = None
    closing: TextByReporter | None = None
    option_sets: dict[str, OptionTexts] = Field(default_factory=dict)
    opt_outs: dict[str, Annotated[OptionText, BeforeValidator(_label_only)]] = Field(default_factory=dict)
    scales: dict[str, str] = Field(default_factory=dict, description="by scale: its title for those who answer")
    items: dict[str, ItemText]

    def wording(self, item: Item, reporter: Reporter = "self", age: int | None = None) -> ItemWording | None:
        """The wording of `item` for `reporter`, or None if any part of it is missing.

        `age`: of the patient, in years, if it is known.
        """
        text, readers = self.items.get(item.id), self.readers(reporter, age)
        prompt = _said(text.prompt, readers) if text else None
        if text is None or prompt is None or reporter not in self.reporters:
            return None
        shared = self.option_sets.get(item.option_set or "", {})
        options = _options([option.code for option in item.options], {**shared, **text.options}, readers)
        opt_outs = _options(item.opt_outs, self.opt_outs, readers)
        if options is None or opt_outs is None:
            return None
        return ItemWording(
            item=item,
            prompt=prompt,
            sms=_said(text.sms or text.prompt, readers) or prompt,
            minimum=_said(text.minimum, readers),
            maximum=_said(text.maximum, readers),
            options=options or _numbers(text.options, readers),
            opt_outs=opt_outs,
            explain=_said(text.explain, readers),
            faces=text.faces if readers[0] == "child" else None,
        )

    def label(self, item: Item, code: int | str) -> str | None:
        """The label of a choice as the patient reads it, or None."""
        texts = self.items.get(item.id)
        found = texts.options.get(code) if texts else None
        found = found or self.option_sets.get(item.option_set or "", {}).get(code)
        return _said(found.label, self.readers("self")) if found else None

    def readers(self, reporter: Reporter, age: int | None = None) -> tuple[Reader, ...]:
        """Whose words a reporter reads, the most fitting first. Without an `age` nobody is taken for a child."""
        if reporter == "self":
            return ("child", "self") if age is not None and age < self.child_below else ("self",)
        return ("parent", "proxy") if age is not None and age < self.adult_from else ("proxy",)

    def opening(self, reporter: Reporter, age: int | None = None) -> str | None:
        """The introduction for this reporter."""
        return _said(self.introduction, self.readers(reporter, age))

    def ending(self, reporter: Reporter, age: int | None = None) -> str | None:
        """The closing words for this reporter."""
        return _said(self.closing, self.readers(reporter, age))


def readings(text: InstrumentText, item: Item, reporters: Iterable[Reporter]) -> Iterator[tuple[Reader, ItemWording]]:
    """Each wording of an item with its reader: for a child and a parent only if they have words of their own."""
    for reporter in reporters:
        known: list[ItemWording] = []
        for age in (None, 0):
            wording = text.wording(item, reporter, age)
            if wording is not None and (not known or replace(wording, faces=None) != known[0]):
                known.append(wording)
                yield text.readers(reporter, age)[0], wording


def _said(texts: TextByReporter | None, readers: Sequence[Reader]) -> str | None:
    return next((texts[reader] for reader in readers if reader in texts), None) if texts else None


def _numbers(texts: OptionTexts, readers: Sequence[Reader]) -> tuple[OptionWording, ...]:
    """The labels and replies of numbers on a number scale; the label of a number defaults to the number."""
    return tuple(
        OptionWording(code, _said(text.label, readers) or str(code), text.replies) for code, text in texts.items()
    )


def _options(
    codes: Sequence[int | str], texts: Mapping[Any, OptionText], readers: Sequence[Reader]
) -> tuple[OptionWording, ...] | None:
    """The wording of every code, or None if one has no label for these readers."""
    wordings = [
        OptionWording(code, label, text.replies)
        for code, text in ((code, texts.get(code)) for code in codes)
        if text is not None and (label := _said(text.label, readers)) is not None
    ]
    return tuple(wordings) if len(wordings) == len(codes) else None
