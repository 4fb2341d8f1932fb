"""How what a browser sends is read as an answer, and shown again."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.instrument.answer_check import allows
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.item import Item, Option
from pro_collector.domain.instrument.text import ItemWording, OptionWording
from pro_collector.web.form.fields import Mistake, answer_text, choices, control, opt_outs, read, stored_fields
from pro_collector.web.form.words import load_words
from pro_collector.words import date_in_words
from tests.shared.properties import examples

ENGLISH = load_words()["en"]
WRITTEN = {
    "number": Item(id="n", kind="integer", minimum=0, maximum=100),
    "decimal": Item(id="d", kind="decimal"),
    "least": Item(id="l", kind="decimal", minimum=20),
    "most": Item(id="m", kind="decimal", maximum=5.5),
    "date": Item(id="t", kind="date"),
    "text": Item(id="x", kind="text", opt_outs=("not-applicable",)),
}


def worded(item: Item, *options: OptionWording, ends: tuple[str | None, str | None] = (None, None)) -> ItemWording:
    opted = tuple(OptionWording(kind, "never did", ()) for kind in item.opt_outs)
    return ItemWording(item, "How?", "How?", *ends, options, opted)


def understood(kind: str, **fields: str) -> Answer | str:
    value = read(worded(WRITTEN[kind]), ENGLISH, fields)
    return value.message if isinstance(value, Mistake) else value


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("number", "0", 0),
        ("number", " 100 ", 100),
        ("number", "40.0", 40),
        ("number", "٤٠", 40),
        ("decimal", "-2.5", -2.5),
        ("least", "61,5", 61.5),
        ("most", "5.5", 5.5),
        ("text", "  a word\n ", "a word"),
        ("text", "asked-declined", "asked-declined"),
    ],
)
def test_what_is_written_is_read(kind: str, written: str, value: Answer) -> None:
    found = understood(kind, answer=written)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "written", "told"),
    [
        ("number", "101", "Write a number from 0 to 100."),
        ("number", "-1", "Write a number from 0 to 100."),
        ("number", "4.5", "Write a whole number."),
        ("number", "a lot", "Write your answer as a number, in digits."),
        ("number", "nan", "Write your answer as a number, in digits."),
        ("decimal", "1e999", "Write your answer as a number, in digits."),
        ("least", "19.9", "Write a number that is 20 or more."),
        ("most", "6", "Write a number that is 5.5 or less."),
        ("text", "  ", "Write an answer, or tick “I prefer not to answer”."),
        ("text", "x" * 4001, "Your answer is longer than 4000 characters. Please shorten it."),
    ],
)
def test_what_cannot_be_read_is_said_kindly(kind: str, written: str, told: str) -> None:
    assert understood(kind, answer=written) == told


@pytest.mark.parametrize(
    ("day", "month", "year", "value"),
    [
        ("7", "3", "2026", "2026-03-07"),
        ("29", "2", "2028", "2028-02-29"),
        ("29", "2", "2026", None),
        ("7", "3", "26", None),
        ("7", "", "2026", None),
        ("7", "March", "2026", None),
        ("7", "3", "99999999999999999999", None),
    ],
)
def test_a_date_is_a_real_day_with_a_whole_year(day: str, month: str, year: str, value: str | None) -> None:
    found = understood("date", day=day, month=month, year=year)
    assert found == (value or "Write a real date as day, month and year, like 27 3 2026.")


def test_a_box_ticked_beside_something_written_is_asked_about() -> None:
    assert understood("text", answer="fine", absent="asked-declined").startswith("You wrote an answer and also")  # type: ignore[union-attr]
    assert understood("text", answer=" ", absent="not-applicable") is Absent.NOT_APPLICABLE
    assert understood("number", absent="not-applicable").startswith("Write an answer, or")  # type: ignore[union-attr]


def test_a_short_number_scale_is_chosen_and_its_ends_say_what_they_mean() -> None:
    item = Item(id="n", kind="integer", minimum=0, maximum=10)
    wording = worded(item, OptionWording(5, "medium", ()), OptionWording(3, "3", ()), ends=("none", "worst"))
    assert control(item) == "choices"
    labels = [choice.label for choice in choices(wording)]
    assert labels == ["0 – none", "1", "2", "3", "4", "5 – Medium", "6", "7", "8", "9", "10 – worst"]
    assert [choice.answer for choice in choices(wording)] == list(range(11))
    assert control(item.model_copy(update={"maximum": 11})) == "number"


def test_what_an_instrument_calls_declining_is_what_the_page_calls_it() -> None:
    item = Item(id="x", kind="text", opt_outs=("not-applicable", "asked-declined"))
    own = [(choice.label, choice.answer) for choice in opt_outs(worded(item), ENGLISH)]
    assert own == [("Never did", Absent.NOT_APPLICABLE), ("Never did", Absent.ASKED_DECLINED)]
    ours = opt_outs(worded(WRITTEN["date"]), ENGLISH)
    assert [(choice.label, choice.answer) for choice in ours] == [("I prefer not to answer", Absent.ASKED_DECLINED)]


codes = st.lists(st.one_of(st.integers(-3, 9), st.sampled_from(["yes", "no", "other"])), min_size=2, unique_by=str)


@examples(60)
@given(codes, st.data())
def test_a_choice_sent_back_is_the_code_it_stands_for(known: list[int | str], data: st.DataObject) -> None:
    item = Item(id="c", kind="choice", options=tuple(Option(code=code) for code in known))
    wording = worded(item, *(OptionWording(code, f"label {code}", ()) for code in known))
    code = data.draw(st.sampled_from(known))
    sent = stored_fields(control(item), code)
    assert read(wording, ENGLISH, sent) == code
    assert answer_text(wording, ENGLISH, code) == f"Label {code}"
    assert read(wording, ENGLISH, {"answer": "nothing of these"}) != code


@examples(60)
@given(
    st.sampled_from(sorted(WRITTEN)), st.dictionaries(st.sampled_from(["answer", "absent", "day", "year"]), st.text())
)
def test_whatever_is_sent_is_an_answer_the_item_takes_or_a_mistake(kind: str, fields: dict[str, str]) -> None:
    wording = worded(WRITTEN[kind])
    value = read(wording, ENGLISH, fields)
    if not isinstance(value, Mistake):
        assert value is Absent.ASKED_DECLINED or allows(WRITTEN[kind], value)
        assert read(wording, ENGLISH, stored_fields(control(WRITTEN[kind]), value)) == value


@given(st.dates(date(1900, 1, 1)))
def test_a_date_is_shown_as_it_was_written(day: date) -> None:
    wording = worded(WRITTEN["date"])
    assert read(wording, ENGLISH, stored_fields("date", day.isoformat())) == day.isoformat()
    assert answer_text(wording, ENGLISH, day.isoformat()).endswith(f" {day.year}")


def test_a_date_is_shown_in_words_of_the_language() -> None:
    assert date_in_words(load_words()["es"], date(2026, 3, 27)) == "27 de marzo de 2026"
    assert date_in_words(ENGLISH, date(2026, 12, 1)) == "1 December 2026"
