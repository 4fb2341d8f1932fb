"""What comes in the next two weeks at each site: check-ins that open and close, calls to make, expected events."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework.planning import to_fact
from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.timeline import effective
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import calendar as rows
from pro_collector.postgres.questions.calendar import CalendarCount, CalendarEntry, CalendarScope
from pro_collector.postgres.tables import participants, timelines
from pro_collector.runtime import Runtime
from pro_collector.views.people import study_in_force, titles_of
from scheduler.expectation import with_expected
from scheduler.person import ENDING

DAYS = 14
MOST_ENTRIES = 600
"""So many people are named at most; beyond that, only counts."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day. `entries` are by site and hour; empty if there are too many to name."""

    on: date
    counts: tuple[CalendarCount, ...]
    entries: tuple[CalendarEntry, ...]


@dataclass(frozen=True, slots=True)
class CalendarShown:
    """The days from `first` on. `named`: whether each thing is listed with its person, not only counted.

    `titles`: of assessments and treatment events; `sites`: their names, to choose from; `zone`: in which it is `first`.
    """

    first: date
    days: tuple[CalendarDay, ...]
    named: bool
    titles: Mapping[str, str]
    sites: Mapping[str, str]
    zone: str


async def show_calendar(
    rt: Runtime, study: str, sites: Sites, *, site: str = "", what: str = "", days: int = DAYS
) -> CalendarShown:
    """What comes in the next `days` days at these sites, or at one of them. Raises NotFound for an unknown study."""
    async with rt.database.transaction() as tx:
        applied = await study_in_force(tx, rt, study)
        zone = _zone(applied, site)
        first = rt.clock.now().astimezone(ZoneInfo(zone)).date()
        scope = CalendarScope(study, sites.listed, first, first + timedelta(days=days - 1), site, what)
        counts = await rows.counts(tx, scope)
        entries = await rows.entries(tx, scope, MOST_ENTRIES + 1)
        events = await _expected(tx, applied, scope) if what in ("", "event") else []
    counts += _counted(events)
    entries += events
    named = len(entries) <= MOST_ENTRIES
    shown = [first + timedelta(days=n) for n in range(days)]
    return CalendarShown(
        first,
        tuple(_day(on, counts, entries if named else ()) for on in shown),
        named,
        {**titles_of(applied), **{name: spoken(kind.label) for name, kind in applied.timeline.items()}},
        {code: spoken(each.label) for code, each in applied.sites.items() if code in sites},
        zone,
    )


def _zone(study: Study, site: str) -> str:
    """The time zone of a site; without one, that of the study's first site."""
    chosen = study.sites.get(site) or next(iter(study.sites.values()), None)
    return chosen.zone if chosen else "UTC"


def _day(on: date, counts: Sequence[CalendarCount], entries: Sequence[CalendarEntry]) -> CalendarDay:
    named = sorted((each for each in entries if each.on == on), key=_order)
    return CalendarDay(on, tuple(each for each in counts if each.on == on), tuple(named))


def _order(entry: CalendarEntry) -> tuple[object, ...]:
    return entry.site or "", entry.at is not None, entry.at or entry.on, entry.code


def _counted(events: Sequence[CalendarEntry]) -> list[CalendarCount]:
    found = Counter((each.on, each.site, each.about) for each in events)
    return [CalendarCount(on, site, "event", about, n) for (on, site, about), n in found.items()]


async def _expected(tx: Tx, study: Study, scope: CalendarScope) -> list[CalendarEntry]:
    """The events that are expected on these days, of everybody who still takes part."""
    ids: set[UUID] = set()
    for kind, expectation in study.expectations.items():
        longest = timedelta(days=expectation.every.approximate_days() + 4)
        ids |= set(await rows.with_last_event(tx, scope, kind, scope.first - longest, scope.last))
    people = await participants.load_many(tx, list(ids))
    states = await participants.states(tx, list(ids))
    history = await timelines.history(tx, list(ids))
    found: list[CalendarEntry] = []
    for id, person in people.items():
        timeline = effective([to_fact(row) for row in history[id]], repeating=study.repeating)
        ended = any(state.kind in ENDING for state in states[id]) or any(
            anchor.kind in study.ending for anchor in timeline.anchors
        )
        expected = with_expected(timeline, study.expectations).expected if not ended else ()
        found += [
            CalendarEntry(anchor.on, person.site, "event", anchor.kind, person.code, None, person.zone)
            for anchor in expected
            if scope.first <= anchor.on <= scope.last
        ]
    return found
