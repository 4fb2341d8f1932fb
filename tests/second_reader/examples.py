"""The texts that the second reader learns from, each with what it is: a wish to stop, an emergency, or neither."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from pro_collector.domain.reply.tokens import fold
from tests.replies_corpus import FOLDER as CORPUS
from tests.replies_corpus import Case, cases
from tests.shared.places import DATA

Label = Literal["neither", "stop", "emergency"]
LABELS: tuple[Label, ...] = ("neither", "stop", "emergency")

FOLDER = DATA / "second_reader"
_LABEL_OF_OUTCOME: dict[str, Label] = {"opt_out": "stop", "urgent": "emergency"}
_EMERGENCIES = frozenset({"urgent", "crisis"})
# A person reads these remarks anyway, and some of them are nearly emergencies: they must not teach "neither".
_LEFT_OUT = frozenset({"concern", "person", "death", "bereaved", "wrong_person"})


@dataclass(frozen=True, slots=True)
class Example:
    """One text to learn from. `is_answer`: it answers its question, so any mark on it would be in vain."""

    text: str
    label: Label
    language: str
    is_answer: bool = False


def examples() -> tuple[Example, ...]:
    """Every text once, in a fixed order. A text with several labels keeps the more urgent one."""
    found: dict[str, Example] = {}
    for example in sorted([*_of_corpus(), *_written_for_it()], key=_precedence):
        found[fold(example.text).strip()] = example
    return tuple(found[text] for text in sorted(found))


def sha256() -> str:
    """The hash of every file that the examples come from, by name and content."""
    digest = hashlib.sha256()
    for file in files():
        digest.update(file.relative_to(DATA).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def files() -> Sequence[Path]:
    """The files that the examples come from."""
    return sorted([*CORPUS.glob("*/*.yaml"), *FOLDER.glob("*.yaml")])


def _precedence(example: Example) -> int:
    return LABELS.index(example.label)


def _of_corpus() -> Iterator[Example]:
    for case in cases():
        label = _label(case)
        if label is not None:
            yield Example(case.text, label, case.language, case.outcome == "answer")


def _label(case: Case) -> Label | None:
    expected = _LABEL_OF_OUTCOME.get(case.outcome)
    if expected is not None:
        return expected
    reading = case.read()
    heard = {case.outcome, reading.outcome, *reading.also}
    if heard & _EMERGENCIES:
        return "emergency"
    return None if heard & _LEFT_OUT else "neither"


def _written_for_it() -> Iterator[Example]:
    for file in sorted(FOLDER.glob("*.yaml")):
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        for label in LABELS:
            yield from (Example(text, label, data["language"]) for text in data[label])
