"""Which answers trigger an assessment, what ends that, and study files in which it could never end."""

from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.condition.history import CheckInEnded, History, Valued
from pro_collector.domain.study.definition import Study, load_study
from pro_collector.domain.study.trigger import Trigger, changed_triggers, endless
from pro_collector.domain.study.trigger_check import answering
from pro_collector.errors import BadInput
from scheduler.anchors import Ended
from scheduler.rules import Reporter
from scheduler.trigger import TriggeredSeries
from tests.shared.studies import GOOD

START = datetime(2027, 3, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)
PAIN = {"instrument": "diary", "item": "pain", "at_least": 7}
FOLLOWS: dict[str, Any] = {"offsets": ["1d"], "trigger": {"when": PAIN, "at_most": 1}}
LATER = {"instrument": "follow", "item": "pain", "at_least": 7}
BETTER = {"instrument": "diary", "item": "pain", "at_most": 3}


def trigger(when: dict[str, Any] = PAIN, **said: Any) -> Trigger:
    return Trigger.model_validate({"when": when, "at_most": 1, **said})


def day(n: int) -> datetime:
    return START + n * DAY


def said(*values: float | None, corrected: dict[int, float] | None = None, when: datetime | None = None) -> History:
    """A check-in a day with its value, None for one that was missed; corrections became known `when`."""
    given = [(n, value, day(n)) for n, value in enumerate(values) if value is not None]
    given += [(n, value, when or day(len(values))) for n, value in (corrected or {}).items()]
    return History(
        tuple(Valued(f"day {n}", "diary", "item", "pain", value, day(n), known) for n, value, known in given),
        tuple(CheckInEnded(f"day {n}", "weekly", value is not None, day(n)) for n, value in enumerate(values)),
    )


def follow(
    one: Trigger, history: History, ended: str, before: list[TriggeredSeries] | None = None, now: datetime | None = None
) -> list[TriggeredSeries]:
    last = history.ended[-1].at if history.ended else START
    return changed_triggers({"follow-up": one}, {"self": history}, before or [], [ended], now or last)


def test_a_score_that_crosses_a_bound_triggers_once_from_the_end_of_its_check_in() -> None:
    history = said(2, 8)
    assert follow(trigger(), history, "day 0") == [TriggeredSeries("follow-up", "self", "day 1", day(1), day(1))]
    (found,) = follow(trigger(), history, "day 1")
    assert follow(trigger(), history, "day 1", [found]) == [], "the event is handled twice"


def test_an_old_answer_triggers_nothing_when_another_comes_in() -> None:
    assert follow(trigger(), said(8, 2), "day 1") == []


def test_only_if_a_baseline_was_completed() -> None:
    one = trigger({"all_of": [{"answered": "baseline"}, PAIN]})
    history = said(8)
    assert follow(one, history, "day 0") == []
    baseline = Valued("b", "baseline", "item", "pain", 1, START - DAY, START - DAY)
    assert follow(one, replace(history, values=(baseline, *history.values)), "day 0")


def test_a_missed_check_in_triggers() -> None:
    assert follow(trigger({"missed": "weekly", "in_a_row": 2}), said(3, None, None), "day 2")


def test_whose_answers_count() -> None:
    histories = {"self": said(8), "proxy": said(9)}
    both = changed_triggers({"a": trigger()}, histories, [], ["day 0"], day(0))  # type: ignore[arg-type]
    assert [each.reporter for each in both] == ["self", "proxy"]
    one = changed_triggers({"a": trigger(reporters=["proxy"])}, histories, [], ["day 0"], day(0))  # type: ignore[arg-type]
    assert [each.reporter for each in one] == ["proxy"]


def test_so_often_and_not_more() -> None:
    one, history = trigger(in_all=2), said(8, 8, 8)
    found = follow(one, history, "day 0")
    assert [each.check_in for each in found] == ["day 0", "day 1"]
    wrong = replace(found[0], ended=Ended(day(2), "answer_corrected"))
    assert [each.check_in for each in follow(one, said(3, 8, 8), "day 2", [wrong, found[1]])] == ["day 2"]


def test_recovery_ends_what_is_left_at_the_check_in_that_says_so() -> None:
    one = trigger(stop_when=BETTER)
    found = [TriggeredSeries("follow-up", "self", "day 0", day(0), day(0))]
    (ended,) = follow(one, said(8, 5, 2), "day 2", found)
    assert ended.ended == Ended(day(2), "recovered")
    assert follow(one, said(8, 5, 2, 1), "day 3", [ended]) == [], "it has ended already"


def test_a_correction_below_the_bound_takes_back_and_another_one_restores() -> None:
    found = [TriggeredSeries("follow-up", "self", "day 0", day(0), day(0))]
    (gone,) = follow(trigger(), said(8, corrected={0: 3}), "day 0", found, day(2))
    assert gone.ended == Ended(day(2), "answer_corrected")
    assert not gone.stands
    (back,) = follow(trigger(), said(8, corrected={0: 9}), "day 0", [gone], day(3))
    assert back == found[0]


def test_a_correction_above_the_bound_triggers_as_of_the_day_of_the_answer() -> None:
    (found,) = follow(trigger(), said(3, 2, corrected={0: 8}), "day 0", now=day(5))
    assert (found.at, found.recorded_at) == (day(0), day(5))


def test_a_correction_of_the_recovery_takes_it_back() -> None:
    ended = TriggeredSeries("follow-up", "self", "day 0", day(0), day(0), Ended(day(1), "recovered"))
    (again,) = follow(trigger(stop_when=BETTER), said(8, 2, corrected={1: 6}), "day 1", [ended], day(3))
    assert again.ended is None


def test_a_correction_counts_for_the_check_ins_after_it() -> None:
    one = trigger({**PAIN, "in_a_row": 2})
    (found,) = follow(one, said(3, 8, corrected={0: 7}), "day 0", now=day(4))
    assert found.check_in == "day 1"


@given(st.lists(st.one_of(st.none(), st.integers(0, 10)), min_size=1, max_size=8), st.data())
def test_the_same_is_triggered_in_whatever_order_answers_become_known(
    values: list[int | None], data: st.DataObject
) -> None:
    """One by one as they come, or all at the end: by plain arithmetic, each value from 7 on triggers."""
    one, known = trigger(stop_when=BETTER), list[TriggeredSeries]()
    for n in range(len(values)):
        changed = follow(one, said(*values[: n + 1]), f"day {n}", known)
        known = [*(each for each in known if each.check_in not in {c.check_in for c in changed}), *changed]
    expected = {
        f"day {n}": next((day(m) for m in range(n + 1, len(values)) if _better(values[m])), None)
        for n, value in enumerate(values)
        if value is not None and value >= 7
    }
    assert {each.check_in: each.ended and each.ended.at for each in known} == expected
    again = data.draw(st.integers(0, len(values) - 1))
    assert follow(one, said(*values), f"day {again}", known) == []


def _better(value: int | None) -> bool:
    return value is not None and value <= 3


def file(**assessments: dict[str, Any]) -> Study:
    """The small study with more assessments; `after_pain` is stored as `after-pain`."""
    whole = yaml.safe_load(GOOD)
    for name, more in assessments.items():
        usual = {"title": {"en": name}, "instruments": [name.replace("_", "-")], "window": {"closes": "2d"}}
        whole["assessments"][name.replace("_", "-")] = {**usual, **more}
    return load_study(yaml.safe_dump(whole), "study.yaml")


def refused(**assessments: dict[str, Any]) -> str:
    with pytest.raises(BadInput) as error:
        file(**assessments)
    return "\n".join(f"{each.where}: {each.message}" for each in error.value.problems)


def test_a_study_file_with_a_trigger_is_read() -> None:
    study = file(follow={"trigger": {"when": PAIN, "at_most": 2}, "offsets": ["2h", "1d"]})
    assert study.assessments["follow"].anchor == "trigger"
    assert list(study.triggers) == ["follow"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"on_days": [1]}, "say what it counts from: `anchor`, an event; `trigger`, answers; or `after`"),
        (
            {"on_days": [1], "anchor": "surgery", "trigger": {"when": PAIN, "at_most": 1}},
            "`trigger` takes the place of `anchor`",
        ),
        (
            {"on_days": [2], "asks": "caregiver", "trigger": {"when": PAIN, "at_most": 1}},
            "what answers trigger is asked of whoever gave them: leave out `asks`",
        ),
        ({"on_days": [2], "trigger": {"when": PAIN}}, "at_most"),
        (
            {"on_days": [2], "trigger": {"when": {**PAIN, "instrument": "diry"}, "at_most": 1}},
            "no assessment asks `diry`; did you mean `diary`?",
        ),
        ({"on_days": [2], "trigger": {"when": {"event": "surgery"}, "at_most": 1}}, "looks only at treatment"),
        ({"on_days": [2], "trigger": {"when": {"silent_for": "7d"}, "at_most": 1}}, "waits for a silence"),
        ({"on_days": [-1], "trigger": {"when": PAIN, "at_most": 1}}, "nothing can be asked before the answers"),
        (
            {"repeat": {"every": "1d", "for": "5d"}, "trigger": {"when": PAIN, "at_most": 2}},
            "`at_most` can never hold this: 2d after the check-in that triggers it, it would be more than 2 surveys",
        ),
    ],
)
def test_mistakes_are_named(more: dict[str, Any], told: str) -> None:
    assert told in refused(follow=more)


def test_a_loop_needs_an_end() -> None:
    again = {"instruments": ["diary"], "offsets": ["1d"], "trigger": {"when": PAIN, "at_most": 3}}
    assert "for ever (follow -> follow): say how often with `in_all`" in refused(follow=again)
    assert file(follow={**again, "trigger": {**again["trigger"], "in_all": 10}})  # type: ignore[dict-item]
    assert file(follow={**again, "until": "end_of_treatment"})
    assert "for ever" in refused(follow={**again, "until": "cycle"})
    assert file(follow={**again, "until": "first cycle"})


def test_a_loop_over_several_needs_one_end() -> None:
    def after(instrument: str, **more: Any) -> dict[str, Any]:
        return {"offsets": ["1d"], "trigger": {"when": {"answered": instrument}, "at_most": 1, **more}}

    told = refused(one=after("two"), two=after("one"))
    assert "for ever (one -> two -> one)" in told
    assert "for ever (two -> one -> two)" in told
    assert file(one=after("two", in_all=3), two=after("one"))
    assert file(one=after("diary"), two=after("one"))


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.frozensets(st.sampled_from("abcdef"))),
    st.frozensets(st.sampled_from("abcdef")),
)
def test_what_is_not_called_endless_comes_to_an_end(
    listening: dict[str, frozenset[str]], ending: frozenset[str]
) -> None:
    """Played out: each check-in triggers all that listen to it; what has an end is triggered twice at most."""
    looping = endless(listening, ending)
    left = dict.fromkeys(ending, 2)
    waiting, steps = deque("abcdef"), 0
    while waiting and steps < 2_000:
        source = waiting.popleft()
        steps += 1
        for name, sources in listening.items():
            if source in sources and left.get(name, 1) > 0:
                left |= {name: left[name] - 1} if name in left else {}
                waiting.append(name)
    assert bool(waiting) == bool(looping)


@pytest.mark.parametrize(
    ("when", "heard"),
    [
        (PAIN, True),
        ({**PAIN, "instrument": "other"}, False),
        ({"answered": "diary"}, True),
        ({"answered": "other"}, False),
        ({"missed": "weekly", "in_a_row": 2}, True),
        ({"missed": "monthly", "in_a_row": 2}, False),
        ({"all_of": [{"event": "surgery"}, {**PAIN, "instrument": "other"}]}, False),
        ({"any_of": [{"missed": "monthly", "in_a_row": 2}, PAIN]}, True),
    ],
)
def test_only_a_check_in_that_a_condition_rests_on_can_trigger(when: dict[str, Any], heard: bool) -> None:
    assert trigger(when).listens_to("weekly", ["diary"]) is heard


def test_a_check_in_that_is_not_known_triggers_nothing() -> None:
    assert follow(trigger(), said(8), "day 7") == []


def test_who_gave_the_answers_is_asked_what_follows_from_them() -> None:
    schedules = {
        name: file(follow=FOLLOWS, later={**FOLLOWS, "trigger": {"when": LATER, "at_most": 1}}).assessments[name]
        for name in ("weekly", "follow", "later")
    }
    triggers = {"follow": trigger(reporters=["self"]), "later": trigger(LATER)}
    usual: dict[str, list[Reporter]] = {"weekly": ["self", "proxy"], "follow": [], "later": []}
    assert answering(schedules, triggers, usual) == {
        "weekly": ["self", "proxy"], "follow": ["self"], "later": ["self"]
    }  # fmt: skip
    of_proxies = answering(schedules, triggers, {**usual, "weekly": ["proxy"]})
    assert of_proxies["later"] == [], "whom nobody can trigger is asked nothing"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("trigger", "timeline.trigger: this name is for what answers trigger: choose another"),
        ("unscheduled", "timeline.unscheduled: this name is for what is asked by hand: choose another"),
    ],
)
def test_no_event_has_a_name_that_means_something_else(name: str, told: str) -> None:
    with pytest.raises(BadInput) as error:
        load_study(GOOD.replace("timeline:\n", f"timeline:\n  {name}: {{label: {{en: X}}}}\n"), "study.yaml")
    assert told in [f"{each.where}: {each.message}" for each in error.value.problems]
