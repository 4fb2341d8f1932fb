"""When a change of a score matters: the meaningful difference, its source, and the comparison with it."""

from math import isclose
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from pro_collector.domain.instrument.item import FrozenModel, Number
from pro_collector.domain.instrument.scale import MeaningfulChange

Points = Annotated[Number, Field(gt=0)]
Direction = Literal["higher-is-better", "higher-is-worse"]


class MeaningfulDifference(FrozenModel):
    """How much matters, by whose publication.

    `points` both ways, or `improvement` and `deterioration` where they differ; or `percent` of the score that is
    compared with (a worst pain that is 30 % lower). `level` says what the publication is
    about: differences between groups of people, or changes within a person; most are about groups. With `inclusive` a
    change of exactly so much counts.
    """

    points: Points | None = None
    improvement: Points | None = None
    deterioration: Points | None = None
    percent: Points | None = None
    level: Literal["group", "person"]
    inclusive: bool = True
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _points_for_both_ways(self) -> Self:
        ways = (self.improvement, self.deterioration)
        alone = [each for each in (self.points, self.percent) if each is not None]
        if (len(alone), ways.count(None)) not in ((1, 2), (0, 0)):
            raise ValueError("give `points` for both ways, or `improvement` and `deterioration`, or `percent`")
        return self


class Judge(NamedTuple):
    """What the changes of one scale mean.

    `sign` is 1 if a higher score is worse, else -1; `better` and `worse` are the points that matter each way, or with
    `percent` the per cent of the reference; `range` is the lowest and highest score, if the scale has them.
    """

    sign: int
    better: float
    worse: float
    inclusive: bool = True
    range: tuple[float, float] | None = None
    percent: bool = False

    def worsening(self, score: float, reference: float) -> float:
        """By how many points `score` is worse than `reference`; negative if it is better."""
        return self.sign * (score - reference)

    def is_worse(self, score: float, reference: float) -> bool:
        """Whether `score` is worse than `reference` by a difference that matters."""
        return reaches(self.worsening(score, reference), self._points(self.worse, reference), self.inclusive)

    def is_better(self, score: float, reference: float) -> bool:
        """Whether `score` is better than `reference` by a difference that matters."""
        return reaches(-self.worsening(score, reference), self._points(self.better, reference), self.inclusive)

    def _points(self, most: float, reference: float) -> float:
        return abs(reference) * most / 100 if self.percent else most

    def has_room(self, reference: float) -> bool:
        """Whether a score can still become worse than `reference` by a difference that matters."""
        if self.range is None:
            return True
        return self.is_worse(self.range[1] if self.sign > 0 else self.range[0], reference)


def reaches(change: float, points: float, inclusive: bool) -> bool:
    """Whether a change is at least `points` (more than `points` unless `inclusive`).

    Scores such as 66.666667 are not exact, so a change within 1e-9 of `points` counts as equal to it. No change is
    never enough, not even of 30 % of 0.
    """
    equal = points > 0 and isclose(change, points, rel_tol=0, abs_tol=1e-9)
    return (change > points and not equal) or (inclusive and equal)


def published(change: MeaningfulChange) -> MeaningfulDifference:
    """The difference that an instrument's definition names; what its source is about is not known, so: of groups."""
    return MeaningfulDifference(points=change.points, level="group", source=change.source)
