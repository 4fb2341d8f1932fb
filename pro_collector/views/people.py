"""The people of a study: a page of the list, and who is reached at an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.enrol import read_value
from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.study.definition import UNPROMPTED, Study
from pro_collector.errors import NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import people as rows
from pro_collector.postgres.questions.people import PeopleFilter, PersonLine
from pro_collector.postgres.tables import looks, studies
from pro_collector.postgres.tables.looks import Look
from pro_collector.runtime import Runtime

AT_ONCE = 50
"""How many people are on one page of the list."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for in the list; `after` or `before` the code of the last or first person of another page."""

    text: str = ""
    site: str = ""
    arm: str = ""
    state: str = ""
    silent: bool = False
    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class PeopleListed:
    """One page of the list. `found`: how many people there are on all pages.

    `earlier`: the code before which the page before this one ends, `later` the one after which the next begins; None
    without such a page. `titles`: of assessments and treatment events; `sites`, `arms`: their names, to choose from.
    """

    people: tuple[PersonLine, ...]
    found: int
    earlier: str | None
    later: str | None
    titles: Mapping[str, str]
    sites: Mapping[str, str]
    arms: Mapping[str, str]
    now: datetime


async def list_people(rt: Runtime, study: str, sites: Sites, wanted: Wanted) -> PeopleListed:
    """The people at these sites whom somebody looks for. Raises NotFound for an unknown study."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        applied = await study_in_force(tx, rt, study)
        chosen = PeopleFilter(
            study, sites.listed, wanted.text.strip(), wanted.site, wanted.arm, wanted.state, wanted.silent,
            sorted(applied.ending),
        )  # fmt: skip
        if wanted.before:
            found = await rows.before(tx, chosen, wanted.before, AT_ONCE + 1, now)
            page, more_before, more_after = found[-AT_ONCE:], len(found) > AT_ONCE, True
        else:
            found = await rows.after(tx, chosen, wanted.after, AT_ONCE + 1, now)
            page, more_before, more_after = found[:AT_ONCE], bool(wanted.after), len(found) > AT_ONCE
        count = await rows.count(tx, chosen, now)
    return PeopleListed(
        tuple(page),
        count,
        page[0].code if page and more_before else None,
        page[-1].code if page and more_after else None,
        {**titles_of(applied), **{name: spoken(kind.label) for name, kind in applied.timeline.items()}},
        {code: spoken(site.label) for code, site in applied.sites.items() if code in sites},
        {code: spoken(arm.label) for code, arm in applied.arms.items()},
        now,
    )


async def people_at_address(rt: Runtime, study: str, sites: Sites, address: str, viewer: Viewer) -> list[str]:
    """The codes of the people at these sites who are reached at a telephone number or a mail address.

    It is found by its keyed hash; that somebody looked is recorded for each person found. Raises BadInput for what is
    no address.
    """
    column = "email" if "@" in address else "phone"
    lookup = rt.vault.lookup(read_value(column, address))
    async with rt.database.transaction() as tx:
        found = await rows.at_address(tx, study, sites.listed, lookup)
        for person in found:
            look = Look(rt.clock.now(), viewer.by, viewer.door, "address search", person.id, None, [], viewer.why)
            await looks.add(tx, look)
    return [person.code for person in found]


async def study_in_force(tx: Tx, rt: Runtime, study: str) -> Study:
    """The version of a study that is in force. Raises NotFound."""
    current = await studies.current(tx, study)
    if current is None:
        raise NotFound(f"no study {study!r} is applied here")
    return (await rt.studies.get(tx, study, current.version)).study


def titles_of(study: Study) -> dict[str, str]:
    """The titles of all assessments, in English or else in the study's first language."""
    titles = {name: spoken(each.title) for name, each in study.assessments.items()}
    return {**titles, **({UNPROMPTED: spoken(study.unprompted.title)} if study.unprompted else {})}
