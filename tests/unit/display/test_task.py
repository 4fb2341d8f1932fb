"""A task told in plain words, whatever its kind; and which answers a person can name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from pro_collector.display.task import RECORD, ReceivedMessage, Task, Visit, choices, page, printable
from pro_collector.domain.instrument.answer_check import parse_answer
from pro_collector.domain.instrument.answers import Absent
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.text import ItemWording, OptionWording
from pro_collector.domain.task_kind import TASK_KINDS
from pro_collector.words import team

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
TASK = Task(
    UUID("0a1b2c3d-0000-0000-0000-000000000000"), "review", "order not certain", NOW - timedelta(minutes=5), "",
    "RT-1", "story", "", None, "es", ZoneInfo("Europe/Madrid"),
)  # fmt: skip
CHOICE = Item.model_validate({"id": "x", "kind": "choice", "options": [{"code": 1}, {"code": "low"}]})
INTEGER = Item(id="x", kind="integer", minimum=0, maximum=10, opt_outs=("not-applicable",))
DECIMAL = Item(id="x", kind="decimal", minimum=0, maximum=1.5)
DATE = Item(id="x", kind="date")
TEXT = Item(id="x", kind="text")


def test_every_kind_has_words() -> None:
    assert set(team("task").section("what").phrases) == set(team("task").section("last").phrases) == set(TASK_KINDS)
    assert {why for commands in RECORD.values() for why, _ in commands} == set(team("task").section("record").phrases)
    for kind in TASK_KINDS:
        lines = list(page(replace(TASK, kind=kind), NOW))
        assert lines[0] == f"{kind} 0a1b2c3d, raised Tuesday 2026-03-03 15:55 CET (5 min ago)"
        assert lines[-1] == '    pro-collector tasks done 0a1b2c3d --note "what was done"'


@pytest.mark.parametrize(
    ("waited", "said"), [(timedelta(), "0 min"), (timedelta(hours=3), "3 h"), (timedelta(days=3, hours=5), "3 days")]
)
def test_how_long_it_waits(waited: timedelta, said: str) -> None:
    assert f"({said} ago)" in next(page(replace(TASK, raised_at=NOW - waited), NOW))


def test_a_code_that_is_in_several_studies_is_named_with_its_own() -> None:
    lines = list(page(replace(TASK, kind="leave", study_option=" --study story"), NOW))
    assert "    pro-collector participant state RT-1 --study story withdrew" in lines


def test_a_visit_without_late_entry_that_nobody_was_told_of() -> None:
    visit = Visit("Weekly", "proxy", "open", 0, 6, NOW, NOW, (), None, None)
    said = "\n".join(page(replace(TASK, kind="call", visit=visit), NOW))
    assert "Weekly, to be answered by the parent or carer: 0 of 6 answered" in said
    assert "late answers" not in said
    assert "messages about it so far: 0\n" in said


@pytest.mark.parametrize("kind", ["contact", "call"])
def test_a_parent_who_is_to_answer_is_called_and_put_right_at_their_own_phone(kind: str) -> None:
    for reporter, column, whom in (("proxy", "proxy_phone", "the parent or carer"), ("self", "phone", "the patient")):
        visit = Visit("Weekly", reporter, "open", 0, 6, NOW, NOW, (), "https://form", None)
        said = "\n".join(page(replace(TASK, kind=kind, visit=visit), NOW))
        assert f"Call {whom} (the number" in said
        assert (f"participant change RT-1 {column}\n" in said) is (kind == "contact")


def test_the_address_that_wrote_is_the_one_to_put_right() -> None:
    written = ReceivedMessage(NOW, "wrong number", "proxy", "proxy_phone")
    said = list(page(replace(TASK, kind="wrong_person", written=(written,)), NOW))
    assert "    pro-collector participant change RT-1 proxy_phone" in said
    assert said[4].startswith("The parent or carer wrote, ")


def test_several_lines_stay_several_and_what_would_command_a_terminal_is_spelled_out() -> None:
    lines = list(page(replace(TASK, written=(ReceivedMessage(NOW, "one\ntwo\r\x1b[31m"),)), NOW))
    assert "    one" in lines
    assert "    two\\r\\x1b[31m" in lines
    assert printable("año 👩\u200d👧\u200b") == "año 👩\u200d👧\\u200b"


def wording(item: Item, **given: object) -> ItemWording:
    options = tuple(OptionWording(option.code, f"label {option.code}", ()) for option in item.options)
    shown: dict[str, object] = {"minimum": None, "maximum": None, "options": options, "opt_outs": (), **given}
    return ItemWording(item, "prompt", "sms", **shown)  # type: ignore[arg-type]  # the test says which


@pytest.mark.parametrize(
    ("item", "given", "expected"),
    [
        (CHOICE, {}, ["1  label 1", "low  label low"]),
        (INTEGER, {"minimum": "none"}, ["0 to 10, 0 is none"]),
        (DECIMAL, {}, ["0 to 1.5"]),
        (DATE, {}, ["a date as YYYY-MM-DD"]),
    ],
)
def test_what_may_be_answered(item: Item, given: dict[str, object], expected: list[str]) -> None:
    assert list(choices(wording(item, **given))) == [*expected, "asked-declined  they prefer not to answer"]


def test_opt_outs_in_the_words_of_the_instrument() -> None:
    own = (OptionWording("not-applicable", "no such thing", ()), OptionWording("asked-declined", "rather not", ()))
    assert list(choices(wording(INTEGER, opt_outs=own)))[1:] == [
        "asked-declined  rather not",
        "not-applicable  no such thing",
    ]


@pytest.mark.parametrize(
    ("item", "code", "answer"),
    [
        (CHOICE, "1", 1),
        (CHOICE, "low", "low"),
        (CHOICE, "1.0", None),
        (CHOICE, "2", None),
        (CHOICE, "not-asked", None),
        (CHOICE, "asked-declined", Absent.ASKED_DECLINED),
        (INTEGER, "10", 10),
        (INTEGER, "10.0", 10),
        (INTEGER, "11", None),
        (INTEGER, "1e1", None),
        (INTEGER, "infinity", None),
        (INTEGER, "\u0663", None),
        (INTEGER, "not-applicable", Absent.NOT_APPLICABLE),
        (DECIMAL, "0.5", 0.5),
        (DECIMAL, "not-applicable", None),
        (DATE, "2026-03-03", "2026-03-03"),
        (DATE, "2026-02-30", None),
        (TEXT, "better", "better"),
        (TEXT, "5", "5"),
        (TEXT, "not-asked", None),
    ],
)
def test_the_answer_that_a_code_means(item: Item, code: str, answer: object) -> None:
    assert parse_answer(item, code) == answer
    assert type(parse_answer(item, code)) is type(answer)
