"""The order of the reading list: one entry for each person and survey, and its importance only rises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.reading_list import (
    BY_KIND,
    BY_REASON,
    CAREGIVER_LEAVES,
    CAREGIVER_PAUSES,
    Importance,
    Unread,
    importance_of,
    reading_list,
)
from pro_collector.domain.task_kind import TaskKind

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def unread(
    n: int,
    *,
    person: int = 1,
    survey: int | None = 1,
    importance: int = 10,
    minutes: int = 0,
    texts: tuple[int, ...] = (),
) -> Unread:
    return Unread(
        UUID(int=n), UUID(int=person), None if survey is None else UUID(int=survey), "review", importance,
        NOON + timedelta(minutes=minutes), [UUID(int=text) for text in texts],
    )  # fmt: skip


tasks = st.builds(
    unread, st.integers(1, 10**6), person=st.integers(1, 4), survey=st.none() | st.integers(1, 2),
    importance=st.sampled_from([1, 10, 15, 20, 30, 40, 50, 60, 70, 80]), minutes=st.integers(0, 500),
    texts=st.lists(st.integers(1, 20), min_size=1, max_size=3).map(tuple),
)  # fmt: skip
lists = st.lists(tasks, max_size=20, unique_by=lambda each: each.id)


@pytest.mark.parametrize(
    ("kind", "reason", "importance"),
    [
        ("urgent", "intents in words", Importance.EMERGENCY),
        ("urgent", "may be an emergency", Importance.MAY_BE_EMERGENCY),
        ("death", "says that somebody of theirs has died", Importance.DEATH),
        ("review", "says that somebody has died", Importance.DEATH),
        ("leave", "keyword", Importance.MAY_BE_STOP),
        ("erase", "said in words", Importance.MAY_BE_STOP),
        ("review", "may want the messages to stop (one phone for RT-1, RT-2)", Importance.MAY_BE_STOP),
        ("review", "asks for a person", Importance.REQUEST),
        ("pause", "said in words", Importance.REQUEST),
        ("wrong_person", "said in words", Importance.REQUEST),
        ("review", CAREGIVER_LEAVES, Importance.MAY_BE_STOP),
        ("review", CAREGIVER_PAUSES, Importance.REQUEST),
        ("review", "may be a concern", Importance.CONCERN),
        ("review", "wrote more than the answer", Importance.WORDS),
        ("review", "not a whole number", Importance.WORDS),
        ("call", "nobody answered by message", Importance.WORDS),
    ],
)
def test_what_the_words_of_a_task_may_be(kind: TaskKind, reason: str, importance: Importance) -> None:
    assert importance_of(kind, reason) is importance


def test_the_tables_name_kinds_that_there_are_and_more_important_phrases_first() -> None:
    assert set(BY_KIND) <= set(get_args(TaskKind))
    assert all(before >= after for before, after in pairwise(BY_REASON.values()))


def test_what_may_matter_most_comes_first_then_what_waits_longest() -> None:
    found = reading_list(
        [
            unread(1, person=1, importance=10, minutes=0),
            unread(2, person=2, importance=70, minutes=9),
            unread(3, person=3, importance=70, minutes=5),
            unread(4, person=1, survey=None, importance=30, minutes=7),
        ]
    )
    assert [(entry.tasks[0].id.int, entry.importance.name) for entry in found] == [
        (3, "EMERGENCY"), (2, "EMERGENCY"), (4, "REQUEST"), (1, "WORDS")
    ]  # fmt: skip


def test_one_entry_has_all_tasks_and_texts_of_a_person_and_survey() -> None:
    (entry,) = reading_list(
        [unread(2, importance=40, minutes=5, texts=(8, 9)), unread(1, importance=20, minutes=1, texts=(7, 8))]
    )
    assert [task.id.int for task in entry.tasks] == [1, 2]
    assert [text.int for text in entry.texts] == [7, 8, 9], "each text once, the first first"
    assert (entry.importance, entry.since) == (Importance.MAY_BE_STOP, NOON + timedelta(minutes=1))


@given(lists)
def test_nothing_is_left_out_and_nothing_is_twice(unread_tasks: list[Unread]) -> None:
    entries = reading_list(unread_tasks)
    assert sorted(task.id for entry in entries for task in entry.tasks) == sorted(each.id for each in unread_tasks)
    assert len({(entry.participant_id, entry.occasion_id) for entry in entries}) == len(entries)
    assert {text for entry in entries for text in entry.texts} == {text for each in unread_tasks for text in each.texts}
    assert all(
        (-before.importance, before.since) <= (-after.importance, after.since) for before, after in pairwise(entries)
    )


@given(lists, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_the_rows(unread_tasks: list[Unread], random: object) -> None:
    shuffled = list(unread_tasks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert reading_list(shuffled) == reading_list(unread_tasks)


@given(lists, tasks)
def test_one_more_text_never_lowers_an_entry(unread_tasks: list[Unread], another: Unread) -> None:
    before = {(entry.participant_id, entry.occasion_id): entry.importance for entry in reading_list(unread_tasks)}
    for entry in reading_list([*(each for each in unread_tasks if each.id != another.id), another]):
        kept = [each for each in unread_tasks if each.id == another.id]
        if not kept:
            assert entry.importance >= before.get((entry.participant_id, entry.occasion_id), 0)


def test_what_a_caregiver_wrote_is_an_entry_of_its_own() -> None:
    theirs = replace(unread(2, person=1, survey=None, importance=30, minutes=5), caregiver=True)
    found = reading_list([unread(1, person=1, survey=None, importance=10, minutes=0), theirs])
    assert [(entry.caregiver, entry.importance.name) for entry in found] == [(True, "REQUEST"), (False, "WORDS")]
