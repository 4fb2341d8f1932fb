"""The menu of a study: its pages, each for those whose roles allow it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pro_collector.domain.account.acts import Act
from pro_collector.domain.account.permission import RoleAt, sites_for


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the menu: the part of the path below the study, its title, and what one must be allowed to do."""

    name: str
    title: str
    act: Act


ENTRIES = (
    Entry("today", "Today", Act.work_tasks),
    Entry("people", "People", Act.see_people),
    Entry("calendar", "Calendar", Act.see_people),
    Entry("alerts", "Alerts", Act.see_people),
    Entry("charts", "Charts", Act.see_scores),
    Entry("protocol", "Study", Act.see_people),
    Entry("audit", "Audit", Act.read_audit),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the menu. `current`: it leads to the page that is shown, or to the list that it belongs to."""

    path: str
    title: str
    current: bool


def study_path(study: str, page: str) -> str:
    """The path of a page of a study, below the prefix of the public URL."""
    return f"/team/study/{study}/{page}"


def menu(grants: Sequence[RoleAt], study: str, current: str) -> list[Link]:
    """The pages of a study that somebody with these grants may see; `current` is the name of the entry shown."""
    return [
        Link(study_path(study, entry.name), entry.title, entry.name == current)
        for entry in ENTRIES
        if sites_for(grants, entry.act, study)
    ]
