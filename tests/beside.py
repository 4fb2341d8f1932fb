"""The replies of `tests/data/beside`, with words beside the answer, read and counted: `python -m tests.beside`.

With the name of a language or of a section behind it, it prints what was not read as expected, too.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from pro_collector.domain.reply.question import Choice, Question, Reading
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language
from tests.shared.places import DATA

FOLDER = DATA / "beside"
SECTIONS = ("remarks", "chatter", "debatable", "doubtful")
_ALARMS = frozenset({"opt_out", "leave", "erase", "urgent"})
_VALUE, _NUMBER = re.compile(r"(\d+|yes|no) = (.+)"), re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Text:
    """One reply, and the value that it gives; None if a careful reader would not take any."""

    language: str
    section: str
    question: Question
    text: str
    value: int | str | None

    def read(self) -> Reading:
        """What the rules make of it, without the second reader."""
        return _read(self.text, self.question, self.language)

    def is_right(self, reading: Reading) -> bool:
        """Whether it was read as its section says."""
        if self.section == "doubtful":
            return reading.outcome != "answer"
        if self.section == "debatable":
            return not self.is_wrong(reading)
        alarmed = reading.flag in ("stop", "emergency") or reading.outcome in _ALARMS
        as_expected = not alarmed if self.section == "chatter" else reading.flag is not None
        return reading.outcome == "answer" and reading.value == self.value and as_expected

    def is_wrong(self, reading: Reading) -> bool:
        """Whether another value was taken than the one that was given, or one although none was."""
        return reading.outcome == "answer" and reading.value != self.value


@cache
def _read(text: str, question: Question, code: str) -> Reading:
    return understand(text, question, language(code))


@cache
def texts() -> tuple[Text, ...]:
    """Every reply, in the order of the files."""
    files = sorted(FOLDER.glob("*.yaml"))
    return tuple(text for file in files for text in _texts(yaml.safe_load(file.read_text("utf-8"))))


def right(sample: Sequence[Text]) -> float:
    """The share of `sample` that is read as expected, 0 to 1."""
    return sum(each.is_right(each.read()) for each in sample) / len(sample)


def _texts(data: dict[str, Any]) -> Iterator[Text]:
    for section in SECTIONS:
        for name, lines in data[section].items():
            question = _question(data["questions"][name])
            for line in lines.splitlines():
                value, text = (None, line) if section == "doubtful" else _valued(line)
                yield Text(data["language"], section, question, text, value)


def _valued(line: str) -> tuple[int | str, str]:
    """The value and the text of a line, "6 = six my dressing came off"; without "=" it is the first number."""
    found = _VALUE.fullmatch(line)
    value, text = (found[1], found[2]) if found else (_NUMBER.findall(line)[0], line)
    return int(value) if value.isdecimal() else value, text


def _question(asked: dict[str, Any]) -> Question:
    options = tuple(Choice(code, label) for code, label in asked.get("options", {}).items())
    return Question(asked["kind"], asked.get("minimum"), asked.get("maximum"), options)


def _main(shown: Sequence[str]) -> None:
    for code in sorted({each.language for each in texts()}):
        for section in SECTIONS:
            sample = [each for each in texts() if (each.language, each.section) == (code, section)]
            wrong = sum(each.is_wrong(each.read()) for each in sample)
            print(f"{code} {section}: {right(sample):.1%} of {len(sample)}, {wrong} wrong values")
            if {code, section} & set(shown):
                for each in sample:
                    if not each.is_right(reading := each.read()):
                        print(f"    {each.value} | {each.text} | {reading}")


if __name__ == "__main__":
    _main(sys.argv[1:])
