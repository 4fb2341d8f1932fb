"""The mapping file of a FHIR server: which of its resources mean which event of the study."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pro_collector.domain.document import text_like
from pro_collector.domain.feed.group import KindRule
from pro_collector.domain.feed.source import FeedMapping, TakenEvent, Url, Variable
from pro_collector.domain.study.definition import Zone
from scheduler.rules import EventName, Frozen

Coded = Annotated[
    str, text_like(r"^[^\s|,]+\|[^\s|,]+$", "a system and a code, such as http://snomed.info/sct|1217123003")
]
System = Annotated[
    str, text_like(r"^[^\s|,]+$", "the system of an identifier, such as https://study.example.org/codes")
]
ResourceType = Literal[
    "Procedure", "MedicationAdministration", "Encounter", "EpisodeOfCare", "Appointment", "Specimen", "Patient"
]


class FhirEvent(TakenEvent):
    """Which resources are an event of the study.

    `codes`: with one of these codes; of `Patient`, the death, there are none. `at`: the day on which it began or ended.
    `statuses`: in one of these states, else in those that mean that it happened. `gap_days`: the first of several, and
    each that comes more than so many days after the one before, begins a cycle. `specimen`: the system of its id.
    """

    resource: ResourceType
    codes: tuple[Coded, ...] = ()
    at: Literal["start", "end"] = "start"
    statuses: tuple[str, ...] = ()
    gap_days: Annotated[int | None, Field(ge=1, le=365)] = None
    specimen: System | None = None

    @model_validator(mode="after")
    def _has_codes(self) -> Self:
        if (self.resource == "Patient") == bool(self.codes):
            raise ValueError("expected codes, such as [http://snomed.info/sct|1217123003]; of Patient, a death, none")
        return self


class FhirSource(Frozen):
    """A FHIR R4 server.

    `identifier`: the system of the identifier of a Patient whose value is the participant's code. `bearer`: the
    variable with a token; `basic`: with `user:password`. `time_zone`: makes a day of a moment; else as it is written.
    """

    url: Url
    identifier: System
    bearer: Variable | None = None
    basic: Variable | None = None
    time_zone: Zone | None = None

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if self.bearer and self.basic:
            raise ValueError("expected `bearer` or `basic`, not both")
        return self


class FhirMapping(FeedMapping):
    """The mapping file of a FHIR server."""

    fhir: FhirSource
    events: Annotated[dict[EventName, FhirEvent], Field(min_length=1)]

    @property
    def rules(self) -> dict[str, KindRule]:
        """How each kind of event is taken."""
        return {kind: event.rule for kind, event in self.events.items()}

    def codes_of(self, resource: str) -> list[str]:
        """The codes that a type of resource is searched for."""
        return sorted({code for each in self.events.values() if each.resource == resource for code in each.codes})

    @property
    def resources(self) -> list[str]:
        """The types of resources to read, without Patient."""
        return sorted({each.resource for each in self.events.values()} - {"Patient"})
