"""The numbers of the charts for programs: a scale over time, the people one by one, what became of the visits."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query

from pro_collector.domain.account.acts import Act
from pro_collector.domain.research.over_time import Statistic
from pro_collector.domain.research.visit_counts import VisitCount
from pro_collector.views.charts import (
    AT_ONCE,
    By,
    ChartChoice,
    PeopleCharted,
    ScaleCharted,
    VisitsCounted,
    chart_people,
    chart_scale,
    count_completion,
)  # fmt: skip
from pro_collector.web.api.models import model_of
from pro_collector.web.api.route import OF_STUDY, ApiRoutes, Visit

LONGEST = 366
Charted = model_of(ScaleCharted, without=("scale",))
OneByOne = model_of(PeopleCharted, without=("scale",))
Counted = model_of(VisitCount, without=("reasons",))
Completion = model_of(VisitsCounted, inside={"rows": Sequence[Counted]})  # type: ignore[valid-type]
Name = Annotated[str, Query(max_length=200)]


def choice_of(
    scale: Name = "", anchor: Name = "", by: By = "all", statistic: Statistic = "median",
    every: Annotated[int, Query(ge=0, le=LONGEST)] = 0, site: Name = "",
) -> ChartChoice:  # fmt: skip
    """What is charted; what does not exist is replaced by what does, and the answer says by what."""
    return ChartChoice(scale, anchor, by, statistic, every, site)


Choice = Annotated[ChartChoice, Depends(choice_of)]


async def scale_over_time(visit: Visit, choice: Choice) -> ScaleCharted:
    """A scale over time by group: median or mean with its interval, who was at risk, expected and received."""
    return await chart_scale(visit.rt, visit.study, visit.sites, choice)


async def people_over_time(
    visit: Visit, choice: Choice, page: Annotated[int, Query(ge=1, le=100_000)] = 1
) -> PeopleCharted:
    """The scores of people one by one, by code."""
    return await chart_people(visit.rt, visit.study, visit.sites, choice, page, AT_ONCE)


async def completion_of_visits(visit: Visit, choice: Choice) -> VisitsCounted:
    """What became of every visit that was due, by group."""
    return await count_completion(visit.rt, visit.study, visit.sites, choice)


def add_charts(routes: ApiRoutes) -> None:
    """Add these routes."""
    see, path, tag = Act.see_scores, f"{OF_STUDY}/charts", "charts"
    routes.add(see, path, scale_over_time, answers=Charted, tag=tag)
    routes.add(see, f"{path}/people", people_over_time, answers=OneByOne, tag=tag)
    routes.add(see, f"{path}/completion", completion_of_visits, answers=Completion, tag=tag)
