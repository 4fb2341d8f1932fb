"""The worklist: what comes first, until when, who has it, and what may be done with it."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.alert.life import State
from pro_collector.domain.alert.rule import URGENCIES, Urgency
from pro_collector.domain.conversation.reading_list import Importance
from pro_collector.domain.task_kind import TASK_KINDS, TaskKind
from pro_collector.domain.worklist import (
    CLAIM_LASTS,
    ITEM_KINDS,
    NOBODY,
    WORK_ACTS,
    About,
    AlertFacts,
    AskedCheckIn,
    Held,
    SilentRun,
    TaskFacts,
    WorkAct,
    WorkItem,
    bulk_refusal,
    counted,
    held_after,
    in_order,
    of_alert,
    of_silence,
    of_task,
    refusal,
    silence_of,
    snooze_refusal,
    urgency_of,
)

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MADRID = About(UUID(int=7), "M-7", "madrid", "Europe/Madrid")


def task(kind: TaskKind = "review", n: int = 1, ago: timedelta = HOUR, held: Held = NOBODY, **more: object) -> WorkItem:
    """A task that was raised a while ago."""
    facts = TaskFacts(UUID(int=n), kind, MADRID, "", 10 if kind == "review" else 0, NOW - ago)
    return of_task(replace(facts, **more), held)  # type: ignore[arg-type]


def alert(n: int = 50, urgency: Urgency = "now", taken_by: str | None = None, held: Held = NOBODY) -> WorkItem:
    """An alert whose next step is told in an hour."""
    state: State = "acknowledged" if taken_by else "raised"
    facts = AlertFacts(
        UUID(int=n), MADRID, "severe", urgency, state, NOW - HOUR, NOW - HOUR, NOW + HOUR, taken_by=taken_by
    )
    return of_alert(facts, held)


def check_ins(answered: str) -> list[AskedCheckIn]:
    """Daily check-ins, oldest first: `x` was answered, `.` was not."""
    return [AskedCheckIn(UUID(int=n), NOW - (len(answered) - n) * DAY, each == "x") for n, each in enumerate(answered)]


moments = st.timedeltas(timedelta(minutes=1), timedelta(days=40))
holds = st.one_of(
    st.just(Held()),
    st.builds(
        lambda at, until, by: Held(3, by, NOW + until, NOW - at, NOW + until), moments, moments, st.sampled_from("ab")
    ),
)
items = st.one_of(
    st.builds(
        lambda kind, n, ago, held, importance: task(kind, n, ago, held, importance=int(importance)),
        st.sampled_from(TASK_KINDS), st.integers(1, 40), moments, holds, st.sampled_from(Importance),
    ),
    st.builds(alert, st.integers(50, 90), st.sampled_from(URGENCIES), st.sampled_from([None, "a", "b"]), holds),
)  # fmt: skip


@given(st.lists(items, max_size=12, unique_by=lambda each: each.id))
def test_the_order_is_by_urgency_then_by_what_words_may_be_then_by_the_clock(found: list[WorkItem]) -> None:
    ordered = in_order(found, NOW)
    assert in_order(reversed(ordered), NOW) == ordered, "no item's place depends on where it stood before"
    waiting = [each for each in ordered if each.snoozed_until(NOW) is None]
    assert ordered[: len(waiting)] == waiting, "what is put off is at the end"
    for before, after in itertools.pairwise(waiting):
        first, second = URGENCIES.index(before.urgency), URGENCIES.index(after.urgency)
        assert first <= second
        if first == second:
            assert before.importance >= after.importance
            if before.importance == after.importance:
                assert before.due_at <= after.due_at
    back = [each.snoozed_until(NOW) for each in ordered[len(waiting) :]]
    assert back == sorted(back, key=str)
    assert sum(counted(found).values()) == len(found)


def test_each_kind_of_item_stands_where_it_belongs() -> None:
    expected = ["urgent", "alert", "death", "leave", "question", "call", "silent"]
    silent = of_silence(UUID(int=99), SilentRun(UUID(int=1), 2, NOW, NOW), MADRID)
    found = [
        silent,
        task("call", 1),
        task("question", 2, importance=int(Importance.REQUEST)),
        task("leave", 3, importance=int(Importance.MAY_BE_STOP)),
        task("death", 4, importance=int(Importance.DEATH)),
        alert(5),
        task("urgent", 6, importance=int(Importance.EMERGENCY)),
    ]
    assert [each.kind for each in in_order(found, NOW)] == expected
    assert set(ITEM_KINDS) == {*TASK_KINDS, "alert", "silent"}


@pytest.mark.parametrize(
    ("kind", "importance", "urgency", "due"),
    [
        ("urgent", 70, "now", timedelta()),
        ("altered", 0, "now", timedelta()),
        ("review", Importance.MAY_BE_EMERGENCY, "now", timedelta()),
        ("review", Importance.WORDS, "today", DAY),
        ("delivery", Importance.WORDS, "today", DAY),
        ("wrong_person", 0, "today", DAY),
        ("contact", 0, "this_week", 7 * DAY),
    ],
)
def test_a_task_must_be_done_in_time(kind: TaskKind, importance: int, urgency: Urgency, due: timedelta) -> None:
    item = task(kind, importance=int(importance))
    assert (item.urgency, urgency_of(kind, importance)) == (urgency, urgency)
    assert item.due_at == item.since + due
    assert item.is_overdue(item.due_at)
    assert not item.is_overdue(item.due_at - timedelta(seconds=1))


def test_a_call_must_be_made_while_the_check_in_takes_answers() -> None:
    assert task("call", late_until=NOW + 2 * HOUR).due_at == NOW + 2 * HOUR
    assert task("call", late_until=NOW + 30 * DAY).due_at == NOW - HOUR + 7 * DAY


@pytest.mark.parametrize(
    ("answered", "missed", "decided_by"),
    [
        ("", None, None), ("xxx", None, None), ("x.", None, None), ("..x", None, None),
        ("x..", 2, 2), ("x...", 3, 2), ("x....", 4, 4), ("..", 2, 1),
    ],
)  # fmt: skip
def test_who_leaves_two_in_a_row_unanswered_is_silent(
    answered: str, missed: int | None, decided_by: int | None
) -> None:
    found = silence_of(reversed(check_ins(answered)))
    assert (found and found.missed) == missed
    assert (found and found.check_in.int) == decided_by, "two more are a new item"


@given(st.lists(st.booleans(), max_size=12), st.integers(2, 4))
def test_an_answer_ends_a_silence_and_others_never_hide_it(answered: list[bool], after: int) -> None:
    asked = check_ins("".join("x" if each else "." for each in answered))
    run = len(answered) - max((n + 1 for n, each in enumerate(answered) if each), default=0)
    found = silence_of(asked, after)
    assert (found is not None) == (run >= after)
    if found is not None:
        assert found.missed == run
        assert found.since <= found.last_at == asked[-1].at


def test_a_claim_ends_by_itself_and_each_act_prolongs_it() -> None:
    taken = held_after("claim", Held(), "ana", NOW)
    item = task(held=taken)
    assert item.holder(NOW) == "ana"
    assert item.holder(NOW + CLAIM_LASTS) is None
    assert refusal("claim", item, "leo", NOW) == "ana has it already"
    assert refusal("claim", item, "ana", NOW) == "you have it already"
    assert refusal("claim", item, "leo", NOW + CLAIM_LASTS) is None
    noted = held_after("note", taken, "leo", NOW + HOUR)
    assert (noted.assignee, noted.held_until) == ("ana", NOW + HOUR + CLAIM_LASTS)
    late = held_after("note", taken, "leo", NOW + CLAIM_LASTS)
    assert (late.assignee, late.held_until) == (None, None), "a note does not bring a lost claim back"
    assert held_after("release", taken, "ana", NOW) == Held(2)
    given_on = held_after("assign", taken, "ana", NOW, to="leo")
    assert task(held=given_on).holder(NOW) == "leo"


def test_putting_off_keeps_it_with_whoever_has_it_and_ends_when_something_happens() -> None:
    until = NOW + 3 * DAY
    off = held_after("snooze", held_after("claim", Held(), "ana", NOW), "ana", NOW, until=until)
    item = task(held=off)
    assert item.snoozed_until(NOW) == until
    assert item.snoozed_until(until) is None
    assert item.holder(until + HOUR) == "ana"
    assert task(held=off, last_text_at=NOW + HOUR).snoozed_until(NOW + 2 * HOUR) is None, "they wrote again"
    assert task(held=held_after("wake", off, "ana", NOW)).snoozed_until(NOW) is None
    assert task(held=held_after("note", off, "ana", NOW)).snoozed_until(NOW) == until
    nobody = held_after("snooze", Held(), "ana", NOW, until=until)
    assert (nobody.assignee, nobody.held_until) == (None, None)


def test_what_is_urgent_is_put_off_only_by_whoever_has_it_and_not_for_long() -> None:
    urgent = task("urgent")
    assert refusal("snooze", urgent, "ana", NOW) == "it is urgent: take it first"
    mine = task("urgent", held=held_after("claim", Held(), "ana", NOW))
    assert refusal("snooze", mine, "leo", NOW) == "it is urgent: take it first"
    assert refusal("snooze", mine, "ana", NOW) is None
    assert snooze_refusal(mine, NOW, NOW) == "this moment is over"
    assert snooze_refusal(mine, NOW + DAY, NOW) is None
    assert snooze_refusal(mine, NOW + DAY + HOUR, NOW) == "it may be put off for 1 days at most"


def test_an_alert_goes_on_to_be_told_until_somebody_has_taken_it() -> None:
    put_off = Held(1, None, None, NOW - timedelta(minutes=1), NOW + HOUR)
    raised, taken = alert(held=put_off), alert(taken_by="ana", held=put_off)
    assert (raised.snoozed_until(NOW), taken.snoozed_until(NOW)) == (None, NOW + HOUR)
    for act in ("assign", "snooze"):
        assert "first" in str(refusal(act, raised, "leo", NOW))
        assert refusal(act, taken, "ana", NOW) is None
    assert refusal("claim", taken, "leo", NOW) == "ana has it already"


def test_several_at_once_close_nothing_that_must_be_read_or_explained() -> None:
    with_words = task("question", texts=1)
    assert bulk_refusal("done", with_words, "ana", NOW) == "it has words to be read: open it"
    assert bulk_refusal("done", alert(), "ana", NOW) == "open it, and say what was done"
    assert bulk_refusal("done", task("contact"), "ana", NOW) is None
    assert bulk_refusal("claim", with_words, "ana", NOW) is None
    assert refusal("done", with_words, "ana", NOW) is None


@pytest.mark.parametrize("act", WORK_ACTS)
def test_nothing_is_done_with_what_is_closed(act: WorkAct) -> None:
    assert refusal(act, task(done=True), "ana", NOW) == "it is closed already"


def test_the_version_changes_with_each_act_and_with_what_the_item_is_about() -> None:
    before = task("question", texts=1)
    assert len({before.version, task("question", texts=2).version, task("question", texts=1, done=True).version}) == 3
    assert task("question", texts=1, held=Held(1)).version != before.version
    assert alert().version != alert(taken_by="ana").version


@pytest.mark.parametrize(
    ("act", "item", "why"),
    [
        ("release", task(), "nobody has it"),
        ("release", task(held=held_after("claim", NOBODY, "ana", NOW)), None),
        ("wake", task(), "it is not put off"),
        ("wake", task(held=held_after("snooze", NOBODY, "ana", NOW, until=NOW + DAY)), None),
        ("snooze", alert(urgency="today"), "nobody has taken this alert yet: take it first"),
        ("assign", alert(), "nobody has taken this alert yet: take it first, so that it is told on until somebody has"),
        ("claim", task(held=held_after("claim", NOBODY, "leo", NOW)), "you have it already"),
    ],
    ids=str,
)
def test_a_refusal_says_why(act: WorkAct, item: WorkItem, why: str | None) -> None:
    found = refusal(act, item, "leo", NOW)
    assert found == why if why is None else str(found).startswith(why)
