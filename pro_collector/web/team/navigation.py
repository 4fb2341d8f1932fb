"""The menu of a study: its pages, each for those whose roles allow it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import RoleAt, sites_for


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of the menu: the part of the path below the study, its title, and what one must be allowed to do."""

    name: str
    title: str
    act: Act


FEEDS = "feeds"
"""The entry that is shown only if the study has a feed."""
ENTRIES = (
    MenuEntry("today", "Today", Act.work_tasks),
    MenuEntry("people", "People", Act.see_people),
    MenuEntry("calendar", "Calendar", Act.see_people),
    MenuEntry("alerts", "Alerts", Act.see_people),
    MenuEntry("charts", "Charts", Act.see_scores),
    MenuEntry("exports", "Exports", Act.export),
    MenuEntry("protocol", "Study", Act.see_people),
    MenuEntry(FEEDS, "Feeds", Act.see_people),
    MenuEntry("audit", "Audit", Act.read_audit),
    MenuEntry("roles", "Roles", Act.grant_roles),
)


@dataclass(frozen=True, slots=True)
class MenuLink:
    """A link of the menu. `current`: it leads to the page that is shown, or to the list that it belongs to."""

    path: str
    title: str
    current: bool


def study_path(study: str, page: str) -> str:
    """The path of a page of a study, below the prefix of the public URL."""
    return f"/team/study/{study}/{page}"


def menu(grants: Sequence[RoleAt], study: str, current: str, *, has_feeds: bool) -> list[MenuLink]:
    """The pages of a study that somebody with these grants may see; `current` is the name of the entry shown."""
    return [
        MenuLink(study_path(study, entry.name), entry.title, entry.name == current)
        for entry in ENTRIES
        if sites_for(grants, entry.act, study) and (has_feeds or entry.name != FEEDS)
    ]
