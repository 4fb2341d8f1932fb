"""A caregiver who is asked about themselves: only an end of the patient's part stops it, and nothing of theirs does."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scheduler.after_end import WAYS, AfterEnd, Ending
from scheduler.anchors import Anchor, Timeline
from scheduler.caregiver import goes_on_after
from scheduler.consent import EVERY_KIND, Consent, needs
from scheduler.occasion import Occasion
from scheduler.person import Person, Span
from scheduler.plan import plan, replan
from scheduler.rulebook import Rules
from scheduler.rules import Burden, Schedule

ANN = UUID(int=1)
FIRST = date(2027, 3, 1)
NOW = datetime(2027, 2, 20, tzinfo=UTC)
HORIZON = NOW + timedelta(days=300)
WEEKLY = {"instruments": ["diary"], "anchor": "enrolment", "repeat": {"every": "1w", "count": 12},
          "window": {"closes": "2d"}, "reminders": ["1d"], "after_pause": "catch_up"}  # fmt: skip
BEREAVED = {"instruments": ["diary"], "anchor": "trigger", "after": {"participation": "deceased", "asks": "caregiver"},
            "offsets": ["6w"], "window": {"closes": "30d"}}  # fmt: skip
OF_PATIENT = {"weekly": Schedule.model_validate(WEEKLY), "both": Schedule.model_validate(
    {**WEEKLY, "at": "12:00", "reporter": [{"by": "both"}]})}  # fmt: skip
OF_CAREGIVER = {
    "caring": Schedule.model_validate({**WEEKLY, "asks": "caregiver"}),
    "bereaved": Schedule.model_validate(BEREAVED),
}
ENDINGS: dict[str, Ending | None] = {
    "death": "deceased", "left": "withdrawn", "end_of_study": "completed", "lost": None,
}  # fmt: skip
OWN = tuple(Consent("caregiver", kind, FIRST) for kind in EVERY_KIND)
DAYS = st.integers(0, 90).map(lambda n: FIRST + timedelta(days=n))
ENDS = st.lists(st.builds(Span, st.sampled_from(["withdrew", "died"]), DAYS), max_size=2)
EVENTS = st.lists(st.builds(Anchor, st.sampled_from(list(ENDINGS)), DAYS), max_size=2)
PAUSES = st.lists(
    st.builds(
        lambda kind, on, days: Span(kind, on, None if days is None else on + timedelta(days=days)),
        st.sampled_from(["paused", "hospital", "holiday", "stopped_texting", "answered_by_proxy"]),
        DAYS,
        st.none() | st.integers(1, 40),
    ),
    max_size=3,
)
PEOPLE = st.builds(
    Person, st.just(ANN), st.sampled_from(["UTC", "America/New_York", "Pacific/Auckland"]), st.just(FIRST),
    birth_date=st.just(date(1950, 1, 1)), preferred_time=st.none() | st.just(time(17, 30)), consents=st.just(OWN),
    caregiver_goes_on=st.none() | DAYS,
)  # fmt: skip


def rules(schedules: dict[str, Schedule], *, burden: bool = False) -> Rules:
    return Rules.of(schedules, burden=Burden(surveys=1) if burden else None, ending=ENDINGS, endings=ENDINGS)


def planned(
    who: Person, events: list[Anchor], schedules: dict[str, Schedule] = OF_CAREGIVER, *, burden: bool = False
) -> list[Occasion]:
    return list(plan(rules(schedules, burden=burden), who, Timeline.of(events), NOW, HORIZON).occasions)


def days(occasions: list[Occasion], assessment: str = "caring") -> list[date]:
    return [each.due_local.date() for each in occasions if (each.assessment, each.state) == (assessment, "planned")]


@given(PEOPLE, ENDS, PAUSES, EVENTS, st.booleans())
def test_the_patient_is_asked_the_same_with_and_without_a_caregiver(
    who: Person, ends: list[Span], pauses: list[Span], events: list[Anchor], burden: bool
) -> None:
    who = replace(who, states=(*ends, *pauses))
    alone = planned(replace(who, consents=(), caregiver_goes_on=None), events, OF_PATIENT, burden=burden)
    with_caregiver = planned(who, events, OF_PATIENT | OF_CAREGIVER, burden=burden)
    assert [each for each in with_caregiver if each.reporter != "caregiver"] == alone


@given(PEOPLE, ENDS, PAUSES, EVENTS)
def test_no_pause_and_no_wish_of_the_patient_changes_what_the_caregiver_is_asked(
    who: Person, ends: list[Span], pauses: list[Span], events: list[Anchor]
) -> None:
    calm = replace(who, states=tuple(ends), preferred_time=None)
    quiet = ((time(0), time(12)),)
    troubled = replace(who, states=(*ends, *pauses), quiet=quiet, preferred_day="sun")
    found = planned(troubled, events)
    assert found == planned(calm, events)
    assert {each.reporter for each in found} <= {"caregiver"}


@given(PEOPLE, ENDS, EVENTS)
def test_an_end_ends_it_unless_it_is_a_withdrawal_and_the_caregiver_goes_on(
    who: Person, ends: list[Span], events: list[Anchor]
) -> None:
    who = replace(who, states=tuple(ends))
    leaves = [each.starts_on for each in ends if each.kind == "withdrew"]
    leaves += [each.on for each in events if each.kind == "left"]
    stops = [each.starts_on for each in ends if each.kind == "died"]
    stops += [each.on for each in events if each.kind != "left"]
    undecided = min(leaves, default=date.max)
    if who.caregiver_goes_on is None or who.caregiver_goes_on < undecided:  # decided about no withdrawal, or an earlier
        stops += leaves
    on = {day for day in days(planned(who, events)) if day >= min([*stops, date.max])}
    assert on == set()
    if who.caregiver_goes_on is not None and undecided < min([*stops, date.max]):
        asked = days(planned(who, events))
        assert not [day for day in asked if undecided <= day < who.caregiver_goes_on]
        weeks = [FIRST + timedelta(weeks=n) for n in range(12)]
        assert {day for day in weeks if who.caregiver_goes_on <= day < min([*stops, date.max])} <= set(asked)


@given(PEOPLE, ENDS, EVENTS)
def test_the_sender_and_the_plan_agree_whether_a_caregiver_goes_on(
    who: Person, ends: list[Span], events: list[Anchor]
) -> None:
    who = replace(who, states=tuple(ends))
    known = [(each.starts_on, WAYS[each.kind]) for each in ends] + [(each.on, ENDINGS[each.kind]) for each in events]
    asked = set(days(planned(who, events)))
    for day in (FIRST + timedelta(weeks=n) for n in range(12)):
        over = any(on <= day for on, _ in known)
        assert (day in asked) == (not over or goes_on_after(known, who.caregiver_goes_on, day))


@given(PEOPLE, ENDS, EVENTS)
def test_a_caregiver_who_did_not_agree_themselves_is_asked_nothing(
    who: Person, ends: list[Span], events: list[Anchor]
) -> None:
    of_others = tuple(Consent(reporter, kind, FIRST) for reporter in ("self", "proxy") for kind in EVERY_KIND)
    who = replace(who, states=tuple(ends), consents=of_others)
    assert not [each for each in planned(who, events) if each.state == "planned"]
    assert all(needs("caregiver", kind, ()) for kind in EVERY_KIND)


def test_after_a_death_only_what_the_team_releases_follows() -> None:
    died = FIRST + timedelta(days=10)
    who = Person(ANN, "UTC", FIRST, states=(Span("died", died),), consents=OWN, caregiver_goes_on=died)
    found = planned(who, [])
    assert days(found) == [FIRST, FIRST + timedelta(days=7)]
    assert days(found, "bereaved") == [died + timedelta(days=42)]
    assert AfterEnd(participation="deceased", asks="caregiver").needs_release
    with pytest.raises(ValidationError, match="only what a person of the team releases"):
        AfterEnd(participation="deceased", asks="caregiver", released_by="automatic")


@pytest.mark.parametrize(
    ("state", "goes_on", "stopped"),
    [
        ("withdrew", None, {"self", "proxy", "caregiver"}),
        ("withdrew", FIRST + timedelta(days=8), {"self", "proxy"}),
        ("died", FIRST + timedelta(days=8), {"self", "proxy", "caregiver"}),
        ("hospital", None, set()),
    ],
)
def test_what_has_begun_is_stopped_for_those_for_whom_it_ended(
    state: str, goes_on: date | None, stopped: set[str]
) -> None:
    both = rules(OF_PATIENT | OF_CAREGIVER)
    who = Person(ANN, "UTC", FIRST, birth_date=date(1950, 1, 1), consents=OWN)
    first = plan(both, who, Timeline(), NOW, HORIZON).occasions
    later = datetime(2027, 3, 8, 20, tzinfo=UTC)
    stored = [replace(each, state="invited") if each.due_at <= later and each.n == 2 else each for each in first]
    known = Span(state, FIRST + timedelta(days=7))  # type: ignore[arg-type]
    left = replace(who, states=(known,), caregiver_goes_on=goes_on)
    changes = replan(stored, plan(both, left, Timeline(), later, HORIZON, stored))
    assert {each.reporter for each in changes.stopped} == stopped


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"asks": "proxy"}, "expected caregiver; for a proxy"),
        ({"asks": "caregiver", "reporter": [{"by": "both"}]}, "make two assessments"),
        ({"asks": "caregiver", "after": {"participation": "withdrawn"}}, "says who answers"),
    ],
)
def test_one_place_says_who_answers(said: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        Schedule.model_validate({**WEEKLY, **said})


def test_the_age_of_the_patient_may_decide_whether_a_caregiver_is_asked() -> None:
    schedule = Schedule.model_validate({**WEEKLY, "asks": "caregiver", "only": {"ages": {"below": 18}}})
    for born, expected in ((date(2015, 1, 1), 12), (date(1990, 1, 1), 0)):
        who = Person(ANN, "UTC", FIRST, birth_date=born, consents=OWN)
        assert len(planned(who, [], {"caring": schedule})) == expected
    assert {each.reason for each in planned(Person(ANN, "UTC", FIRST, consents=OWN), [], {"caring": schedule})} == {
        "birth_date_unknown"
    }
