"""How answers become scores, as data: scales, missing rules, reversal, tables and bands."""

from collections.abc import Sequence
from functools import cached_property
from itertools import product
from math import ceil, floor
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from pro_collector.domain.instrument.item import Coding, Condition, FrozenModel, Identifier, Number


class Missing(FrozenModel):
    """How many items must be answered: at least `minimum`, or at least `fraction` of them (`strict`: more than that).

    Without either, every item. `prorate` scales a sum up to all items (mean of the answered items times all items).
    """

    minimum: int | None = Field(default=None, ge=1)
    fraction: float | None = Field(default=None, gt=0, le=1)
    strict: bool = False
    prorate: bool = False

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if self.minimum is not None and self.fraction is not None:
            raise ValueError("give `minimum` or `fraction`, not both")
        if self.strict and self.fraction is None:
            raise ValueError("`strict` goes with `fraction`")
        return self

    def needed(self, total: int) -> int:
        """The smallest number of answered items, out of `total`, that gives a score."""
        if self.minimum is not None:
            return self.minimum
        if self.fraction is None:
            return total
        bound = round(self.fraction * total, 9)  # 0.6 * 5 must be 3, not 3.0000000000000004
        return min(total, floor(bound) + 1 if self.strict else max(1, ceil(bound)))


class Rescale(FrozenModel):
    """A linear map from `source` (a, b) to `target` (c, d); c > d reverses the direction."""

    source: tuple[Number, Number]
    target: tuple[Number, Number]


class Rounding(FrozenModel):
    """Round to `digits` decimals; a tie goes away from zero (as in scoring by hand) or to the even neighbour."""

    digits: int = Field(default=0, ge=0, le=6)
    ties: Literal["away", "even"] = "away"


class ScoreBand(FrozenModel):
    """A named range of a score, from `minimum` (inclusive) up to the next band."""

    code: Identifier
    minimum: Number


class MeaningfulChange(FrozenModel):
    """The smallest change in `points` that matters, its meaning, and the publication that says so."""

    points: Number
    meaning: str
    source: str


class Table(FrozenModel):
    """A published conversion: a grid over answer positions, or rows from a raw score or a profile number to a value.

    In a `grid`, a number instead of a list applies to every combination of the remaining answers. `parameters` are of
    items in a graded response model: the slope, then the thresholds in rising order. An `imported` table is licensed by
    its owner; the study imports its rows or parameters.
    """

    source: str
    imported: bool = False
    grid: list[Any] | None = None
    rows: dict[Annotated[str, StringConstraints(pattern=r"^-?\d+$")], Number] = Field(default_factory=dict)
    parameters: dict[Identifier, tuple[Number, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_content(self) -> Self:
        if not self.imported and not self.rows and self.grid is None and not self.parameters:
            raise ValueError("a table that is not imported needs `rows`, a `grid` or `parameters`")
        for item, (slope, *thresholds) in self.parameters.items():
            if slope <= 0 or not thresholds or thresholds != sorted(set(thresholds)):
                raise ValueError(f"{item}: expected a slope above 0, then thresholds that rise")
        return self

    def value(self, answers: Sequence[float]) -> float | None:
        """The value of the table for these answers, looked up together; None if it has no row for them."""
        key = tuple(map(int, answers))
        if key != tuple(answers):
            return None
        value = None
        if self.grid is not None and all(0 <= position < _width(self.grid) for position in key):
            value = _at(self.grid, key)
        return self._row(key) if value is None else value

    def _row(self, key: tuple[int, ...]) -> float | None:
        digits = "".join(map(str, key))
        if len(key) > 1:
            return float(self.rows[digits]) if digits in self.rows and len(digits) == len(key) else None
        return next((float(value) for written, value in self.rows.items() if int(written) == key[0]), None)

    def entries(self, answers: int) -> dict[tuple[int, ...], float]:
        """Every row, keyed by a tuple of `answers` values; a key with that many digits has one per value (`21232`)."""
        rows = {_key(key, answers): float(value) for key, value in self.rows.items()}
        for key in product(range(_width(self.grid)), repeat=answers) if self.grid is not None else ():
            value = _at(self.grid, key)
            if value is not None:
                rows[key] = value
        return rows


def _key(key: str, answers: int) -> tuple[int, ...]:
    return tuple(int(digit) for digit in key) if answers > 1 and len(key) == answers else (int(key),)


def _width(grid: Any) -> int:
    """The length of the longest list at any depth, which bounds every answer position."""
    return max(len(grid), *(_width(part) for part in grid if isinstance(part, list)), 0)


def _at(grid: Any, key: tuple[int, ...]) -> float | None:
    for position in key:
        if not isinstance(grid, list):
            break
        grid = grid[position] if position < len(grid) else None
    return None if grid is None or isinstance(grid, list) else float(grid)


class ScoringCase(FrozenModel):
    """A narrower rule: if every condition of `when` holds, a score is made of these `items`, by `rescale` if given."""

    when: tuple[Condition, ...] = Field(min_length=1)
    items: tuple[Identifier, ...] = Field(min_length=1)
    rescale: Rescale | None = None


class Scale(FrozenModel):
    """One score, computed from `items` or from other `scales`.

    The steps, in order: reverse, combine (`method`), `convert` by a table, `rescale`, `round`, `bands`. `mean` and
    `sum` use the answered items; `table` looks up all answers together; `digits` joins them to a profile number;
    `linear` adds `coefficients` times the values to `constant`; `pattern` is the T score by the graded response model
    whose parameters are in `table`. In a scale of scales `missing` counts scales, and
    `items_missing` is a further rule over all the items of those scales. The first of `cases` that applies to the
    answers narrows the items of a mean.
    """

    id: Identifier
    title: str
    items: tuple[Identifier, ...] = ()
    scales: tuple[Identifier, ...] = ()
    method: Literal["mean", "sum", "table", "digits", "linear", "pattern"]
    reverse: tuple[Identifier, ...] = ()
    cases: tuple[ScoringCase, ...] = ()
    coefficients: dict[Identifier, Number] = Field(default_factory=dict)
    constant: Number = 0
    table: str | None = None
    convert: str | None = None
    rescale: Rescale | None = None
    round: Rounding | None = None
    missing: Missing = Missing()
    items_missing: Missing | None = None
    range: tuple[Number, Number] | None = None
    direction: Literal["higher-is-better", "higher-is-worse", "none"] = "none"
    bands: tuple[ScoreBand, ...] = ()
    changes: tuple[MeaningfulChange, ...] = ()
    codes: tuple[Coding, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The ids of the items, or of the scales, that this scale is computed from."""
        return self.items or self.scales

    @cached_property
    def needed(self) -> int:
        """The smallest number of answered parts that gives a score; some methods need every part."""
        total = len(self.parts)
        return total if self.method in ("table", "digits", "linear") else self.missing.needed(total)

    @cached_property
    def narrowed(self) -> tuple["Scale", ...]:
        """This scale as each of its `cases` has it, in their order."""
        fields = {name: getattr(self, name) for name in Scale.model_fields if name != "cases"}
        return tuple(
            Scale(
                **{
                    **fields,
                    "items": case.items,
                    "reverse": tuple(part for part in self.reverse if part in case.items),
                    "rescale": case.rescale or self.rescale,
                }
            )
            for case in self.cases
        )

    @model_validator(mode="after")
    def _shape_fits_method(self) -> Self:
        if self.cases and not (self.items and self.method == "mean"):
            raise ValueError("`cases` go with `items` and `method: mean`")
        if bool(self.items) == bool(self.scales):
            raise ValueError("a scale is made of `items` or of `scales`, one of the two")
        if len(set(self.parts)) < len(self.parts):
            raise ValueError("the same part is listed twice")
        if (self.table is None) == (self.method in ("table", "pattern")):
            raise ValueError("`table` goes with `method: table` or `pattern`")
        if self.method == "pattern" and self.scales:
            raise ValueError("`method: pattern` goes with `items`")
        if (not self.coefficients) == (self.method == "linear"):
            raise ValueError("`coefficients` go with `method: linear`")
        if [band.minimum for band in self.bands] != sorted({band.minimum for band in self.bands}):
            raise ValueError("bands go from the lowest minimum up")
        return self
