"""Skip logic: when a question is asked, what comes next, and what a correction undoes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.branching import came_up, enabled, prune, remaining, with_not_asked
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Condition, Item
from pro_collector.domain.instrument.parse import parse_instrument

TREE = parse_instrument(
    parse_yaml(
        """
id: tree
version: 1.0.0
canonical: urn:test:tree
title: Tree
recall: null
source: this test
licence: {holder: nobody, terms: none, text: import, contact: none}
items:
  - {id: root, kind: integer, minimum: 0, maximum: 3}
  - {id: twig, kind: integer, minimum: 0, maximum: 3, enable_when: [{item: root, operator: ">", answer: 0}]}
  - {id: leaf, kind: integer, minimum: 0, maximum: 3, enable_when: [{item: twig, operator: ">=", answer: 2}]}
  - {id: free, kind: yesno}
""",
        "tree.yaml",
    )
)


def asked_when(operator: str, wanted: int | float | str | bool, answer: Answer) -> bool:
    """Whether an item with one condition on `x` is asked."""
    condition = Condition.model_validate({"item": "x", "operator": operator, "answer": wanted})
    return enabled(Item(id="y", kind="text", enable_when=(condition,)), {"x": answer})


@pytest.mark.parametrize(
    ("operator", "wanted", "answer", "expected"),
    [
        (">", 0, 1, True),
        (">", 0, 0, False),
        (">", 0, None, False),
        (">", 0, Absent.ASKED_DECLINED, False),
        (">=", 2, 2, True),
        ("<", 2, 1, True),
        ("<", 2, 2, False),
        ("<=", 2, 2, True),
        ("<=", 1.5, 1.25, True),
        ("=", "blue", "blue", True),
        ("=", "blue", "red", False),
        ("=", 1, 1.0, True),
        ("=", 0, None, False),
        ("!=", 1, 2, True),
        ("!=", 1, 1, False),
        ("!=", 1, None, True),  # "true if no answer has a value that is equal"
        ("!=", "declined", Absent.ASKED_DECLINED, True),
        ("exists", True, 0, True),
        ("exists", True, None, False),
        ("exists", True, Absent.NOT_APPLICABLE, False),
        ("exists", False, None, True),
        ("exists", False, 0, False),
        (">", "2026-01-01", "2026-03-01", True),
        ("<", "2026-01-01", "2026-03-01", False),
        ("<=", "2026-01-01", "2026-01-01", True),
        (">", "2026-01-01", 3, False),
        (">", 1, "2026-01-01", False),
    ],
)
def test_conditions(operator: str, wanted: int | float | str | bool, answer: Answer, expected: bool) -> None:
    assert asked_when(operator, wanted, answer) is expected


@pytest.mark.parametrize(("behavior", "expected"), [("all", False), ("any", True)])
def test_all_or_any_condition(behavior: str, expected: bool) -> None:
    item = Item.model_validate(
        {
            "id": "y",
            "kind": "text",
            "enable_behavior": behavior,
            "enable_when": [
                {"item": "a", "operator": "=", "answer": 1},
                {"item": "b", "operator": "=", "answer": 1},
            ],
        }
    )
    assert enabled(item, {"a": 1, "b": 2}) is expected


EITHER = {"any_of": [{"item": "a", "operator": "=", "answer": 1}, {"item": "b", "operator": "=", "answer": 1}]}
NEEDED = {"item": "c", "operator": "=", "answer": 1}


@pytest.mark.parametrize(
    ("behavior", "answers", "expected"),
    [
        ("all", {"a": 1, "c": 1}, True),
        ("all", {"b": 1, "c": 1}, True),
        ("all", {"a": 1, "b": 1}, False),
        ("all", {"c": 1}, False),
        ("any", {"b": 1}, True),
        ("any", {"c": 1}, True),
        ("any", {"a": 2}, False),
    ],
)
def test_one_of_several_conditions_and_another(behavior: str, answers: dict[str, Answer], expected: bool) -> None:
    data = {"id": "y", "kind": "text", "enable_when": [EITHER, NEEDED], "enable_behavior": behavior}
    item = Item.model_validate(data)
    assert enabled(item, answers) is expected
    assert [condition.item for condition in item.conditions] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("answers", "skipped"),
    [
        ({"a": 0, "b": 0}, True),
        ({"a": 0, "b": Absent.ASKED_DECLINED}, True),
        ({"a": 0, "c": 1}, False),
        ({"c": 0}, True),
        ({"a": 1}, False),
        ({}, False),
    ],
)
def test_an_item_is_skipped_once_one_clause_can_no_longer_hold(answers: dict[str, Answer], skipped: bool) -> None:
    last = Item.model_validate({"id": "y", "kind": "text", "enable_when": [EITHER, NEEDED]})
    tree = TREE.with_items([*(Item(id=name, kind="decimal") for name in "abc"), last])
    assert (with_not_asked(tree, answers).get("y") is Absent.NOT_ASKED) is skipped


def ids(items: tuple[Item, ...]) -> list[str]:
    """The ids of items."""
    return [item.id for item in items]


def test_questions_come_in_order_and_only_when_enabled() -> None:
    assert ids(remaining(TREE, {})) == ["root", "free"]
    assert ids(remaining(TREE, {"root": 1})) == ["twig", "free"]
    assert ids(remaining(TREE, {"root": 1, "twig": 2})) == ["leaf", "free"]
    assert ids(remaining(TREE, {"root": 1, "twig": 1})) == ["free"]
    found = remaining(TREE, {"root": 0})[0]
    assert found is not None
    assert found.id == "free"
    assert remaining(TREE, {"root": 0, "free": 1}) == ()


def test_a_declined_question_is_not_asked_again() -> None:
    assert ids(remaining(TREE, {"root": Absent.ASKED_DECLINED})) == ["free"]


def test_a_correction_drops_the_answers_that_depended_on_it() -> None:
    answers: dict[str, Answer] = {"root": 2, "twig": 3, "leaf": 1, "free": 0}
    assert prune(TREE, answers) == answers
    # root corrected to 0 disables the twig, and with its answer gone also the leaf
    assert prune(TREE, {**answers, "root": 0}) == {"root": 0, "free": 0}
    assert ids(remaining(TREE, {**answers, "root": 0})) == []


def test_answers_to_unknown_items_are_dropped() -> None:
    assert prune(TREE, {"root": 1, "bark": 2}) == {"root": 1}


def test_a_finished_response_says_what_was_not_asked() -> None:
    assert with_not_asked(TREE, {"root": 0, "leaf": 2, "free": 1}) == {
        "root": 0,
        "free": 1,
        "twig": Absent.NOT_ASKED,
        "leaf": Absent.NOT_ASKED,
    }


def test_a_question_behind_one_that_was_never_answered_is_unanswered_too() -> None:
    assert with_not_asked(TREE, {"free": 1}) == {"free": 1}
    assert with_not_asked(TREE, {"root": 1}) == {"root": 1}
    declined = with_not_asked(TREE, {"root": Absent.ASKED_DECLINED})
    assert declined == {"root": Absent.ASKED_DECLINED, "twig": Absent.NOT_ASKED, "leaf": Absent.NOT_ASKED}


CODES = st.dictionaries(st.sampled_from(["root", "twig", "leaf"]), st.integers(0, 3))


@given(early=CODES, late=CODES)
def test_no_late_answer_enables_what_was_not_asked(early: dict[str, int], late: dict[str, int]) -> None:
    """A late answer is given only where there was none."""
    finished = with_not_asked(TREE, early)
    skipped = {name for name, answer in finished.items() if answer is Absent.NOT_ASKED}
    assert came_up(TREE, {**late, **finished}) == ()
    assert skipped & set(ids(remaining(TREE, {**late, **early}))) == set()


def test_a_correction_makes_skipped_questions_come_up_one_level_at_a_time() -> None:
    skipped: dict[str, Answer] = {"root": 0, "twig": Absent.NOT_ASKED, "leaf": Absent.NOT_ASKED, "free": "yes"}
    assert came_up(TREE, skipped) == ()
    assert [item.id for item in came_up(TREE, {**skipped, "root": 1})] == ["twig"]
    assert [item.id for item in came_up(TREE, {**skipped, "root": 1, "twig": 2})] == ["leaf"]
    assert came_up(TREE, {**skipped, "root": 1, "twig": 2, "leaf": 0}) == ()


@given(st.fixed_dictionaries({}, optional={name: st.integers(0, 3) for name in ("root", "twig", "leaf")}))
def test_pruning_is_stable_and_keeps_only_enabled_answers(answers: dict[str, int]) -> None:
    kept = prune(TREE, dict(answers))
    assert prune(TREE, kept) == kept
    assert all(enabled(item, kept) for item in TREE.items if item.id in kept)
    open_items = remaining(TREE, dict(answers))
    assert not {item.id for item in open_items} & set(kept)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_asking_what_comes_next_always_ends(codes: list[int]) -> None:
    answers: dict[str, Answer] = {}
    chosen: Instrument = TREE
    for code in codes:
        item = next(iter(remaining(chosen, answers)), None)
        if item is None:
            break
        assert item.id not in answers
        answers[item.id] = min(code, 1) if item.kind == "yesno" else code
    assert remaining(chosen, answers) == ()
