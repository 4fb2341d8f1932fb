"""One answer or score and what it must be: the part that every condition and every advice has in common."""

from math import inf
from typing import Self

from pydantic import Field, StrictInt, StrictStr, model_validator

from scheduler.rules import Frozen


class Level(Frozen):
    """The answer to an `item`, or the score on a `scale`, of an instrument, and the values that pass.

    A value passes if it meets everything that is given; without a limit or a code every value does.
    """

    instrument: str
    item: str | None = None
    scale: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    codes: tuple[StrictInt | StrictStr, ...] = Field(default=(), description="the answers to `item` that pass")

    @property
    def name(self) -> str:
        """The item or scale."""
        return self.item or self.scale or ""

    @property
    def has_level(self) -> bool:
        """Whether it says which values pass."""
        return bool(self.codes) or self.at_least is not None or self.at_most is not None

    def passes(self, value: object) -> bool | None:
        """Whether a value passes; None if it is no number and has a limit."""
        if self.codes and not any(type(value) is type(code) and value == code for code in self.codes):
            return False
        if self.at_least is None and self.at_most is None:
            return True
        if not isinstance(value, int | float):
            return None
        return (
            (-inf if self.at_least is None else self.at_least)
            <= value
            <= (inf if self.at_most is None else self.at_most)
        )

    @model_validator(mode="after")
    def _is_of_one_value(self) -> Self:
        if (self.item is None) == (self.scale is None):
            raise ValueError("name an `item` or a `scale`, and not both")
        if self.codes and self.scale is not None:
            raise ValueError("`codes` are answers to an `item`; a score has `at_least` and `at_most`")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("no value is `at_least` more than it is `at_most`")
        return self
