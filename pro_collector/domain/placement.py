"""Where the scores of a response are in the study and in the treatment, for the events about them."""

from collections.abc import Mapping
from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class Placed(BaseModel):
    """The place of a response, by the treatment dates that are believed. All are null in events of older releases."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    site: str | None = Field(None, description="site of the study")
    arm: str | None = Field(
        None, description="arm of the study on the day on which the visit was due, as in every export"
    )
    visit: str | None = Field(None, description="name of the visit: assessment, number of the anchor event, time point")
    assessment: str | None = Field(None, description="assessment of the study")
    visit_n: int | None = Field(None, description="number of the time point after the anchor event")
    anchor: str | None = Field(None, description="event from which the assessment counts")
    anchor_n: int | None = Field(None, description="number of that event")
    days_since_anchor: int | None = Field(None, description="days since that event")
    on_day: date | None = Field(None, description="day of the response on the participant's calendar")
    study_day: int | None = Field(None, description="that day as a day of the study; there is no day 0")
    cycle: int | None = Field(None, description="number of the treatment cycle on that day")
    cycle_day: int | None = Field(None, description="day of that cycle; its first day is 1")
    days_since: Mapping[str, int] = Field(
        default_factory=dict, description="kind of treatment event to days since the last one"
    )


class Placement(Placed):
    """The place of a response, alone."""

    def differing(self, other: "Placement") -> list[str]:
        """The names of the fields that differ from those of `other`, in their order."""
        return [name for name in Placed.model_fields if getattr(self, name) != getattr(other, name)]
