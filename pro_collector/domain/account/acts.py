"""What somebody of the study team, or a program, can do; and which role may do it."""

from collections.abc import Mapping
from enum import StrEnum


class Act(StrEnum):
    """One thing that a page, a command or a program does; its text says what."""

    see_people = "see people by their code: site, arm, states, treatment, visits, coded answers"
    see_scores = "see scores and charts"
    read_words = "read what patients wrote, and answers in free text"
    see_addresses = "see telephone numbers and mail addresses"
    work_tasks = "take, note and close tasks and alerts"
    write_to_people = "write to patients"
    enrol = "enrol patients"
    record_treatment = "record and correct treatment, states and answers taken by telephone"
    change_people = "change addresses, language, hours and proxies"
    withdraw = "record that somebody withdrew or died"
    erase = "erase somebody"
    export = "take data out: exports, downloads, streams"
    amend_study = "change the study, its alert rules and its roster"
    read_audit = "read who did and saw what"
    grant_roles = "give and take roles in the study"
    manage_accounts = "invite, reset and remove accounts and tokens; give and take all roles"
    see_health = "see health, metrics and what waits"


class Role(StrEnum):
    """What somebody is in a study or at a site of it; the last three are for programs."""

    coordinator = "coordinator"
    investigator = "investigator"
    study_lead = "study-lead"
    researcher = "researcher"
    monitor = "monitor"
    administrator = "administrator"
    metrics = "metrics"
    read = "read"
    write = "write"


OF_PROGRAMS = frozenset({Role.metrics, Role.read, Role.write})
"""The roles that a token has; no person has them."""
OF_PEOPLE = frozenset(Role) - OF_PROGRAMS
"""The roles that an account has; no token has them."""
WHOLE_INSTALLATION = frozenset({Role.administrator, Role.metrics})
"""The roles that are of no study."""

_CARE = frozenset(
    {
        Act.see_people, Act.see_scores, Act.read_words, Act.see_addresses, Act.work_tasks, Act.write_to_people,
        Act.enrol, Act.record_treatment, Act.change_people, Act.withdraw,
    }
)  # fmt: skip
_PSEUDONYMOUS = frozenset({Act.see_people, Act.see_scores})

ACTS: Mapping[Role, frozenset[Act]] = {
    Role.coordinator: _CARE,
    Role.investigator: _CARE | {Act.export},
    Role.study_lead: _CARE | {Act.export, Act.erase, Act.amend_study, Act.read_audit, Act.grant_roles},
    Role.researcher: _PSEUDONYMOUS | {Act.export},
    Role.monitor: _PSEUDONYMOUS | {Act.read_audit},
    Role.administrator: frozenset({Act.manage_accounts, Act.see_health}),
    Role.metrics: frozenset({Act.see_health}),
    Role.read: _PSEUDONYMOUS | {Act.export},
    Role.write: _PSEUDONYMOUS | {Act.export, Act.enrol, Act.record_treatment},
}
"""What each role may do: the one table of permissions."""
ADDABLE: Mapping[Role, frozenset[Act]] = {
    Role.researcher: frozenset({Act.read_words}),
    Role.monitor: frozenset({Act.read_words}),
}
"""What may be granted beside a role, for one account."""
