"""What a study lets people see on their own page, and for whom there is a page: who answers at which age."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from scheduler.duration import Duration
from scheduler.rules import Frozen, Reporter, Schedule


class OwnPage(Frozen):
    """The section `page` of a study file. `trends_after` counts from the participant's enrolment."""

    offered: bool = Field(default=True, description="whether people have a page of their own, and links to it")
    trends: bool = Field(default=True, description="whether the page draws scores; a blinded study may forbid it")
    trends_after: Duration | None = Field(
        default=None, description="how long after enrolment the page begins to draw scores"
    )
    pause_at_most: Duration = Field(default=Duration(months=2), description="how long a pause of one's own may be")
    earlier_answers: Literal["open", "code", "birth_year"] = Field(
        default="open",
        description="what a form asks for before it shows answers of an earlier visit",
    )


def reporters_at(schedules: Mapping[str, Schedule], age: int | None) -> frozenset[Reporter]:
    """Who answers some assessment at an age in completed years; without a known age, the patient alone.

    Only these have a page: when a young person begins to answer alone, the page of the parent is closed.
    """
    if age is None:
        return frozenset({"self"})
    return frozenset(reporter for schedule in schedules.values() for reporter in schedule.reporters_at(age))
