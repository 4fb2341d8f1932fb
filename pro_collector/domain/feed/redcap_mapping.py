"""The mapping file of a REDCap project: which of its fields mean which event of the study."""

from typing import Annotated, Literal

from pydantic import Field

from pro_collector.domain.document import text_like
from pro_collector.domain.feed.group import KindRule
from pro_collector.domain.feed.source import FeedMapping, TakenEvent, Url, Variable
from pro_collector.domain.study.definition import Zone
from scheduler.rules import EventName, Frozen

RedcapField = Annotated[
    str, text_like(r"^[a-z][a-z0-9_]*$", "a variable name of the REDCap project, such as surgery_date")
]


class RedcapSpecimen(Frozen):
    """Where the id of a specimen stands; its kind, and the biobank or laboratory whose id it is."""

    id: RedcapField
    kind: str = ""
    system: str = ""


class RedcapEvent(TakenEvent):
    """Where an event of the study stands in REDCap.

    `date`: the field with its date. `number`: the field with the number of the cycle, or `instance` for the number of
    the repeating instrument or event. `in_event`: only in this event of a longitudinal project.
    """

    date: RedcapField
    number: Literal["instance"] | RedcapField | None = None
    dose: RedcapField | None = None
    specimen: RedcapSpecimen | None = None
    in_event: str | None = None

    @property
    def fields(self) -> set[str]:
        """The fields to ask for."""
        number = None if self.number == "instance" else self.number
        specimen = self.specimen.id if self.specimen else None
        return {field for field in (self.date, number, self.dose, specimen) if field}


class RedcapSource(Frozen):
    """A REDCap project. `time_zone` is that of its server. `code`: the field with the participant's code."""

    url: Url
    token: Variable
    time_zone: Zone
    code: RedcapField | None = None


class RedcapMapping(FeedMapping):
    """The mapping file of a REDCap project."""

    redcap: RedcapSource
    events: Annotated[dict[EventName, RedcapEvent], Field(min_length=1)]

    @property
    def rules(self) -> dict[str, KindRule]:
        """How each kind of event is taken; the study says which of them repeat."""
        return {kind: event.rule for kind, event in self.events.items()}

    @property
    def fields(self) -> list[str]:
        """All fields to ask for, without that of the record's id."""
        code = {self.redcap.code} if self.redcap.code else set()
        return sorted(code.union(*(event.fields for event in self.events.values())))
