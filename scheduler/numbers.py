"""A choice of numbers, as a study file writes it: which cycles, which visits, which time points of a series."""

from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from scheduler.values import Frozen, as_tuple


class EveryNumber(Frozen):
    """The numbers `from`, `from + every`, `from + 2 * every`, ..., at most `to`."""

    from_number: int = Field(default=1, alias="from", ge=1)
    every: int = Field(default=1, ge=1)
    to: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _some_number(self) -> "EveryNumber":
        if self.to is not None and self.to < self.from_number:
            raise ValueError(f"no number is from {self.from_number} to {self.to}")
        return self

    def includes(self, number: int) -> bool:
        """Whether this number is one of them."""
        return (
            number >= self.from_number
            and (number - self.from_number) % self.every == 0
            and (self.to is None or number <= self.to)
        )


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a number such as 4, or numbers such as {from: 7, every: 3}")
    if value < 1:
        raise ValueError("numbers count from 1")
    return value


def _form(value: object) -> str:
    return "every" if isinstance(value, EveryNumber | dict) else "number"


_Part = Annotated[
    Annotated[int, Field(ge=1), BeforeValidator(_number), Tag("number")] | Annotated[EveryNumber, Tag("every")],
    Discriminator(_form),
]
Numbers = Annotated[tuple[_Part, ...], BeforeValidator(as_tuple)]


def chooses(numbers: Numbers, number: int) -> bool:
    """Whether a choice includes a number; an empty choice includes every number."""
    if not numbers:
        return True
    return any(part == number if isinstance(part, int) else part.includes(number) for part in numbers)
