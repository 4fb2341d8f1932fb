"""What the page about the roster shows: who is on duty now, and what the roster leaves open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_collector.commands.act_on_alert import RosterPreview, left_open, roles_of
from pro_collector.commands.show_task import spoken
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.alert.roster import Roster
from pro_collector.postgres.tables import rosters
from pro_collector.runtime import Runtime


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who has a role at a site now; nobody, if `people` is empty. `site`: its name."""

    site: str
    role: str
    people: Sequence[str]
    zone: str


@dataclass(frozen=True, slots=True)
class RosterPage:
    """The roster in force, if there is one, who is on duty now at each site, and what it leaves open."""

    now: datetime
    document: str
    applied_at: datetime | None
    applied_by: str
    on_duty: Sequence[OnDuty]
    left_open: RosterPreview | None
    sites: Mapping[str, str]
    """Their names."""


async def roster_page(rt: Runtime, study: str, sites: Sites) -> RosterPage:
    """The roster of a study, as far as it concerns these sites. Raises NotFound for an unknown study."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        version = (await rt.studies.in_force(tx, study)).study
        row, roster = await rosters.row_in_force(tx, study, now), await rosters.in_force(tx, study, now)
    names = {name: spoken(site.label) for name, site in version.sites.items()}
    if row is None or roster is None:
        return RosterPage(now, row.document if row else "", None, "", (), None, names)
    zones = {name: site.zone for name, site in version.sites.items() if name in sites}
    roles = sorted(roles_of(version) | roster.roles)
    on_duty = [
        OnDuty(names[site], role, _people(roster, role, site, now, zones), zones[site])
        for site in zones
        for role in roles
    ]
    found = left_open(roster, version, now)
    shown = RosterPreview(found.nobody, tuple(gap for gap in found.gaps if gap.site in zones))
    return RosterPage(now, row.document, row.applied_at, row.applied_by, on_duty, shown, names)


def _people(roster: Roster, role: str, site: str, now: datetime, zones: dict[str, str]) -> tuple[str, ...]:
    return roster.on_duty(role, site, now, ZoneInfo(zones[site]))
