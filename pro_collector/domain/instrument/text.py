"""The text of an instrument in one language: prompts, labels and reply synonyms, for the patient or for a proxy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pro_collector.domain.instrument.item import Code, FrozenModel, Identifier, Item

Reporter = Literal["self", "proxy"]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]


def _same_for_every_reporter(value: object) -> object:
    return {"self": value, "proxy": value} if isinstance(value, str) else value


# A plain string is the text for both the patient and a proxy.
TextByReporter = Annotated[dict[Reporter, str], BeforeValidator(_same_for_every_reporter)]


def _label_only(value: object) -> object:
    return {"label": value} if isinstance(value, str) else value


class OptionText(FrozenModel):
    """The label of a choice, and other replies that mean this choice ("none", "no", common misspellings)."""

    label: TextByReporter | None = None
    replies: tuple[str, ...] = ()


OptionTexts = dict[Code, Annotated[OptionText, BeforeValidator(_label_only)]]


class ItemText(FrozenModel):
    """The text of one item. `minimum` and `maximum` say what the ends of a number scale mean.

    `explain` is sent once to a person who asks by text what the question means.
    """

    prompt: TextByReporter
    sms: TextByReporter | None = None
    minimum: TextByReporter | None = None
    maximum: TextByReporter | None = None
    options: OptionTexts = Field(default_factory=dict)
    explain: TextByReporter | None = None


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


class InstrumentText(FrozenModel):
    """A text overlay (`text.<lang>.yaml`): the text of an instrument in one language, for the listed reporters."""

    instrument: Identifier
    language: Language
    licence: TextLicence
    reporters: tuple[Reporter, ...] = ("self",)
    source: str | None = None
    title: TextByReporter
    introduction: TextByReporter | None = None
    closing: TextByReporter | None = None
    option_sets: dict[str, OptionTexts] = Field(default_factory=dict)
    opt_outs: dict[str, Annotated[OptionText, BeforeValidator(_label_only)]] = Field(default_factory=dict)
    scales: dict[str, str] = Field(default_factory=dict, description="by scale: its title for those who answer")
    items: dict[str, ItemText]

    def wording(self, item: Item, reporter: Reporter = "self") -> ItemWording | None:
        """The wording of `item` for `reporter`, or None if any part of it is missing."""
        text = self.items.get(item.id)
        if text is None or reporter not in self.reporters or reporter not in text.prompt:
            return None
        shared = self.option_sets.get(item.option_set or "", {})
        options = _options([option.code for option in item.options], {**shared, **text.options}, reporter)
        opt_outs = _options(item.opt_outs, self.opt_outs, reporter)
        if options is None or opt_outs is None:
            return None
        return ItemWording(
            item=item,
            prompt=text.prompt[reporter],
            sms=(text.sms or text.prompt).get(reporter, text.prompt[reporter]),
            minimum=(text.minimum or {}).get(reporter),
            maximum=(text.maximum or {}).get(reporter),
            options=options or _numbers(text.options, reporter),
            opt_outs=opt_outs,
            explain=(text.explain or {}).get(reporter),
        )


def _numbers(texts: OptionTexts, reporter: Reporter) -> tuple[OptionWording, ...]:
    """The labels and replies of numbers on a number scale; the label of a number defaults to the number."""
    return tuple(
        OptionWording(code, (text.label or {}).get(reporter, str(code)), text.replies) for code, text in texts.items()
    )


def _options(
    codes: Sequence[int | str], texts: Mapping[Any, OptionText], reporter: Reporter
) -> tuple[OptionWording, ...] | None:
    """The wording of every code, or None if one has no label for `reporter`."""
    wordings = [
        OptionWording(code, text.label[reporter], text.replies)
        for code, text in ((code, texts.get(code)) for code in codes)
        if text is not None and text.label is not None and reporter in text.label
    ]
    return tuple(wordings) if len(wordings) == len(codes) else None
