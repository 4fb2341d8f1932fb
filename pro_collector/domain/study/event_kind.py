"""The kinds of treatment events of a study file: what they are called, how often they happen, what they are in FHIR."""

from typing import Annotated, Literal

from pydantic import Field

from pro_collector.domain.document import text_like
from scheduler.after_end import Ending
from scheduler.anchors import ENROLMENT
from scheduler.duration import Duration
from scheduler.event_choice import Bound
from scheduler.rules import EventName, Frozen

Language = Annotated[str, text_like(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "a language code such as en or pt-BR")]
Text = dict[Language, str]
"""A text in each language of the study."""


class Expected(Frozen):
    """When an event usually happens; serves only rehearsals with simulated people.

    It happens `wait` after the event `after`, give or take `spread`, with probability `chance`, and `times` in a row
    if it repeats.
    """

    after: EventName = ENROLMENT
    wait: Duration = Duration()
    spread: Duration = Duration()
    chance: float = Field(default=1.0, ge=0, le=1)
    times: int = Field(default=1, ge=1, le=1000)


class PublishedCode(Frozen):
    """A code of a published terminology, such as SNOMED CT (`http://snomed.info/sct`)."""

    system: str = Field(pattern=r"https?://\S+|urn:\S+")
    code: str = Field(pattern=r"\S+( \S+)*")
    display: str | None = None


class FhirOfEvent(Frozen):
    """As which FHIR resource a kind of treatment event leaves, and with which published codes."""

    resource: Literal["Procedure", "MedicationAdministration"]
    codes: list[PublishedCode] = Field(default_factory=list)


class EventKind(Frozen):
    """One kind of treatment event. `every` is the usual time between two events of a kind that repeats.

    `expect: next` plans the next event provisionally, `every` after the last one, as long as none of `until` has
    happened. Apart from that, `every` serves rehearsals and the check of the burden budget, `expected` rehearsals only.
    """

    label: Text
    happens: Literal["once", "repeatedly"] = "once"
    ends: Literal["participation"] | None = None
    ends_as: Ending | None = Field(default=None, alias="as", description="how it ends participation; a death is known")
    cycle: bool = Field(default=False, description="its events are treatment cycles: scores carry cycle and cycle day")
    every: Duration | None = None
    expect: Literal["next"] | None = None
    until_event: Bound | None = Field(default=None, alias="until", description="from this event on, none is expected")
    expected: Expected | None = None
    fhir: FhirOfEvent | None = Field(
        default=None, description="what its events are in FHIR; none: they are not exported"
    )
