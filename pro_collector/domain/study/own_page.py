"""What a study lets people see on their own page, and for whom there is a page: who answers at which age."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from math import ceil
from typing import Literal

from pydantic import Field

from scheduler.anchors import ENROLMENT, TRIGGER
from scheduler.duration import Duration, add_calendar
from scheduler.rules import EventName, Frozen, Reporter, Schedule


class OwnPage(Frozen):
    """The section `page` of a study file. `trends_after` counts from the participant's enrolment."""

    offered: bool = Field(default=True, description="whether people have a page of their own, and links to it")
    trends: bool = Field(default=True, description="whether the page draws scores; a blinded study may forbid it")
    trends_after: Duration | None = Field(
        default=None, description="how long after enrolment the page begins to draw scores"
    )
    pause_at_most: Duration = Field(default=Duration(months=2), description="how long a pause of one's own may be")
    events: tuple[EventName, ...] | None = Field(
        default=None, description="the treatment events that the page marks; by default those that schedules count from"
    )
    earlier_answers: Literal["open", "code", "birth_year"] = Field(
        default="open",
        description="what a form asks for before it shows answers of an earlier visit",
    )


def trends_from(page: OwnPage, enrolled_on: date) -> date | None:
    """The first day on which the page draws the scores of somebody; None if it never does."""
    if not page.trends:
        return None
    wait = page.trends_after or Duration()
    return add_calendar(enrolled_on, wait) + timedelta(days=ceil(wait.seconds / 86400))


def marked_events(page: OwnPage, schedules: Mapping[str, Schedule], ending: Collection[str]) -> frozenset[str]:
    """The kinds of treatment events that the page marks.

    By default those that check-ins count from: the person knows of them. The team may have recorded others, such as a
    progression, before anybody has told the person.
    """
    if page.events is not None:
        return frozenset(page.events)
    counted_from = frozenset(kind for schedule in schedules.values() for kind in schedule.anchor_kinds)
    return counted_from - {ENROLMENT, TRIGGER} - frozenset(ending)


def reporters_at(schedules: Mapping[str, Schedule], age: int | None) -> frozenset[Reporter]:
    """Who answers some assessment when the patient has an age in completed years; without a known age, no proxy does.

    Only these have a page: when a young person begins to answer alone, the page of the parent is closed. That of a
    caregiver, who answers about themselves, does not hang on the patient's age.
    """
    of_caregiver = frozenset[Reporter]({"caregiver"} if any(each.asks_caregiver for each in schedules.values()) else ())
    if age is None:
        return frozenset[Reporter]({"self"}) | of_caregiver
    return of_caregiver.union(*(schedule.reporters_at(age) for schedule in schedules.values()))
