"""Who may do what where: the one function that all ask, for every role, act, study and site."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.account.acts import ACTS, ADDABLE, OF_PEOPLE, OF_PROGRAMS, WHOLE_INSTALLATION, Act, Role
from pro_collector.domain.account.permission import RoleAt, may, may_grant, problem_of, sites_for

STUDIES, SITES = ("lung", "bone"), ("paris", "madrid", "bern")
ROLES = st.sampled_from(sorted(Role))
GRANTS = st.lists(
    st.builds(
        RoleAt,
        ROLES,
        st.sampled_from((None, *STUDIES)),
        st.sampled_from((None, *SITES)),
        st.frozensets(st.sampled_from(sorted(Act)), max_size=3),
    ),
    max_size=4,
)
PLACES = st.tuples(st.sampled_from((None, *STUDIES)), st.sampled_from((None, *SITES)))


def written_apart(grants: Sequence[RoleAt], act: Act, study: str | None, site: str | None) -> bool:
    """The same rule, as a person would look it up in the table."""
    for each in grants:
        allowed = act in ACTS[each.role] or (act in each.also and act in ADDABLE.get(each.role, ()))
        everywhere = each.study is None
        at_all_sites = each.study == study and each.site is None
        at_this_site = each.study == study and each.site is not None and each.site == site
        if allowed and (everywhere or at_all_sites or at_this_site):
            return True
    return False


@given(GRANTS, st.sampled_from(sorted(Act)), PLACES)
def test_it_answers_for_everybody_and_everything(
    grants: list[RoleAt], act: Act, place: tuple[str | None, str | None]
) -> None:
    assert may(grants, act, *place) == written_apart(grants, act, *place)


@given(GRANTS, GRANTS, st.sampled_from(sorted(Act)), PLACES)
def test_a_grant_more_never_takes_anything(
    grants: list[RoleAt], more: list[RoleAt], act: Act, place: tuple[str | None, str | None]
) -> None:
    assert not may(grants, act, *place) or may([*grants, *more], act, *place)


@given(GRANTS, st.sampled_from(sorted(Act)), st.sampled_from(STUDIES), st.sampled_from(SITES))
def test_a_list_shows_just_the_sites_at_which_somebody_may(
    grants: list[RoleAt], act: Act, study: str, site: str
) -> None:
    sites = sites_for(grants, act, study)
    assert (site in sites) == may(grants, act, study, site)
    assert (None in sites) == (sites.names is None) == may(grants, act, study)


@given(GRANTS, st.builds(RoleAt, ROLES, st.sampled_from(STUDIES), st.sampled_from((None, *SITES))))
def test_nobody_gives_more_than_they_have(grants: list[RoleAt], given_one: RoleAt) -> None:
    if may_grant(grants, given_one) and not may(grants, Act.manage_accounts):
        assert all(may(grants, act, given_one.study, given_one.site) for act in given_one.acts)
        assert may(grants, Act.grant_roles, given_one.study, given_one.site)


@pytest.mark.parametrize("role", sorted(Role))
def test_without_a_grant_nothing_is_allowed_and_each_role_allows_something(role: Role) -> None:
    assert not any(may([], act, "lung", "paris") for act in Act)
    assert ACTS[role]


def test_each_act_is_somebodys_and_each_role_is_of_people_or_of_programs() -> None:
    assert frozenset[Act]().union(*(ACTS[role] for role in OF_PEOPLE)) == frozenset(Act)
    assert set(ACTS) == set(Role) == OF_PEOPLE | OF_PROGRAMS
    assert not OF_PEOPLE & OF_PROGRAMS


OF_PATIENTS = frozenset(Act) - {Act.manage_accounts, Act.see_health}
CHANGES = frozenset(
    {
        Act.work_tasks, Act.write_to_people, Act.enrol, Act.record_treatment, Act.change_people, Act.withdraw,
        Act.erase, Act.amend_study, Act.grant_roles, Act.manage_accounts,
    }
)  # fmt: skip


def test_an_administrator_sees_nothing_of_patients() -> None:
    assert not ACTS[Role.administrator] & OF_PATIENTS
    assert not ACTS[Role.metrics] & OF_PATIENTS


def test_a_monitor_changes_nothing() -> None:
    assert not (ACTS[Role.monitor] | ADDABLE[Role.monitor]) & CHANGES


@pytest.mark.parametrize("role", [Role.researcher, Role.read, Role.write])
def test_who_works_with_pseudonyms_reaches_nobody(role: Role) -> None:
    assert not ACTS[role] & {Act.see_addresses, Act.write_to_people, Act.read_words, Act.change_people}


def test_words_can_be_granted_to_a_researcher_and_addresses_cannot() -> None:
    granted = RoleAt(Role.researcher, "lung", None, frozenset({Act.read_words, Act.see_addresses}))
    assert may([granted], Act.read_words, "lung", "paris")
    assert not may([granted], Act.see_addresses, "lung", "paris")


def test_a_nurse_of_one_site_sees_neither_the_others_nor_the_whole_study() -> None:
    nurse = [RoleAt(Role.coordinator, "lung", "paris")]
    assert may(nurse, Act.read_words, "lung", "paris")
    for study, site in (("lung", "madrid"), ("lung", None), ("bone", "paris"), (None, None), (None, "paris")):
        assert not may(nurse, Act.read_words, study, site)


def test_a_study_lead_gives_roles_in_the_study_and_an_administrator_everywhere() -> None:
    lead, boss = [RoleAt(Role.study_lead, "lung")], [RoleAt(Role.administrator)]
    for role in OF_PEOPLE - WHOLE_INSTALLATION:
        assert may_grant(lead, RoleAt(role, "lung", "paris"))
        assert not may_grant(lead, RoleAt(role, "bone"))
        assert may_grant(boss, RoleAt(role, "bone"))
    assert not may_grant(lead, RoleAt(Role.administrator))
    assert may_grant(boss, RoleAt(Role.administrator))
    assert not may_grant(boss, RoleAt(Role.read, "lung")), "a role of programs is for no account"
    assert not may_grant([RoleAt(Role.coordinator, "lung")], RoleAt(Role.coordinator, "lung"))


@pytest.mark.parametrize(
    ("grant", "problem"),
    [
        (RoleAt(Role.administrator, "lung"), "administrator is for the whole installation: give no study and no site"),
        (RoleAt(Role.coordinator), "coordinator is for a study: say which one"),
        (RoleAt(Role.coordinator, "lung", None, frozenset({Act.erase})), "erase cannot be granted beside coordinator"),
        (RoleAt(Role.monitor, "lung", "paris", frozenset({Act.read_words})), None),
        (RoleAt(Role.administrator), None),
    ],
)
def test_what_is_wrong_with_a_grant_is_said(grant: RoleAt, problem: str | None) -> None:
    assert problem_of(grant) == problem
