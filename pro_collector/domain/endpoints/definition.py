"""The endpoint file: which endpoints to compute, from which scale, by which rules; and every mistake in it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pro_collector.domain.document import Document, validate
from pro_collector.domain.endpoints.area import AreaRule
from pro_collector.domain.endpoints.baseline import BaselineRule
from pro_collector.domain.endpoints.deterioration import DeteriorationRule
from pro_collector.domain.endpoints.difference import Direction, Judge, MeaningfulDifference, published
from pro_collector.domain.endpoints.responder import ResponseRule
from pro_collector.domain.endpoints.worst_grade import WorstGradeRule
from pro_collector.domain.instrument.definition import Instrument, Slug
from pro_collector.domain.instrument.item import FrozenModel
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.instrument.text import Reporter
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, NotFound, Problem

ENROLMENT = "enrolment"
"""What `day_0` names when it is no event of the timeline."""
KINDS = ("change", "responder", "time-to-deterioration", "area-under-curve", "worst-grade")


class OfScale(FrozenModel):
    """What every endpoint has: an id, the scale and who reports it, and the baseline.

    `difference` is the meaningful difference, or `published` for the one that the instrument's definition names.
    `direction` is only needed if the instrument's definition leaves it open.
    """

    id: Slug
    title: str = ""
    instrument: Slug
    scale: str
    reporter: Reporter = "self"
    baseline: BaselineRule = BaselineRule()
    direction: Direction | None = None
    difference: MeaningfulDifference | Literal["published"] | None = None


class ChangeEndpoint(OfScale):
    """Change from baseline at each visit; with a difference also whether it is better or worse."""

    kind: Literal["change"]


class ResponderEndpoint(OfScale):
    """Who responded."""

    kind: Literal["responder"]
    difference: MeaningfulDifference | Literal["published"]
    rule: ResponseRule


class DeteriorationEndpoint(OfScale):
    """Time to deterioration."""

    kind: Literal["time-to-deterioration"]
    difference: MeaningfulDifference | Literal["published"]
    rule: DeteriorationRule


class AreaEndpoint(OfScale):
    """Area under the curve."""

    kind: Literal["area-under-curve"]
    difference: None = None
    rule: AreaRule


class WorstGradeEndpoint(OfScale):
    """Worst grade, with and without adjustment for the baseline."""

    kind: Literal["worst-grade"]
    difference: None = None
    rule: WorstGradeRule = WorstGradeRule()


def _known_kind(data: object) -> object:
    if isinstance(data, dict) and "kind" not in data:
        raise ValueError(f"`kind` is required here: one of {', '.join(KINDS)}")
    if isinstance(data, dict) and data["kind"] not in KINDS:
        raise ValueError(unknown("kind of endpoint", str(data["kind"]), KINDS))
    return data


AnyEndpoint = ChangeEndpoint | ResponderEndpoint | DeteriorationEndpoint | AreaEndpoint | WorstGradeEndpoint
Endpoint = Annotated[Annotated[AnyEndpoint, Field(discriminator="kind")], BeforeValidator(_known_kind)]


class EndpointFile(FrozenModel):
    """The endpoints of a study.

    `day_0`: the day from which days are counted: that of enrolment, or of a person's first event of this kind, such as
    `treatment_start`; whoever has no such event has no scores for an endpoint.
    """

    day_0: str = ENROLMENT
    endpoints: tuple[Endpoint, ...] = Field(min_length=1)


InstrumentOf = Callable[[str], Instrument]
"""The instrument with an id; raises NotFound, which names the most similar one."""


def parse_endpoints(document: Document, instrument_of: InstrumentOf) -> EndpointFile:
    """Read an endpoint file.

    Raises BadInput with every mistake: unknown instruments and scales, a direction or a difference that is open.
    """
    read = validate(document, EndpointFile)
    mistakes = list(_mistakes(document, read, instrument_of))
    if mistakes:
        raise BadInput(mistakes)
    return read


def scale_of(endpoint: OfScale, instrument: Instrument) -> Scale:
    """The scale of an endpoint. Raises NotFound with the most similar one."""
    scale = instrument.scale(endpoint.scale)
    if scale is None:
        raise NotFound(unknown(f"scale of {instrument.id}", endpoint.scale, [known.id for known in instrument.scales]))
    return scale


def judge_of(endpoint: OfScale, scale: Scale) -> Judge | None:
    """What changes of the scale mean for this endpoint; None without a meaningful difference.

    Raises ValueError if the direction is open, or contradicts the instrument's definition, or if no single difference
    is published in it.
    """
    difference = endpoint.difference
    if difference == "published":
        difference = _published(scale)
    if difference is None:
        return None
    direction = _direction(endpoint, scale)
    alone = difference.points or difference.percent or 0
    return Judge(
        1 if direction == "higher-is-worse" else -1,
        float(difference.improvement or alone),
        float(difference.deterioration or alone),
        difference.inclusive,
        None if scale.range is None else (float(scale.range[0]), float(scale.range[1])),
        difference.percent is not None,
    )


def with_numbers(endpoint: AnyEndpoint, numbers: Mapping[str, int]) -> AnyEndpoint:
    """The endpoint with the number of each visit that its file names. Raises NotFound with the most similar name."""
    changed: dict[str, object] = {}
    if isinstance(endpoint.baseline.visit, str):
        changed["baseline"] = endpoint.baseline.model_copy(update={"visit": _number(endpoint.baseline.visit, numbers)})
    if isinstance(endpoint, ResponderEndpoint) and isinstance(endpoint.rule.visit, str):
        changed["rule"] = endpoint.rule.model_copy(update={"visit": _number(endpoint.rule.visit, numbers)})
    return endpoint.model_copy(update=changed) if changed else endpoint


def choices(endpoint: OfScale) -> Iterator[tuple[str, str]]:
    """Every choice of an endpoint as name and value, defaults included: to be printed beside its results."""
    yield from _flat("", endpoint.model_dump(mode="json"))


def _number(visit: str, numbers: Mapping[str, int]) -> int:
    if visit not in numbers:
        raise NotFound(unknown("visit that asks this", visit, numbers))
    return numbers[visit]


def _flat(prefix: str, data: dict[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{key}.", value)
        elif value is not None and value != "":
            yield f"{prefix}{key}", str(value)


def _direction(endpoint: OfScale, scale: Scale) -> Direction:
    known = None if scale.direction == "none" else scale.direction
    if endpoint.direction is not None and known is not None and endpoint.direction != known:
        raise ValueError(f"in the definition of the instrument {scale.id} is {known}")
    direction = endpoint.direction or known
    if direction is None:
        raise ValueError(f"the direction of {scale.id} is not known: write higher-is-better or higher-is-worse")
    return direction


def _published(scale: Scale) -> MeaningfulDifference:
    if not scale.changes:
        raise ValueError(
            f"the definition of {scale.id} names no difference that matters: write the points and a source"
        )
    if len(scale.changes) > 1:
        found = "; ".join(f"{change.points} ({change.source})" for change in scale.changes)
        raise ValueError(f"the definition of {scale.id} names several differences, write one of them: {found}")
    return published(scale.changes[0])


def _mistakes(document: Document, read: EndpointFile, instrument_of: InstrumentOf) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, endpoint in enumerate(read.endpoints):
        where = ("endpoints", index)
        if endpoint.id in seen:
            yield document.problem((*where, "id"), f"the id {endpoint.id!r} is used twice")
        seen.add(endpoint.id)
        try:
            instrument = instrument_of(endpoint.instrument)
        except NotFound as error:
            yield document.problem((*where, "instrument"), str(error))
            continue
        yield from (document.problem((*where, key), text) for key, text in _against(endpoint, instrument))


def _against(endpoint: OfScale, instrument: Instrument) -> Iterator[tuple[str, str]]:
    """What in an endpoint does not fit its instrument, with the key that is to be changed."""
    if endpoint.reporter not in instrument.reporters:
        yield "reporter", f"{instrument.id} is not for the reporter {endpoint.reporter!r}"
    try:
        scale = scale_of(endpoint, instrument)
    except NotFound as error:
        yield "scale", str(error)
        return
    try:
        known = _direction(endpoint, scale) if needs_direction(endpoint) else None
    except ValueError as error:
        yield "direction", str(error)
        return
    if isinstance(endpoint, WorstGradeEndpoint) and known == "higher-is-better":
        yield "scale", f"the worst grade is the highest one, but {scale.id} is {known}"
    try:
        judge_of(endpoint, scale)
    except ValueError as error:
        yield "difference", str(error)


def needs_direction(endpoint: OfScale) -> bool:
    """Whether an endpoint depends on which way is worse; an area, and a change without a difference, do not."""
    return endpoint.difference is not None or isinstance(endpoint, WorstGradeEndpoint)
