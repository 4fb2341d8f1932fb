"""The model of an instrument: items, scales, licence and texts. A published version never changes."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.instrument.item import Coding, FrozenModel, Identifier, Item
from pro_collector.domain.instrument.scale import Scale, Table
from pro_collector.domain.instrument.text import InstrumentText, Reporter

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
Recall = Annotated[str, StringConstraints(pattern=r"^(P\d+[DWMY]|PT\d+H|now|today)$")]

_FIXED_IN_VERSION = {"id", "version", "recall", "reporters", "items", "scales", "tables", "imputations"}


class Licence(FrozenModel):
    """The owner of the instrument, the terms of use, whether its text is included here, and whom to ask for it."""

    holder: str
    terms: str
    text: Literal["included", "import"]
    contact: str


class Imputation(FrozenModel):
    """A named policy for table scales: if the first answer is `when_first`, other missing answers count as `rest`."""

    when_first: int
    rest: int


class Flag(FrozenModel):
    """An answer of at least `minimum` to `item` needs a person's attention, whatever the score; `meaning` says why."""

    item: Identifier
    minimum: int
    meaning: str


class Instrument(FrozenModel):
    """One published version of a questionnaire: structure, scoring, licence; texts by language in `texts`.

    Two instruments are equal if their `hash` is. It covers the items and the scoring, with imported tables. Each text
    has a hash of its own (`text_hash`).
    """

    id: Slug
    version: Version
    canonical: str
    title: str
    recall: Recall | None
    reporters: tuple[Reporter, ...] = ("self",)
    licence: Licence
    source: str
    items: tuple[Item, ...] = Field(min_length=1)
    scales: tuple[Scale, ...] = ()
    tables: dict[str, Table] = Field(default_factory=dict)
    imputations: dict[str, Imputation] = Field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    codes: tuple[Coding, ...] = ()
    texts: dict[str, InstrumentText] = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.hash)

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of the definition as canonical JSON, without defaults, so a new optional key keeps the hash."""
        return _sha256(self.model_dump(mode="json", exclude={"texts"}, exclude_defaults=True))

    @cached_property
    def version_hash(self) -> str:
        """SHA-256 (hex) of what a version fixes: items and scoring, without the tables that a study imports."""
        data = self.model_dump(mode="json", include=_FIXED_IN_VERSION, exclude_defaults=True)
        tables = {name: table for name, table in data.get("tables", {}).items() if not self.tables[name].imported}
        return _sha256({**data, "tables": tables})

    @cached_property
    def _by_id(self) -> Mapping[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def _scale_by_id(self) -> Mapping[str, Scale]:
        return {scale.id: scale for scale in self.scales}

    @cached_property
    def scored_items(self) -> Mapping[str, Item]:
        """The items that some scale is made of, by id, in the order of the scales."""
        return {name: self._by_id[name] for scale in self.scales for name in scale.items}

    @cached_property
    def items_below(self) -> Mapping[str, tuple[str, ...]]:
        """The items that each scale rests on, each once, in order: its own, or those of its scales."""
        items: dict[str, tuple[str, ...]] = {}
        for scale in self.scales:
            below = [item for part in scale.scales for item in items.get(part, ())]
            items[scale.id] = scale.items or tuple(dict.fromkeys(below))
        return items

    def item(self, item_id: str) -> Item | None:
        """The item with this id."""
        return self._by_id.get(item_id)

    def scale(self, scale_id: str) -> Scale | None:
        """The scale with this id."""
        return self._scale_by_id.get(scale_id)

    def flagged(self, item_id: str, answer: Answer) -> str | None:
        """The meaning of an answer that needs a person's attention, whatever the score; None for any other answer."""
        number = answer if isinstance(answer, int | float) else float("-inf")
        return next((flag.meaning for flag in self.flags if flag.item == item_id and number >= flag.minimum), None)

    def text_hash(self, language: str) -> str:
        """SHA-256 (hex) of the text in `language`, stored together with `hash` in each response."""
        return _sha256(self.texts[language].model_dump(mode="json", exclude_defaults=True))

    def items_without_text(self, language: str, reporter: Reporter = "self") -> tuple[str, ...]:
        """The items that have no text to ask `reporter` in `language`; every item if the language has no file."""
        text = self.texts.get(language)
        return tuple(item.id for item in self.items if text is None or text.wording(item, reporter) is None)

    def can_ask_in(self, language: str, reporter: Reporter = "self") -> bool:
        """Whether every item has a text to ask `reporter` in `language`."""
        return reporter in self.reporters and not self.items_without_text(language, reporter)

    def can_score(self, asked: "Instrument") -> bool:
        """Whether answers to `asked`, another version, mean the same here: the items of both have the same answers."""
        pairs = ((item, asked.item(item.id)) for item in self.items)
        return all(_answers_of(mine) == _answers_of(other) for mine, other in pairs if other is not None)

    def with_texts(self, *texts: InstrumentText) -> "Instrument":
        """The same instrument with these texts added; a new text replaces an existing one in the same language."""
        return self._with(texts={**self.texts, **{text.language: text for text in texts}})

    def with_table(self, name: str, rows: Mapping[str, float], source: str) -> "Instrument":
        """The same instrument with the rows (key -> value) of an imported table and their `source`."""
        table = Table(source=source, imported=True, rows=dict(rows))
        return self._with(tables={**self.tables, name: table})

    def with_parameters(self, name: str, parameters: Mapping[str, tuple[float, ...]], source: str) -> "Instrument":
        """The same instrument with the parameters (item -> slope and thresholds) of an imported table."""
        table = Table(source=source, imported=True, parameters=dict(parameters))
        return self._with(tables={**self.tables, name: table})

    def with_items(self, items: Iterable[Item]) -> "Instrument":
        """The same instrument with these items instead of its own."""
        return self._with(items=tuple(items))

    def _with(self, **changed: Any) -> "Instrument":
        # model_copy would carry the cached hash over to the changed content
        return Instrument(**{**{name: getattr(self, name) for name in Instrument.model_fields}, **changed})


def _answers_of(item: Item) -> tuple[object, ...]:
    return item.kind, item.minimum, item.maximum, tuple(option.code for option in item.options)


def _sha256(content: Any) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
