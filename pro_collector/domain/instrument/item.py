"""The items of an instrument: kinds, options with stable codes and weights, limits, opt-outs and skip logic."""

from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    Tag,
    model_validator,
)

Code = StrictInt | StrictStr
Number = StrictInt | StrictFloat
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_/][A-Za-z0-9_./\-]*$")]
Kind = Literal["choice", "integer", "yesno", "text", "decimal", "date"]
OptOut = Literal["asked-declined", "not-applicable"]
Operator = Literal["exists", "=", "!=", ">", "<", ">=", "<="]


class FrozenModel(BaseModel):
    """An immutable value read from a definition; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Coding(FrozenModel):
    """A concept in a published code system (LOINC, SNOMED CT), by the system's URL."""

    system: str
    code: str
    display: str | None = None


class Option(FrozenModel):
    """One choice. `code` is stored and never changes its meaning; `weight` is its value in a score."""

    code: Code
    weight: Number | None = None
    codes: tuple[Coding, ...] = ()

    @property
    def value(self) -> float | None:
        """The value of this choice in a score: its weight, else its code if that is a number, else None."""
        if self.weight is not None:
            return float(self.weight)
        return float(self.code) if isinstance(self.code, int) else None


class Condition(FrozenModel):
    """A condition on the answer to an earlier item: the supported subset of FHIR's Questionnaire.item.enableWhen."""

    item: Identifier
    operator: Operator
    answer: StrictInt | StrictFloat | StrictStr | bool

    @model_validator(mode="after")
    def _exists_takes_a_truth_value(self) -> Self:
        if (self.operator == "exists") != isinstance(self.answer, bool):
            raise ValueError("`exists` is compared with true or false, every other operator with a code or a number")
        return self


class AnyCondition(FrozenModel):
    """Conditions of which at least one holds: `(a or b) and c` is `enable_when: [{any_of: [a, b]}, c]`."""

    any_of: tuple[Condition, ...] = Field(min_length=1)


Clause = tuple[Condition, ...]
"""Conditions of which at least one must hold."""


def _either(data: object) -> str:
    return (
        "AnyCondition"
        if isinstance(data, AnyCondition) or (isinstance(data, dict) and "any_of" in data)
        else "Condition"
    )


Enabling = Annotated[
    Annotated[Condition, Tag("Condition")] | Annotated[AnyCondition, Tag("AnyCondition")], Discriminator(_either)
]


class Item(FrozenModel):
    """One question, without its wording (which is in the text of each language)."""

    id: Identifier
    kind: Kind
    option_set: str | None = None
    options: tuple[Option, ...] = ()
    minimum: Number | None = None
    maximum: Number | None = None
    opt_outs: tuple[OptOut, ...] = ()
    enable_when: tuple[Enabling, ...] = ()
    enable_behavior: Literal["all", "any"] = "all"
    codes: tuple[Coding, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _yesno_has_two_options(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("kind") == "yesno" and not data.get("options"):
            return {**data, "options": [{"code": 0}, {"code": 1}]}
        return data

    @model_validator(mode="after")
    def _shape_fits_kind(self) -> Self:
        if self.kind in ("choice", "yesno"):
            if not self.options:
                raise ValueError(f"a {self.kind} item needs options")
            if len({option.code for option in self.options}) < len(self.options):
                raise ValueError("two options have the same code")
            for option in self.options:
                if isinstance(option.code, str) and option.code.lstrip("-").isdecimal():
                    raise ValueError(f"write the code {option.code} as a number, without quotes")
        elif self.options:
            raise ValueError(f"an item of kind {self.kind} has no options")
        if self.kind == "integer" and (self.minimum is None or self.maximum is None):
            raise ValueError("an integer item needs `minimum` and `maximum`")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError("`minimum` must be below `maximum`")
        return self

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The skip logic as clauses that must all hold; without any the item is always asked."""
        parts = tuple(part.any_of if isinstance(part, AnyCondition) else (part,) for part in self.enable_when)
        return (tuple(chain.from_iterable(parts)),) if parts and self.enable_behavior == "any" else parts

    @property
    def conditions(self) -> Clause:
        """Every condition of the skip logic, in order."""
        return tuple(chain.from_iterable(self.clauses))

    def option(self, code: object) -> Option | None:
        """The option with this code."""
        return next((option for option in self.options if option.code == code), None)

    @cached_property
    def counts(self) -> Mapping[Code, float | None]:
        """The value of each answer in a score, if the answers can be listed (choices and whole numbers)."""
        # `model_copy` copies the cached value too, so a copy with other options must be validated again.
        if self.kind == "integer" and self.span is not None:
            low, high = self.span
            return {code: float(code) for code in range(int(low), int(high) + 1)}
        return {option.code: option.value for option in self.options}

    @property
    def span(self) -> tuple[float, float] | None:
        """The lowest and highest value of this item in a score, or None if it cannot be scored."""
        if self.options:
            values = [option.value for option in self.options if option.value is not None]
            return (min(values), max(values)) if values else None
        if self.minimum is None or self.maximum is None:
            return None
        return float(self.minimum), float(self.maximum)

    @property
    def allowed(self) -> str:
        """The answers that this item allows, as text for an error message."""
        extra = "".join(f" or {reason}" for reason in self.opt_outs)
        if self.options:
            return "one of " + ", ".join(str(option.code) for option in self.options) + extra
        limits = "" if self.span is None else f" from {self.minimum} to {self.maximum}"
        return {"integer": "a whole number", "decimal": "a number", "date": "a date as YYYY-MM-DD"}.get(
            self.kind, "text"
        ) + f"{limits}{extra}"


def coded_values(item: Item, reverse: bool) -> dict[Code, float | None] | None:
    """The value of each allowed answer to `item` in a score, reversed within its span if `reverse`.

    None for a decimal item, whose answers cannot be listed.
    """
    if item.kind == "decimal":
        return None
    low, high = item.span or (0.0, 0.0)
    counts = dict(item.counts)
    return (
        {code: None if value is None else low + high - value for code, value in counts.items()} if reverse else counts
    )
