"""The fields of a REDCap data dictionary: what each is asked as, and what branching logic says about them."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pro_collector.domain.exchange.imported import skip_logic
from pro_collector.domain.exchange.redcap_logic import Clause, Comparison, clauses
from pro_collector.domain.near import did_you_mean

Row = Mapping[str, str]
FIELD, FORM, TYPE = "Variable / Field Name", "Form Name", "Field Type"
CHOICES = "Choices, Calculations, OR Slider Labels"
_CHECKED = {("=", "1"), ("!=", "0"), (">", "0"), (">=", "1")}
_UNCHECKED = {("=", "0"), ("!=", "1"), ("<", "1"), ("<=", "0")}


class AlreadyTold(Exception):
    """A field cannot be read because another could not."""


@dataclass(frozen=True)
class AskedField:
    """One question: its item, its words, and the field that it is from.

    `shape` is the item without its id and logic. `choice` is the code of its box, if the field is a checkbox.
    """

    item: str
    shape: Mapping[str, Any]
    prompt: str
    labels: Mapping[int | str, str]
    source: str
    choice: str | None = None
    logic: Mapping[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, Any]:
        """The item."""
        return {"id": self.item, **self.shape, **self.logic}

    @property
    def words(self) -> dict[str, Any]:
        """The text of the item."""
        return {"prompt": self.prompt, **({"options": dict(self.labels)} if self.labels else {})}


@dataclass
class Fields:
    """The fields of a dictionary, of which some forms are read, and the questions that were made of them so far."""

    forms: Collection[str]
    rows: Mapping[str, Row]
    asked: list[AskedField] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)  # fields with a mistake that has been reported

    @classmethod
    def of(cls, rows: Sequence[Row], forms: Collection[str]) -> "Fields":
        """The fields of these rows, of which these forms are read."""
        return cls(forms, {row[FIELD].strip(): row for row in rows})

    def add(self, asked: AskedField, logic: Mapping[str, Any]) -> None:
        """Add a question that is asked only if its logic, the data of an item, holds.

        Raises ValueError if there is one of this name already.
        """
        if any(each.item == asked.item for each in self.asked):
            raise ValueError(f"the field {asked.item!r} is here twice; each needs a name of its own")
        self.asked.append(replace(asked, logic=logic))

    def conditions(self, logic: str) -> dict[str, Any]:
        """The skip logic of an item.

        Raises ValueError if it is not understood, or names what nobody is asked; AlreadyTold if it names a field with a
        mistake.
        """
        every = [[self._condition(each) for each in clause] for clause in clauses(logic, self._meaning())]
        return skip_logic(every)

    def _meaning(self, without: tuple[str, ...] = ()) -> Any:
        """What a comparison with a calculated field means, if its formula is `if(logic, 1, 0)`."""

        def meaning(comparison: Comparison) -> Sequence[Clause] | None:
            name = comparison.field
            row = self.rows.get(name, {})
            checks = (comparison.operator, comparison.value) in _CHECKED and comparison.choice is None
            if name in without or not checks or row.get(TYPE, "").strip().lower() != "calc":
                return None
            try:
                return clauses(row.get(CHOICES, ""), self._meaning((*without, name)))
            except ValueError:
                return None

        return meaning

    def _condition(self, comparison: Comparison) -> dict[str, Any]:
        found = [each for each in self.asked if (each.source, each.choice) == (comparison.field, comparison.choice)]
        if not found:
            raise ValueError(self._why_not(comparison))
        item = found[-1]
        if comparison.choice is not None:
            return _of_box(item.item, comparison)
        if comparison.value == "":
            return {"item": item.item, "operator": "exists", "answer": comparison.operator == "!="}
        text = item.shape.get("kind") in ("text", "date")
        answer = comparison.value if text else option_code(comparison.value)
        if item.labels and comparison.operator in ("=", "!=") and answer not in item.labels:
            codes = ", ".join(map(str, item.labels))
            raise ValueError(f"its branching logic compares [{item.item}] with {answer}; the field takes {codes}")
        return {"item": item.item, "operator": comparison.operator, "answer": answer}

    def _why_not(self, comparison: Comparison) -> str:
        """Why a comparison is about nothing that was asked before."""
        name, row = comparison.field, self.rows.get(comparison.field)
        told = f"its branching logic is about [{name if comparison.choice is None else f'{name}({comparison.choice})'}]"
        if row is None:
            return f"{told}, which is no field here{did_you_mean(name, self.rows)}"
        if row.get(FORM, "") not in self.forms:
            return f"{told}, which is in the form {row.get(FORM, '')!r}; to ask both, name both with --form"
        if name in self.unread:
            raise AlreadyTold
        if own := [each.choice for each in self.asked if each.source == name]:
            expected = ", ".join(f"[{name}]" if choice is None else f"[{name}({choice})]" for choice in own)
            return f"{told}; the field is of type {row.get(TYPE, '')!r}, so expected {expected}"
        if row.get(TYPE, "").strip().lower() in ("calc", "file", "sql", "descriptive"):
            return f"{told}, a field of type {row.get(TYPE, '')!r}, which nobody is asked here"
        return f"{told}, which does not come before it"


def _of_box(item: str, comparison: Comparison) -> dict[str, Any]:
    """The condition on one box, which is not checked as long as nobody has answered it."""
    given = (comparison.operator, comparison.value)
    if given not in _CHECKED | _UNCHECKED:
        raise ValueError(f"the box [{comparison.field}({comparison.choice})] is compared with 0 or 1 only")
    return {"item": item, "operator": "=" if given in _CHECKED else "!=", "answer": 1}


def option_code(text: str) -> int | str:
    """A code as a number, if it is a whole number, else as it is."""
    return int(text) if re.fullmatch(r"-?\d+", text) else text
