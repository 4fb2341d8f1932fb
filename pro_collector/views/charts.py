"""The charts of a study: a scale over time by group, the people one by one, and what became of the visits.

One function for each, with the values that the page, its files and a program show.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.scale import Scale
from pro_collector.domain.research.missingness import EXPECTED, RECEIVED, standing
from pro_collector.domain.research.over_time import (
    LENGTHS,
    Followed,
    GroupInStretch,
    ScoreOnDay,
    Statistic,
    Stretches,
    VisitOnDay,
    length_for,
    over_time,
)
from pro_collector.domain.research.visit_counts import VisitCount, count_visits
from pro_collector.domain.study.definition import Study
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import chart_data
from pro_collector.postgres.questions import charts as rows
from pro_collector.postgres.questions.charts import ChartScope, PersonCharted, ScoreCharted, VisitCharted
from pro_collector.postgres.tables import studies
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.runtime import Runtime
from pro_collector.views.people import titles_of

By = Literal["all", "arm", "site"]
AT_ONCE = 24
"""How many people are on a page of small charts."""
REPORTERS: Mapping[str, str] = {
    "self": "answered by the participant",
    "proxy": "answered by a proxy",
    "caregiver": "answered by a caregiver, about themselves",
}
_GROUPS: Mapping[By, str] = {"all": "all participants", "arm": "no arm", "site": "no site"}


@dataclass(frozen=True, slots=True)
class ChartChoice:
    """What somebody wants to see; what does not exist is replaced by what does.

    `scale`: questionnaire and scale with a slash between. `anchor`: a kind of treatment event, or `enrolment`.
    `every`: days in a stretch; 0: as the data need it. `site`: one site only; empty: all.
    """

    scale: str = ""
    anchor: str = ""
    by: By = "all"
    statistic: Statistic = "median"
    every: int = 0
    site: str = ""


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """What there is to choose from, as titles by value."""

    scales: Mapping[str, str]
    anchors: Mapping[str, str]
    sites: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChartOfReporter:
    """A scale over time as one kind of reporter answered it; `days` in each stretch."""

    reporter: str
    days: int
    rows: Sequence[GroupInStretch]


@dataclass(frozen=True, slots=True)
class ScaleCharted:
    """A scale over time. `groups`: their titles in the order of the drawing; `without`: people who have no day 0.

    `cycles`: each treatment cycle by number, and the median of the days on which it began.
    """

    choice: ChartChoice
    options: ChartOptions
    title: str
    instrument: str
    scale: Scale
    groups: Mapping[str, str]
    charts: Sequence[ChartOfReporter]
    people: int
    without: int
    cycles: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class PersonSeries:
    """The scores of one person by one kind of reporter, as (day from day 0, value), oldest first."""

    code: str
    site: str | None
    arm: str | None
    reporter: str
    day0: date
    points: Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class PeopleCharted:
    """One page of the people who have a score. `span`: the first and last day of the axis that all share."""

    choice: ChartChoice
    options: ChartOptions
    title: str
    instrument: str
    scale: Scale
    series: Sequence[PersonSeries]
    span: tuple[int, int]
    page: int
    pages: int
    found: int


@dataclass(frozen=True, slots=True)
class VisitsCounted:
    """What became of the visits that are due, by visit and group."""

    choice: ChartChoice
    options: ChartOptions
    groups: Mapping[str, str]
    titles: Mapping[str, str]
    rows: Sequence[VisitCount]


@dataclass(frozen=True, slots=True)
class _Chosen:
    version: StudyVersion
    instrument: Instrument
    scale: Scale
    choice: ChartChoice
    options: ChartOptions
    seen: Sites

    @property
    def scope(self) -> ChartScope:
        return ChartScope(self.version.study.id, self.seen.listed)


async def chart_scale(rt: Runtime, study: str, sites: Sites, choice: ChartChoice) -> ScaleCharted:
    """A scale over time at these sites. Raises NotFound for an unknown study, and for one without a scale."""
    async with rt.database.transaction() as tx:
        chosen = await _choose(tx, rt, study, sites, choice)
        people = await _people(tx, chosen)
        scores = await rows.scores(tx, chosen.scope, chosen.instrument.id, chosen.scale.id)
        visits = await rows.visits(tx, chosen.scope, rt.clock.now(), chosen.instrument.id)
        cycles = await chart_data.cycles(tx, study, chosen.choice.anchor, chosen.seen)
    by, day0 = chosen.choice.by, {each.code: each.day0 for each in people if each.day0 is not None}
    followed = [_followed(each, by, each.day0, rt.clock.now().date()) for each in people if each.day0 is not None]
    expected = _expected(people, visits)
    charts = [
        _chart(reporter, chosen.choice, followed, _on_days(scores, reporter, day0), _due(expected, reporter, day0))
        for reporter in REPORTERS
        if any(score.reporter == reporter for score in scores) or reporter == "self"
    ]
    return ScaleCharted(
        chosen.choice, chosen.options, spoken(chosen.version.study.title),
        chosen.instrument.title, chosen.scale, _titles(chosen.version.study, by, {each.group for each in followed}),
        charts, len(followed), len(people) - len(followed), {each.n: each.day for each in cycles},
    )  # fmt: skip


async def chart_people(
    rt: Runtime, study: str, sites: Sites, choice: ChartChoice, page: int = 1, at_once: int = AT_ONCE
) -> PeopleCharted:
    """The people at these sites one by one, by code: those of one page. Raises NotFound as `chart_scale`."""
    async with rt.database.transaction() as tx:
        chosen = await _choose(tx, rt, study, sites, choice)
        people = await _people(tx, chosen)
        scores = await rows.scores(tx, chosen.scope, chosen.instrument.id, chosen.scale.id)
    points: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    day0 = {each.code: each.day0 for each in people if each.day0 is not None}
    for score in scores:
        if (zero := day0.get(score.code)) is not None:
            points[score.code, score.reporter].append(((score.on_day - zero).days, score.value))
    series = [
        PersonSeries(each.code, each.site, each.arm, reporter, each.day0, points[each.code, reporter])
        for each in people for reporter in REPORTERS
        if each.day0 is not None and (each.code, reporter) in points
    ]  # fmt: skip
    pages = max(1, -(-len(series) // at_once))
    page = min(max(page, 1), pages)
    days = [day for each in series for day, _ in each.points] or [0]
    return PeopleCharted(
        chosen.choice, chosen.options, spoken(chosen.version.study.title), chosen.instrument.title, chosen.scale,
        series[(page - 1) * at_once : page * at_once], (min(days), max(days)), page, pages, len(series),
    )  # fmt: skip


async def count_completion(rt: Runtime, study: str, sites: Sites, choice: ChartChoice) -> VisitsCounted:
    """What became of every visit that was due by now, by group. Raises NotFound as `chart_scale`."""
    async with rt.database.transaction() as tx:
        chosen = await _choose(tx, rt, study, sites, choice)
        people = {each.code: each for each in await _people(tx, chosen)}
        visits = await rows.visits(tx, chosen.scope, rt.clock.now())
    by, order = chosen.choice.by, list(chosen.version.study.assessments)
    known = [each for each in visits if each.code in people]
    known.sort(key=lambda each: order.index(each.assessment) if each.assessment in order else len(order))
    counts = count_visits(
        (
            each.assessment, each.reporter, each.visit, _group(people[each.code], by),
            standing(people[each.code], each), each.reason,
        )
        for each in known
    )  # fmt: skip
    return VisitsCounted(
        chosen.choice, chosen.options, _titles(chosen.version.study, by, {row.group for row in counts}),
        titles_of(chosen.version.study), counts,
    )  # fmt: skip


async def _people(tx: Tx, chosen: _Chosen) -> list[PersonCharted]:
    return await rows.people(tx, chosen.scope, chosen.choice.anchor, chosen.version.study.ending)


async def _choose(tx: Tx, rt: Runtime, study: str, sites: Sites, choice: ChartChoice) -> _Chosen:
    """What is shown of what somebody wants."""
    current = await studies.current(tx, study)
    if current is None:
        raise NotFound(f"no study {study!r} is applied here")
    version = await rt.studies.get(tx, study, current.version)
    scales = {
        f"{instrument.id}/{scale.id}": (instrument, scale)
        for instrument in version.instruments.values()
        for scale in instrument.scales
    }
    if not scales:
        raise NotFound(f"no questionnaire of {study} has a scale")
    first = next(iter(scales.values()))[0]
    name = choice.scale if choice.scale in scales else f"{first.id}/{first.scales[-1].id}"
    options = _options(version.study, sites, scales)
    site = choice.site if choice.site in options.sites else ""
    found = replace(
        choice,
        scale=name,
        anchor=choice.anchor if choice.anchor in options.anchors else _first_anchor(version.study),
        every=choice.every if choice.every in LENGTHS else 0,
        site=site,
    )
    return _Chosen(version, *scales[name], found, options, Sites(frozenset([site])) if site else sites)


def _options(study: Study, sites: Sites, scales: Mapping[str, tuple[Instrument, Scale]]) -> ChartOptions:
    return ChartOptions(
        {name: f"{instrument.title}: {scale.title}" for name, (instrument, scale) in scales.items()},
        {"enrolment": "Enrolment", **{name: spoken(each.label) for name, each in study.timeline.items()}},
        {code: spoken(each.label) for code, each in study.sites.items() if code in sites},
    )


def _first_anchor(study: Study) -> str:
    """The default of day 0, probably the start of treatment: the first event after enrolment that happens once."""
    once = (name for name, event in study.timeline.items() if name != "enrolment" and event.happens == "once")
    return next((name for name in once if name not in study.ending), "enrolment")


def _group(person: PersonCharted, by: By) -> str:
    return {"all": "", "arm": person.arm, "site": person.site}[by] or _GROUPS[by]


def _titles(study: Study, by: By, groups: Iterable[str]) -> dict[str, str]:
    """The titles of groups, in the order of the study file; whoever is in none comes last."""
    known: Mapping[str, str] = {}
    if by == "arm":
        known = {code: spoken(each.label) for code, each in study.arms.items()}
    elif by == "site":
        known = {code: spoken(each.label) for code, each in study.sites.items()}
    found = set(groups)
    return {
        **{code: title for code, title in known.items() if code in found},
        **{code: code for code in sorted(found) if code not in known},
    }


def _followed(person: PersonCharted, by: By, day0: date, today: date) -> Followed:
    last = min(today, person.off_study_on - timedelta(days=1)) if person.off_study_on else today
    return Followed(person.code, _group(person, by), (person.enrolled_on - day0).days, (last - day0).days)


def _on_days(scores: Iterable[ScoreCharted], reporter: str, day0: Mapping[str, date]) -> list[ScoreOnDay]:
    return [
        ScoreOnDay(each.code, (each.on_day - day0[each.code]).days, each.value)
        for each in scores
        if each.reporter == reporter and each.code in day0
    ]


def _expected(people: Iterable[PersonCharted], visits: Iterable[VisitCharted]) -> list[tuple[VisitCharted, bool]]:
    """The visits that were expected, each with whether it was received."""
    known = {each.code: each for each in people}
    placed = [(visit, standing(known[visit.code], visit)) for visit in visits if visit.code in known]
    return [(visit, place in RECEIVED) for visit, place in placed if place in EXPECTED]


def _due(expected: Iterable[tuple[VisitCharted, bool]], reporter: str, day0: Mapping[str, date]) -> list[VisitOnDay]:
    return [
        VisitOnDay(visit.code, (visit.due_on - day0[visit.code]).days, received)
        for visit, received in expected
        if visit.reporter == reporter and visit.code in day0
    ]


def _chart(
    reporter: str, choice: ChartChoice, people: Sequence[Followed], scores: Sequence[ScoreOnDay],
    due: Sequence[VisitOnDay],
) -> ChartOfReporter:  # fmt: skip
    days = choice.every or length_for([*(each.day for each in scores), *(each.day for each in due)])
    return ChartOfReporter(reporter, days, over_time(people, scores, due, Stretches(days), choice.statistic))
