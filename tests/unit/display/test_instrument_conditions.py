"""When a question is asked, in one line."""

import pytest

from pro_collector.display.instrument import conditions
from pro_collector.domain.instrument.item import Item

A, B, C = ({"item": name, "operator": ">", "answer": 1} for name in "abc")


@pytest.mark.parametrize(
    ("logic", "behavior", "said"),
    [
        ([A], "all", "a > 1"),
        ([A, B], "all", "a > 1 and b > 1"),
        ([A, B], "any", "a > 1 or b > 1"),
        ([{"any_of": [A, B]}], "all", "a > 1 or b > 1"),
        ([{"any_of": [A, B]}, C], "all", "(a > 1 or b > 1) and c > 1"),
        ([{"any_of": [A, B]}, C], "any", "a > 1 or b > 1 or c > 1"),
    ],
)
def test_and_and_or(logic: list[object], behavior: str, said: str) -> None:
    item = Item.model_validate({"id": "y", "kind": "text", "enable_when": logic, "enable_behavior": behavior})
    assert conditions(item) == said
