"""May somebody do this, in this study, at this site? One total function, which pages, programs and lists all ask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pro_collector.domain.account.acts import ACTS, ADDABLE, OF_PEOPLE, WHOLE_INSTALLATION, Act, Role


@dataclass(frozen=True, slots=True)
class RoleAt:
    """A role that is granted to somebody. `study`: None is every study; `site`: None is every site of the study.

    `also`: acts that were granted beside the role; only those of `ADDABLE` count.
    """

    role: Role
    study: str | None = None
    site: str | None = None
    also: frozenset[Act] = frozenset()

    @property
    def acts(self) -> frozenset[Act]:
        """What may be done with it."""
        return ACTS[self.role] | (self.also & ADDABLE.get(self.role, frozenset()))

    def covers(self, study: str | None, site: str | None) -> bool:
        """Whether it is for this study (None: the whole installation) and this site of it (None: all sites)."""
        return self.study is None or (self.study == study and self.site in (None, site))


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites of one study that somebody may see. `names`: None is all of them, also those that come later."""

    names: frozenset[str] | None

    def __contains__(self, site: str | None) -> bool:
        return self.names is None or site in self.names

    def __bool__(self) -> bool:
        return self.names is None or bool(self.names)

    @classmethod
    def of(cls, listed: Iterable[str] | None) -> "Sites":
        """These sites; None is all."""
        return cls(None if listed is None else frozenset(listed))

    def cover(self, others: "Sites") -> bool:
        """Whether none of the others is missing."""
        return self.names is None or (others.names is not None and others.names <= self.names)

    @property
    def listed(self) -> list[str] | None:
        """The names in order; None is all sites."""
        return None if self.names is None else sorted(self.names)


ALL_SITES = Sites(None)


def may(grants: Iterable[RoleAt], act: Act, study: str | None = None, site: str | None = None) -> bool:
    """Whether somebody with these grants may do this.

    `study` None: the act concerns the whole installation. `site` None: it concerns all sites of the study, or somebody
    without a site; a grant for one site does not allow it.
    """
    return any(act in grant.acts and grant.covers(study, site) for grant in grants)


def sites_for(grants: Iterable[RoleAt], act: Act, study: str) -> Sites:
    """The sites of a study at which somebody may do this; a list or a chart shows these and no others."""
    fitting = [grant for grant in grants if act in grant.acts and grant.study in (None, study)]
    if any(grant.covers(study, None) for grant in fitting):
        return ALL_SITES
    return Sites(frozenset(grant.site for grant in fitting if grant.site is not None))


def may_grant(grants: Sequence[RoleAt], given: RoleAt) -> bool:
    """Whether somebody with these grants may give or take this one.

    Whoever manages accounts may give every role of people. Whoever gives roles in a study may give there what they may
    do themselves, and no more.
    """
    if given.role not in OF_PEOPLE:
        return False
    if may(grants, Act.manage_accounts):
        return True
    if given.study is None or not may(grants, Act.grant_roles, given.study, given.site):
        return False
    return all(may(grants, act, given.study, given.site) for act in given.acts)


def problem_of(grant: RoleAt) -> str | None:
    """What is wrong with a grant that somebody wants to give; None if nothing is."""
    if grant.role in WHOLE_INSTALLATION and (grant.study or grant.site):
        return f"{grant.role} is for the whole installation: give no study and no site"
    if grant.role not in WHOLE_INSTALLATION and grant.study is None:
        return f"{grant.role} is for a study: say which one"
    if more := sorted(grant.also - ADDABLE.get(grant.role, frozenset())):
        return f"{Act(more[0]).name} cannot be granted beside {grant.role}"
    return None


def acts_at(grants: Sequence[RoleAt], study: str, site: str | None) -> frozenset[Act]:
    """Everything that somebody may do about a participant of this study at this site (None: one without a site)."""
    return frozenset(act for act in Act if may(grants, act, study, site))
