"""The corpus of hand-written replies (`tests/corpus`), read and measured: wrong acceptances, clear replies accepted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pro_collector.domain.replies import Choice, Question, Reading, understand
from pro_collector.languages import language

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Case:
    """One reply and what it must be read as; `clear` when a human reads it one way only."""

    language: str
    held_out: bool
    question: Question
    text: str
    outcome: str
    value: int | str | None
    clear: bool

    def read(self) -> Reading:
        """What the parser makes of it."""
        return understand(self.text, self.question, language(self.language))

    def is_wrongly_accepted(self, reading: Reading) -> bool:
        """Whether a value was taken that the person did not give: the mistake that must not happen."""
        return reading.outcome == "answer" and reading.value != self.value

    def is_right(self, reading: Reading) -> bool:
        """Whether the reading is an expected one; a debatable reply may also be asked again."""
        if self.outcome == "answer" and not self.clear:
            return not self.is_wrongly_accepted(reading)
        expected = "unclear" if reading.outcome == "back" else reading.outcome
        expected = "opt_out" if expected in {"leave", "erase"} else expected
        return expected == self.outcome and reading.value == self.value


@dataclass(frozen=True, slots=True)
class Figures:
    """What one set of replies came to."""

    replies: int
    wrong_acceptances: int
    clear: int
    clear_accepted: int
    others: int
    others_right: int

    @property
    def accepted(self) -> float:
        """The share of clear replies accepted with the right value, 0 to 1."""
        return self.clear_accepted / self.clear


def cases(folder: Path = FOLDER) -> Iterator[Case]:
    """Every reply of the corpus."""
    for file in sorted(folder.glob("*.yaml")):
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, outcomes in data["replies"].items():
            question = _question(data["questions"][name])
            for outcome, texts in outcomes.items():
                for text, value in _values(texts):
                    kind = "answer" if value is not None else outcome
                    clear = outcome == "clear"
                    yield Case(data["language"], "held-out" in file.name, question, text, kind, value, clear)


def figures(sample: Sequence[Case]) -> Figures:
    """Read every case of `sample` and count."""
    read = [(case, case.read()) for case in sample]
    clear = [(case, reading) for case, reading in read if case.clear]
    others = [(case, reading) for case, reading in read if not case.clear]
    return Figures(
        len(read),
        sum(case.is_wrongly_accepted(reading) for case, reading in read),
        len(clear),
        sum(case.is_right(reading) for case, reading in clear),
        len(others),
        sum(case.is_right(reading) for case, reading in others),
    )


def _values(texts: Any) -> Iterator[tuple[str, int | str | None]]:
    if isinstance(texts, dict):
        yield from ((text, value) for value, several in texts.items() for text in several)
    else:
        yield from ((text, None) for text in texts)


def _question(data: dict[str, Any]) -> Question:
    options = tuple(Choice(code, label) for code, label in data.get("options", {}).items())
    return Question(data["kind"], data.get("min"), data.get("max"), options)
