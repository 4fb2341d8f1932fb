"""Checks that an instrument allows the given answers, before anything is stored or scored."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache

from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.item import Code, Item
from pro_collector.domain.near import unknown

_LISTABLE = frozenset({int, str, Absent, type(None)})  # not bool: True is no code, though it equals 1
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")


def check_answers(instrument: Instrument, answers: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each mistake as (item, message): unknown items, and answers that the item does not allow."""
    listed = _listed(instrument)
    for name, answer in answers.items():
        if type(answer) in _LISTABLE and answer in listed.get(name, ()):
            continue
        item = instrument.item(name)
        if item is None:
            yield name, unknown("item", name, [known.id for known in instrument.items])
        elif not allows(item, answer):
            yield name, f"{as_json(answer)} is not allowed; {name} takes {item.allowed}, or null{_hint(item, answer)}"


def as_json(answer: object) -> str:
    """An answer as JSON text: true, "1"."""
    return json.dumps(answer, ensure_ascii=False, default=str)


def _hint(item: Item, answer: object) -> str:
    """How to correct the most common mistake: a number in quotes."""
    if isinstance(answer, str) and answer.strip().lstrip("-").isdecimal() and allows(item, int(answer)):
        return f"; write {int(answer)} without quotes"
    return ""


@lru_cache(maxsize=256)
def _listed(instrument: Instrument) -> Mapping[str, frozenset[object]]:
    """The answers that can be listed, by item. For most answers this lookup is the whole check."""
    return {
        item.id: frozenset({None, Absent.NOT_ASKED, *item.opt_outs, *(option.code for option in item.options)})
        for item in instrument.items
    }


def allows(item: Item, answer: object) -> bool:
    """Whether `item` allows `answer`: a code, a number within its limits, one of its opt-outs, or None.

    `not-asked` is always allowed, because a shortened form may leave out any item. A whole number may be written 3.0.
    """
    if answer is None or answer == Absent.NOT_ASKED or answer in item.opt_outs:
        return True
    if isinstance(answer, bool) or not isinstance(answer, int | float | str):
        return False
    if item.options:
        return item.option(answer) is not None
    if isinstance(answer, str):
        return item.kind == "text" or (item.kind == "date" and _is_date(answer))
    low, high = item.span or (float("-inf"), float("inf"))
    return item.kind in ("integer", "decimal") and low <= answer <= high and (item.kind == "decimal" or answer % 1 == 0)


def parse_answer(item: Item, code: str) -> Answer:
    """The answer to `item` that `code` stands for, or None if `item` does not allow it; declining is always allowed."""
    if code == Absent.ASKED_DECLINED:
        return Absent.ASKED_DECLINED
    known: dict[str, Code] = {str(option.code): option.code for option in item.options}
    if item.options or item.kind not in ("integer", "decimal"):
        answer: object = known.get(code, code)
    else:
        answer = float(code) if _NUMBER.fullmatch(code) else code
    return normalized(answer) if answer != Absent.NOT_ASKED and allows(item, answer) else None


def normalized(answer: object) -> Answer:
    """An allowed answer as it is stored: opt-outs as Absent, whole numbers as int."""
    if isinstance(answer, str):
        return Absent(answer) if answer in set(Absent) else answer
    if isinstance(answer, float) and answer.is_integer():
        return int(answer)
    return answer if isinstance(answer, int | float) else None


def _is_date(answer: str) -> bool:
    if not _DATE.fullmatch(answer):
        return False
    try:
        date.fromisoformat(answer)
    except ValueError:
        return False
    return True
