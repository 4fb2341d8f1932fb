"""Which answers an item allows, and how they are stored."""

import math

import pytest

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.instrument.answer_check import allows, check_answers, normalized
from pro_collector.domain.instrument.answers import Absent, Answer, is_answered, is_settled
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.parse import parse_instrument
from tests.unit.domain.instrument.test_instrument import GOOD

TINY = parse_instrument(parse_yaml(GOOD, "tiny.yaml"))
CHOICE = Item.model_validate({"id": "x", "kind": "choice", "options": [{"code": 1}, {"code": "low"}]})
OPT_OUT = CHOICE.model_copy(update={"opt_outs": ("asked-declined",)})
INTEGER = Item(id="x", kind="integer", minimum=0, maximum=10)
DECIMAL = Item(id="x", kind="decimal", minimum=0, maximum=1.5)


@pytest.mark.parametrize(
    ("item", "answer", "expected"),
    [
        (CHOICE, 1, True),
        (CHOICE, 1.0, True),
        (CHOICE, True, False),
        (CHOICE, "low", True),
        (CHOICE, "Low", False),
        (CHOICE, "1", False),
        (CHOICE, None, True),
        (CHOICE, "not-asked", True),
        (CHOICE, "asked-declined", False),
        (OPT_OUT, "asked-declined", True),
        (OPT_OUT, Absent.NOT_APPLICABLE, False),
        (CHOICE, [1], False),
        (INTEGER, 10, True),
        (INTEGER, 11, False),
        (INTEGER, 2.0, True),
        (INTEGER, 2.5, False),
        (INTEGER, "2", False),
        (INTEGER, math.nan, False),
        (DECIMAL, 1.25, True),
        (DECIMAL, 1.75, False),
        (DECIMAL, math.inf, False),
        (Item(id="x", kind="decimal"), -3e9, True),
        (Item(id="x", kind="text"), "anything", True),
        (Item(id="x", kind="text"), 3, False),
        (Item(id="x", kind="date"), "2026-02-28", True),
        (Item(id="x", kind="date"), "2026-02-30", False),
        (Item(id="x", kind="date"), "28.2.2026", False),
    ],
)
def test_allowed_answers_of_an_item(item: Item, answer: object, expected: bool) -> None:
    assert allows(item, answer) is expected


def test_mistakes_name_the_item_and_what_is_allowed() -> None:
    found = dict(check_answers(TINY, {"a": 7, "b": 3, "c": True, "d": 1, "bb": None}))
    assert found == {
        "a": "7 is not allowed; a takes one of 0, 1 or asked-declined, or null",
        "c": "true is not allowed; c takes one of 0, 1, or null",
        "d": "no item 'd'; known: a, b, c",
        "bb": "no item 'bb'; did you mean 'b'?",
    }


def test_allowed_answers_pass() -> None:
    assert not list(check_answers(TINY, {"a": "asked-declined", "b": 2.0, "c": 1}))
    assert not list(check_answers(TINY, {"a": Absent.ASKED_DECLINED, "b": Absent.NOT_ASKED, "c": None}))


@pytest.mark.parametrize(
    ("answer", "stored"),
    [(3.0, 3), (2.5, 2.5), ("not-asked", Absent.NOT_ASKED), ("low", "low"), (None, None), (4, 4), ([], None)],
)
def test_how_an_answer_is_stored(answer: object, stored: Answer) -> None:
    found = normalized(answer)
    assert found == stored
    assert type(found) is type(stored)


def test_an_absent_answer_is_settled_but_not_answered() -> None:
    assert [is_answered(answer) for answer in (0, "", None, Absent.NOT_ASKED)] == [True, True, False, False]
    assert [is_settled(answer) for answer in (0, "", None, Absent.NOT_ASKED)] == [True, True, False, True]
