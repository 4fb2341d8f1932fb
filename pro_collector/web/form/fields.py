"""The form fields of a question, and how their values are read as an answer. Pure functions."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.text import ItemWording
from pro_collector.words import Words, date_in_words

Control = Literal["choices", "number", "date", "text"]
Fields = Mapping[str, str]

MAX_CHOICES = 11
"""A number scale with at most so many steps is shown as choices; for a longer one the person types the number."""
MAX_TEXT = 4000
FIRST_YEAR = 1900
_OPT_OUT_WORDS = {Absent.ASKED_DECLINED: "question.declined", Absent.NOT_APPLICABLE: "question.not_applicable"}


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """One choice: the value that the browser sends, the label, and the answer that it means.

    `mouth` is for a face beside the label: from 2 (happy) to -2 (sad); None without a face.
    """

    sent: str
    label: str
    answer: Answer
    mouth: int | None = None


@dataclass(frozen=True, slots=True)
class Mistake:
    """The sent fields are no valid answer; `message` is for the person."""

    message: str


def control(item: Item) -> Control:
    """The kind of control for `item`."""
    if item.options or (item.kind == "integer" and len(_steps(item)) <= MAX_CHOICES):
        return "choices"
    if item.kind in ("integer", "decimal"):
        return "number"
    return "date" if item.kind == "date" else "text"


def choices(wording: ItemWording) -> tuple[FieldChoice, ...]:
    """The choices of a question with choices. The two ends of a number scale have labels with their meaning."""
    labels = {option.code: _capital(option.label) for option in wording.options}
    if wording.item.options:
        mouths = _mouths(wording)
        return tuple(
            FieldChoice(str(code), label, code, mouth)
            for (code, label), mouth in zip(labels.items(), mouths, strict=True)
        )
    steps = _steps(wording.item)
    ends = {steps[0]: wording.minimum, steps[-1]: wording.maximum}
    return tuple(FieldChoice(str(step), _step_label(step, ends.get(step) or labels.get(step)), step) for step in steps)


def opt_outs(wording: ItemWording, words: Words) -> tuple[FieldChoice, ...]:
    """The ways not to answer: those of the instrument, and always "declined"."""
    labels = {Absent(str(option.code)): _capital(option.label) for option in wording.opt_outs}
    kinds = [*labels, *([] if Absent.ASKED_DECLINED in labels else [Absent.ASKED_DECLINED])]
    return tuple(FieldChoice(kind.value, labels.get(kind) or words.say(_OPT_OUT_WORDS[kind]), kind) for kind in kinds)


def read(wording: ItemWording, words: Words, fields: Fields) -> Answer | Mistake:
    """Read the answer from `fields`, or return the mistake to show; never None."""
    kind = control(wording.item)
    absent = {choice.sent: choice.answer for choice in opt_outs(wording, words)}
    if kind == "choices":
        chosen = ({choice.sent: choice.answer for choice in choices(wording)} | absent).get(fields.get("answer", ""))
        return Mistake(words.say("mistake.choose", declined=declined(wording, words))) if chosen is None else chosen
    written = " ".join(typed_values(kind, fields)).strip()
    ticked = absent.get(fields.get("absent", ""))
    if ticked is not None:
        return Mistake(words.say("mistake.both")) if written else ticked
    if not written:
        return Mistake(words.say("mistake.blank", declined=declined(wording, words)))
    if kind == "number":
        return _number(wording.item, words, written)
    return _date(words, *typed_values(kind, fields)) if kind == "date" else _text(words, written)


def typed_values(kind: Control, fields: Fields) -> tuple[str, ...]:
    """The values that the person typed, in the order of the fields."""
    names = ("day", "month", "year") if kind == "date" else ("answer",)
    return tuple(fields.get(name, "").strip() for name in names)


def stored_fields(kind: Control, answer: Answer) -> dict[str, str]:
    """The fields that show a stored answer."""
    if isinstance(answer, Absent):
        return {"answer" if kind == "choices" else "absent": answer.value}
    if kind == "date" and isinstance(answer, str):
        year, month, day = (part.lstrip("0") for part in answer.split("-"))
        return {"day": day, "month": month, "year": year}
    return {} if answer is None else {"answer": str(answer)}


def answer_text(wording: ItemWording, words: Words, answer: Answer) -> str:
    """An answer as text for the person."""
    if control(wording.item) == "date" and isinstance(answer, str) and not isinstance(answer, Absent):
        return date_in_words(words, date.fromisoformat(answer))
    known = choices(wording) if control(wording.item) == "choices" else ()
    for choice in (*known, *opt_outs(wording, words)):
        if choice.answer == answer:
            return choice.label
    return str(answer)


def declined(wording: ItemWording, words: Words) -> str:
    """The label of "declined" for this question."""
    return next(choice.label for choice in opt_outs(wording, words) if choice.answer is Absent.ASKED_DECLINED)


def _number(item: Item, words: Words, written: str) -> Answer | Mistake:
    try:
        number = float(written.replace(",", "."))
    except ValueError:
        return Mistake(words.say("mistake.number"))
    if not math.isfinite(number):
        return Mistake(words.say("mistake.number"))
    if item.kind == "integer" and not number.is_integer():
        return Mistake(words.say("mistake.whole"))
    low, high = item.minimum, item.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        key = "range" if None not in (low, high) else "most" if low is None else "least"
        return Mistake(words.say(f"mistake.{key}", minimum=low, maximum=high))
    return int(number) if number.is_integer() else number


def _date(words: Words, day: str, month: str, year: str) -> Answer | Mistake:
    try:
        entered = date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return Mistake(words.say("mistake.date"))
    # "26" would be the year 26
    return entered.isoformat() if entered.year >= FIRST_YEAR else Mistake(words.say("mistake.date"))


def _text(words: Words, written: str) -> Answer | Mistake:
    return written if len(written) <= MAX_TEXT else Mistake(words.say("mistake.long", limit=MAX_TEXT))


def _mouths(wording: ItemWording) -> tuple[int | None, ...]:
    """The mouth of the face of each choice, in equal steps; None for each if the question has no faces."""
    last = len(wording.options) - 1
    if wording.faces is None or last < 1:
        return (None,) * len(wording.options)
    falling = tuple(2 - round(4 * index / last) for index in range(last + 1))
    return falling if wording.faces == "happy-first" else falling[::-1]


def _steps(item: Item) -> range:
    return range(int(item.minimum or 0), int(item.maximum or 0) + 1)


def _step_label(step: int, meaning: str | None) -> str:
    return f"{step} – {meaning}" if meaning and meaning != str(step) else str(step)


def _capital(label: str) -> str:
    return label[:1].upper() + label[1:]
