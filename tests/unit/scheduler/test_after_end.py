"""What is asked because participation ended: from which day, of whom, and what a death or a retraction does to it."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scheduler.after_end import AfterEnd, Ending, covers, departure, follows
from scheduler.anchors import Anchor, Timeline
from scheduler.calendar import resolve
from scheduler.consent import EVERY_KIND, Consent
from scheduler.occasion import Occasion
from scheduler.person import Person, Span
from scheduler.plan import plan, replan
from scheduler.rulebook import Rules
from scheduler.rules import Schedule

ANN = UUID(int=1)
FIRST = date(2027, 3, 1)
NOW = datetime(2027, 3, 1, tzinfo=UTC)
HORIZON = NOW + timedelta(days=400)
ENDINGS: tuple[Ending, ...] = ("withdrawn", "completed", "deceased")
DELAYS = {"withdrawn": 7, "completed": 7, "deceased": 42}


def asking(ending: Ending) -> Schedule:
    asks = "proxy" if ending == "deceased" else "self"
    return Schedule.model_validate(
        {
            "instruments": ["last"],
            "anchor": "trigger",
            "after": {"participation": ending, "asks": asks},
            "offsets": [f"{DELAYS[ending]}d"],
            "window": {"closes": "30d"},
        }
    )


RULES = Rules.of(
    {ending: asking(ending) for ending in ENDINGS}
    | {"weekly": Schedule.model_validate({
        "instruments": ["diary"], "anchor": "enrolment", "repeat": {"every": "1w", "count": 20},
        "window": {"closes": "2d"},
    })},
    ending=["death", "end_of_study", "lost"], endings={"death": "deceased", "end_of_study": "completed", "lost": None},
)  # fmt: skip
ALL = tuple(Consent(reporter, kind, FIRST) for reporter in ("self", "proxy") for kind in EVERY_KIND)
DAYS = st.integers(0, 60).map(lambda n: FIRST + timedelta(days=n))
STATES = st.lists(st.builds(Span, st.sampled_from(["withdrew", "died", "paused"]), DAYS), max_size=3)
EVENTS = st.lists(st.builds(Anchor, st.sampled_from(["death", "end_of_study", "lost"]), DAYS), max_size=2)


def planned(
    states: list[Span], events: list[Anchor], zone: str = "UTC", consents: tuple[Consent, ...] = ALL
) -> list[Occasion]:
    person = Person(ANN, zone, FIRST, states=tuple(states), consents=consents)
    return list(plan(RULES, person, Timeline.of(events), NOW, HORIZON).occasions)


@given(STATES, EVENTS, st.sampled_from(["UTC", "America/New_York", "Pacific/Auckland"]))
def test_what_follows_the_end_counts_from_its_day_and_a_death_ends_all_else(
    states: list[Span], events: list[Anchor], zone: str
) -> None:
    deaths = [each.starts_on for each in states if each.kind == "died"]
    deaths += [each.on for each in events if each.kind == "death"]
    others = [(each.starts_on, "withdrawn") for each in states if each.kind == "withdrew"]
    others += [
        (each.on, "completed" if each.kind == "end_of_study" else "lost") for each in events if each.kind != "death"
    ]
    made = {each.assessment: each for each in planned(states, events, zone) if each.assessment != "weekly"}
    died = min(deaths, default=None)
    left = min(others, default=None)
    wanted: dict[str, date] = {"deceased": died} if died else {}
    if left and (died is None or left[0] < died) and left[1] != "lost":
        ways = {way for on, way in others if on == left[0]}
        assert set(made) & {"withdrawn", "completed"} <= ways
        wanted |= {way: left[0] for way in set(made) & ways}
    assert made.keys() == wanted.keys()
    for way, on in wanted.items():
        day = on + timedelta(days=DELAYS[way])
        occasion = made[way]
        assert follows(occasion.anchor) == way
        assert occasion.due_at == resolve(datetime.combine(day, time(10)), ZoneInfo(zone))
        dead_by_then = way != "deceased" and died is not None and died <= day
        assert (occasion.state, occasion.reason) == (("cancelled", "died") if dead_by_then else ("planned", None))
        assert occasion.reporter == ("proxy" if way == "deceased" else "self")


@given(STATES, EVENTS)
def test_nobody_who_did_not_agree_is_asked_after_the_end(states: list[Span], events: list[Anchor]) -> None:
    for each in planned(states, events, consents=()):
        assert each.state != "planned" or each.assessment == "weekly"


def test_a_death_that_was_a_mistake_takes_what_follows_it_away_and_back_under_the_same_id() -> None:
    dead = Person(ANN, "UTC", FIRST, states=(Span("died", FIRST + timedelta(days=3)),), consents=ALL)
    alive = Person(ANN, "UTC", FIRST, consents=ALL)
    first = plan(RULES, dead, Timeline(), NOW, HORIZON)
    back = replan(first.occasions, plan(RULES, alive, Timeline(), NOW, HORIZON, first.occasions))
    (gone,) = back.cancelled
    assert (gone.assessment, gone.reason) == ("deceased", "not_in_schedule")
    stored = [*back.cancelled, *back.kept, *back.added]
    again = replan(stored, plan(RULES, dead, Timeline(), NOW, HORIZON, stored))
    assert gone.id in {each.id for each in again.added}


def test_of_two_ends_on_one_day_the_death_counts() -> None:
    day = FIRST + timedelta(days=3)
    person = Person(ANN, "UTC", FIRST, states=(Span("withdrew", day), Span("died", day)))
    assert departure(person, Timeline(), {}).ending == "deceased"


def test_nobody_writes_to_a_patient_who_has_died() -> None:
    with pytest.raises(ValidationError, match="asks: proxy"):
        AfterEnd(participation="deceased")
    assert AfterEnd(participation="deceased", asks="proxy").needs_release
    assert not AfterEnd(participation="deceased", asks="proxy", released_by="automatic").needs_release
    assert not AfterEnd(participation="withdrawn").needs_release
    assert AfterEnd(participation="completed", released_by="team").needs_release


@pytest.mark.parametrize(
    ("anchor", "ending", "kind"),
    [
        ("participation:withdrawn", "withdrawn", "exit"),
        ("participation:completed", "completed", "exit"),
        ("participation:deceased", "deceased", "bereavement"),
        ("deceased", None, "participation"),
        ("surgery", None, "participation"),
        ("", None, "participation"),
    ],
)
def test_an_anchor_says_which_end_is_followed(anchor: str, ending: Ending | None, kind: str) -> None:
    assert (follows(anchor), covers(anchor)) == (ending, kind)
