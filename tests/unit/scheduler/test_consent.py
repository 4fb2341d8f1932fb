"""Consent of reporters: which days it covers, and that nothing is planned on the others."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.anchors import Timeline
from scheduler.consent import EVERY_KIND, Consent, Covers, agrees, needs
from scheduler.person import Person
from scheduler.plan import plan, replan
from scheduler.rulebook import Rules
from scheduler.rules import Reporter, Schedule
from scheduler.values import REPORTERS

ANN = UUID(int=1)
FIRST = date(2027, 3, 1)
NOW = datetime(2027, 2, 1, tzinfo=UTC)
DAYS = st.integers(-3, 12).map(lambda n: FIRST + timedelta(days=n))
CONSENTS = st.builds(
    lambda reporter, covers, given_on, days: Consent(
        reporter, covers, given_on, None if days is None else given_on + timedelta(days=days)
    ),
    st.sampled_from(["self", "proxy"]),
    st.sampled_from(EVERY_KIND),
    DAYS,
    st.none() | st.integers(0, 9),
)
DAILY = Schedule.model_validate(
    {
        "instruments": ["diary"],
        "anchor": "enrolment",
        "repeat": {"every": "1d", "count": 8},
        "window": {"closes": "4h"},
        "reporter": [{"by": "both"}],
    }
)


@given(st.lists(CONSENTS, max_size=6), st.sampled_from(["self", "proxy"]), st.sampled_from(EVERY_KIND), DAYS)
def test_who_is_asked_needs_a_consent_in_force_where_one_is_recorded(
    consents: list[Consent], reporter: Reporter, covers: str, day: date
) -> None:
    own = [each for each in consents if each.reporter == reporter and each.covers == covers]
    covered = any(each.given_on <= day and (each.withdrawn_on is None or each.withdrawn_on > day) for each in own)
    for needed in (False, True):
        found = agrees(consents, reporter, covers, day, needed=needed)  # type: ignore[arg-type]
        assert found == (covered if own else not needed)


@pytest.mark.parametrize("needed", [(), ("proxy",), ("self", "proxy")])
def test_what_follows_participation_always_needs_consent(needed: tuple[Reporter, ...]) -> None:
    for covers in EVERY_KIND:
        for reporter in ("self", "proxy"):
            assert needs(reporter, covers, needed) == (covers != "participation" or reporter in needed)


@pytest.mark.parametrize(
    ("reporter", "covers", "ended_by"),
    [
        ("self", "participation", ()), ("proxy", "participation", ()),
        ("self", "exit", ("self",)), ("proxy", "exit", ("self", "proxy")), ("proxy", "bereavement", ("self", "proxy")),
        ("caregiver", "participation", ()), ("caregiver", "bereavement", ("caregiver",)),
    ],
)  # fmt: skip
def test_who_leaves_is_not_asked_afterwards_and_proxy_and_caregiver_decide_for_themselves_alone(
    reporter: Reporter, covers: Covers, ended_by: tuple[Reporter, ...]
) -> None:
    for leaver in REPORTERS:
        assert Consent(reporter, covers, FIRST).ends_when_leaves(leaver) == (leaver in ended_by)
        assert not Consent(reporter, covers, FIRST, FIRST).ends_when_leaves(leaver), "withdrawn already"


@given(st.lists(CONSENTS, max_size=4), st.sets(st.sampled_from(["self", "proxy"])))
def test_nobody_is_asked_on_a_day_without_consent_and_everybody_on_the_others(
    consents: list[Consent], needed: set[Reporter]
) -> None:
    person = Person(ANN, "UTC", FIRST, birth_date=date(1980, 1, 1), consents=tuple(consents))
    rules = Rules.of({"daily": DAILY}, needs_consent=needed)
    planned = plan(rules, person, Timeline(), NOW, NOW + timedelta(days=90)).occasions
    assert len(planned) == 16
    for each in planned:
        may = agrees(consents, each.reporter, "participation", each.due_local.date(), needed=each.reporter in needed)
        assert (each.state, each.reason) == (("planned", None) if may else ("cancelled", "no_consent"))


def test_what_is_under_way_without_consent_is_stopped_for_that_reporter_alone() -> None:
    rules, now = Rules.of({"daily": DAILY}), datetime(2027, 3, 3, tzinfo=UTC)
    adult = Person(ANN, "UTC", FIRST, birth_date=date(1980, 1, 1))
    known = [
        replace(each, state="completed" if each.due_at.day == 1 else "started") if each.due_at < now else each
        for each in plan(rules, adult, Timeline(), NOW, now + timedelta(days=1)).occasions
    ]
    withdrawn = replace(adult, consents=(Consent("proxy", "participation", FIRST, now.date()),))
    diff = replan(known, plan(rules, withdrawn, Timeline(), now, now + timedelta(days=1), known))
    stopped = [(each.reporter, each.due_at.day, each.reason) for each in diff.stopped]
    assert stopped == [("proxy", 2, "consent_withdrawn")]
    assert {(each.reporter, each.reason) for each in diff.cancelled} == {("proxy", "no_consent")}
    ahead = replace(adult, consents=(Consent("proxy", "participation", FIRST, now.date() + timedelta(days=1)),))
    assert replan(known, plan(rules, ahead, Timeline(), now, now + timedelta(days=1), known)).stopped == ()


def test_consent_that_comes_back_brings_the_coming_days_back_under_the_same_ids() -> None:
    rules, horizon = Rules.of({"daily": DAILY}), NOW + timedelta(days=90)
    person = Person(ANN, "UTC", FIRST, birth_date=date(1980, 1, 1))
    first = plan(rules, person, Timeline(), NOW, horizon)
    stopped = Person(
        ANN, "UTC", FIRST, birth_date=date(1980, 1, 1), consents=(Consent("proxy", "participation", FIRST, FIRST),)
    )
    without = plan(rules, stopped, Timeline(), NOW, horizon, first.occasions)
    diff = replan(first.occasions, without)
    assert {each.reporter for each in diff.cancelled} == {"proxy"}
    stored = [*diff.cancelled, *diff.kept]
    again = replan(stored, plan(rules, person, Timeline(), NOW, horizon, stored))
    assert {each.id for each in again.added} == {each.id for each in diff.cancelled}
