"""The study in force, as the team sees it: its versions, its assessments in words, and an example of its calendar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_collector.commands.show_task import spoken
from pro_collector.display.plan_picture import Calendar, calendar
from pro_collector.display.schedule import how_asked, when_asked
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.example import ExampleCourse, example_courses
from pro_collector.errors import NotFound
from pro_collector.figures.lanes import draw_protocol
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import protocol
from pro_collector.postgres.tables import studies
from pro_collector.postgres.tables.studies import StudyVersion
from pro_collector.runtime import Runtime
from scheduler.anchors import ENROLMENT

SHOWN = timedelta(days=365)
"""How much of the example calendar is shown."""


@dataclass(frozen=True, slots=True)
class VersionApplied:
    """One time that a version was put in force. `people`: how many of those whom the viewer may see are under it."""

    version: str
    at: datetime
    by: str
    in_force: bool
    people: int


@dataclass(frozen=True, slots=True)
class AssessmentInWords:
    """An assessment: its name and title, its questionnaires, and when and how it is asked, in sentences."""

    name: str
    title: str
    instruments: tuple[str, ...]
    when: str
    how: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExampleCalendar:
    """A year of somebody whose treatment goes as the study file expects it; `arm` None: the study has no arms.

    `title`: what the study calls the arm; empty without arms.
    """

    arm: str | None
    calendar: Calendar
    title: str = ""


@dataclass(frozen=True, slots=True)
class ProtocolInForce:
    """The study in force. `behind`: how many people of these sites are not under it yet."""

    id: str
    title: str
    version: str
    languages: tuple[str, ...]
    sites: tuple[tuple[str, str, str], ...]
    """Each with its name, its label and its time zone."""
    events: tuple[tuple[str, str], ...]
    """Each kind of treatment event with its label."""
    assessments: tuple[AssessmentInWords, ...]
    versions: tuple[VersionApplied, ...]
    """The last one first."""
    behind: int
    examples: tuple[ExampleCalendar, ...]
    picture: str
    """The same year as SVG: a lane for each assessment."""


async def protocol_in_force(rt: Runtime, study: str, sites: Sites) -> ProtocolInForce:
    """The study in force. Raises NotFound."""
    today = rt.clock.now().date()
    async with rt.database.transaction() as tx:
        version = await version_in_force(tx, rt, study)
        applied = await studies.applications(tx, study)
        people = {each.study_version: each.people for each in await protocol.people_by_version(tx, study, sites.listed)}
    shown, current = version.study, version.study.version
    monday = today - timedelta(days=today.weekday())
    courses = list(example_courses(shown, version.questions, monday, monday + SHOWN))
    titles = {ENROLMENT: "enrolment", **_titles(shown)}
    return ProtocolInForce(
        id=shown.id,
        title=spoken(shown.title),
        version=current,
        languages=shown.languages,
        sites=tuple((name, spoken(site.label), site.zone) for name, site in shown.sites.items()),
        events=tuple((name, spoken(kind.label)) for name, kind in shown.timeline.items()),
        assessments=tuple(
            AssessmentInWords(
                name, spoken(each.title), each.instruments, when_asked(each, titles), tuple(how_asked(each, titles))
            )
            for name, each in shown.assessments.items()
        ),
        versions=tuple(
            VersionApplied(
                each.version, each.applied_at, each.applied_by, each is applied[-1], people.get(each.version, 0)
            )
            for each in reversed(applied)
        ),
        behind=sum(count for name, count in people.items() if name != current),
        examples=tuple(_example(shown, course) for course in courses),
        picture=draw_protocol(shown, courses),
    )


def _titles(study: Study) -> dict[str, str]:
    """What the study calls its kinds of events, its arms and its sites."""
    named = (study.timeline, study.arms, study.sites)
    return {name: spoken(each.label) for kind in named for name, each in kind.items()}


async def study_file(rt: Runtime, study: str, version: str | None = None) -> str:
    """The file of a version (None: of that in force), as it was applied. Raises NotFound."""
    async with rt.database.transaction() as tx:
        wanted = version or (await version_in_force(tx, rt, study)).study.version
        return await studies.document(tx, study, wanted)


async def version_in_force(tx: Tx, rt: Runtime, study: str) -> StudyVersion:
    """The version of a study in force, with its questionnaires. Raises NotFound."""
    current = await studies.current(tx, study)
    if current is None:
        raise NotFound(f"no study {study!r}")
    return await rt.studies.get(tx, study, current.version)


def _example(study: Study, course: ExampleCourse) -> ExampleCalendar:
    title = spoken(study.arms[course.arm].label) if course.arm else ""
    return ExampleCalendar(course.arm, calendar(study, course.occasions, course.events, "en"), title)
