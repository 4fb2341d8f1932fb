"""The mapping file of a feed: where its source is, and which of its fields mean which event of the study."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pro_collector.domain.document import parse_yaml, text_like, validate
from pro_collector.domain.feed.group import KindRule
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.definition import Slug, Study, Zone
from pro_collector.errors import BadInput
from scheduler.rules import EventName, Frozen

RedcapField = Annotated[
    str, text_like(r"^[a-z][a-z0-9_]*$", "a variable name of the REDCap project, such as surgery_date")
]


def _not_ours(variable: str) -> str:
    if variable.startswith("PRO_"):
        raise ValueError("expected a variable of its own, such as REDCAP_TOKEN: PRO_... are secrets of this product")
    return variable


Variable = Annotated[
    str,
    text_like(r"^[A-Z][A-Z0-9_]*$", "the name of an environment variable, such as REDCAP_TOKEN"),
    AfterValidator(_not_ours),
]


def _https(url: str) -> str:
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ValueError("expected https://...: the token and the data of patients go there")
    return url


class RedcapSpecimen(Frozen):
    """Where the id of a specimen stands; its kind, and the biobank or laboratory whose id it is."""

    id: RedcapField
    kind: str = ""
    system: str = ""


class RedcapEvent(Frozen):
    """Where an event of the study stands in REDCap.

    `date`: the field with its date. `number`: the field with the number of the cycle, or `instance` for the number of
    the repeating instrument or event. `in_event`: only in this event of a longitudinal project. `near_days` and
    `first_only`: how it is taken (`KindRule`).
    """

    date: RedcapField
    number: Literal["instance"] | RedcapField | None = None
    dose: RedcapField | None = None
    specimen: RedcapSpecimen | None = None
    in_event: str | None = None
    near_days: Annotated[int, Field(ge=0, le=60)] = 3
    first_only: bool = False

    @property
    def fields(self) -> set[str]:
        """The fields to ask for."""
        number = None if self.number == "instance" else self.number
        specimen = self.specimen.id if self.specimen else None
        return {field for field in (self.date, number, self.dose, specimen) if field}


class RedcapSource(Frozen):
    """A REDCap project. `time_zone` is that of its server. `code`: the field with the participant's code."""

    url: Annotated[str, AfterValidator(_https)]
    token: Variable
    time_zone: Zone
    code: RedcapField | None = None


class FeedSchedule(Frozen):
    """How a feed is read by itself.

    `every_minutes`: so often what changed is read, from `overlap_minutes` before the last reading on; each
    `whole_every_hours` everything is. `requests_per_minute`: at most so many go to the source, after a few at once.
    `silent_after_hours`: so long after the last reading somebody is told.
    """

    every_minutes: Annotated[int, Field(ge=5, le=10080)]
    overlap_minutes: Annotated[int, Field(ge=5, le=10080)] = 90
    whole_every_hours: Annotated[int, Field(ge=1, le=720)] = 24
    requests_per_minute: Annotated[int, Field(ge=1, le=600)] = 60
    silent_after_hours: Annotated[int, Field(ge=1, le=720)] = 24


class FeedMapping(Frozen):
    """A mapping file. Without `schedule`, the feed is read only when somebody asks for it."""

    feed: Slug
    study: Slug
    schedule: FeedSchedule | None = None
    redcap: RedcapSource
    events: Annotated[dict[EventName, RedcapEvent], Field(min_length=1)]

    @property
    def rules(self) -> dict[str, KindRule]:
        """How each kind of event is taken; the study says which of them repeat."""
        return {kind: KindRule(False, event.near_days, event.first_only) for kind, event in self.events.items()}

    @property
    def fields(self) -> list[str]:
        """All fields to ask for, without that of the record's id."""
        code = {self.redcap.code} if self.redcap.code else set()
        return sorted(code.union(*(event.fields for event in self.events.values())))


def load_mapping(text: str, file: str) -> FeedMapping:
    """Read a mapping file. Raises BadInput with every mistake and its line."""
    return validate(parse_yaml(text, file), FeedMapping)


def check_mapping(text: str, file: str, study: Study) -> None:
    """Check the events of a mapping file against the study. Raises BadInput."""
    document = parse_yaml(text, file)
    problems = [
        document.problem(("events", kind), f"the study has no event `{kind}`{did_you_mean(kind, study.timeline)}")
        for kind in validate(document, FeedMapping).events
        if kind not in study.timeline
    ]
    if problems:
        raise BadInput(problems)
