"""The replies held out in `tests/data/held_out`, read, measured and published: `python -m tests.held_out`."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from pro_collector.domain.reply.question import Choice, Question, Reading
from pro_collector.domain.reply.second_reading import read_twice
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import language
from pro_collector.second_reader import mark_of
from tests.shared.places import DATA, ROOT

FOLDER = DATA / "held_out"
FIRST = FOLDER / "first-measured.json"
LEVELS = ("usual", "rare", "hardest")
_PAGE = ROOT / "docs" / "replies.md"
_BEGIN, _END = "<!-- figures: python -m tests.held_out -->", "<!-- end of the held-out figures -->"
_ANSWERED = ("answers", "remarks", "chatter")
_STOPS = frozenset({"opt_out", "leave", "erase"})
_EMERGENCIES = frozenset({"urgent"})
# Outcomes that raise a task or an alert themselves, so a person reads the text.
_READ = _STOPS | _EMERGENCIES | {"death", "bereaved", "pause", "wrong_person"}


@dataclass(frozen=True, slots=True)
class Text:
    """One text held out.

    `section` and `kind` say what it is: `value` is the answer in it, None without one. `questions`: what it is read as
    a reply to. A request is read as a reply to every question of its file, because people write it at any time; it
    counts as heard only if it is heard each time.
    """

    language: str
    section: str
    kind: str
    level: str
    questions: tuple[Question, ...]
    text: str
    value: int | None

    def readings(self) -> list[Reading]:
        """How the product reads it, as a reply to each of the questions. It is read once: several figures count it."""
        return _readings(self)


@cache
def _readings(text: Text) -> list[Reading]:
    known = language(text.language)
    first = [understand(text.text, question, known) for question in text.questions]
    return [read_twice(text.text, reading, mark_of) for reading in first]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the answers of one language came to: counts of texts.

    `wrong`: another value was taken than the person gave. `must_not_taken`: a value was taken though there was none.
    `remarks_kept_and_read`: the value was taken, and a person reads the rest. `alarms`: answers, texts without any, and
    small talk that were taken for a stop or an emergency.
    """

    clear: int
    accepted: int
    wrong: int
    must_not: int
    must_not_taken: int
    remarks: int
    remarks_kept_and_read: int
    chatter: int
    chatter_kept: int
    ordinary: int
    alarms: int
    traps: int
    traps_alarmed: int
    others: int
    others_understood_or_read: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What the stops or emergencies of one language and difficulty came to.

    `reached`: acted on, or read by a person. `at_once`: acted on, or marked as what they are.
    """

    texts: int
    reached: int
    at_once: int


@cache
def texts() -> tuple[Text, ...]:
    """Every text held out, in the order of the files."""
    return tuple(text for file in sorted(FOLDER.glob("*.yaml")) for text in _texts(file))


def sums() -> dict[str, str]:
    """The sha256 of each file, by its name."""
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in sorted(FOLDER.glob("*.yaml"))}


def answers(sample: Sequence[Text]) -> Answers:
    """Read the texts of one language that are answers, or might be taken for one, and count."""
    read = [(text, text.readings()) for text in sample]

    def count(sections: tuple[str, ...], when: Callable[[Text, list[Reading]], bool] = lambda *_: True) -> int:
        return sum(text.section in sections and when(text, readings) for text, readings in read)

    ordinary = ("answers", "must_not", "chatter")
    return Answers(
        clear=count(("answers",)),
        accepted=count(("answers",), _is_kept),
        wrong=count(_ANSWERED, _is_wrong),
        must_not=count(("must_not",)),
        must_not_taken=count(("must_not",), _is_wrong),
        remarks=count(("remarks",)),
        remarks_kept_and_read=count(("remarks",), lambda text, found: _is_kept(text, found) and _reaches(text, found)),
        chatter=count(("chatter",)),
        chatter_kept=count(("chatter",), _is_kept),
        ordinary=count(ordinary),
        alarms=count(ordinary, _alarms),
        traps=count(("traps",)),
        traps_alarmed=count(("traps",), _alarms),
        others=count(("others",)),
        others_understood_or_read=count(("others",), _is_understood),
    )


def heard(sample: Sequence[Text]) -> Heard:
    """Read stops, or emergencies, and count."""
    read = [(text, text.readings()) for text in sample]
    return Heard(
        len(read),
        sum(_reaches(text, found) for text, found in read),
        sum(_at_once(text, found) for text, found in read),
    )


def accepted(sample: Sequence[Text]) -> dict[str, int]:
    """How many clear answers there are in `sample` (`texts`), and how many of them are `accepted`."""
    clear = [text for text in sample if text.section == "answers"]
    return {"texts": len(clear), "accepted": sum(_is_kept(text, text.readings()) for text in clear)}


def measured() -> dict[str, Any]:
    """All figures, by language: `answers`; and by difficulty `accepted`, `stops` and `emergencies`."""
    found: dict[str, Any] = {}
    for code in sorted({text.language for text in texts()}):
        own = [text for text in texts() if text.language == code]
        by_level = {level: [text for text in own if text.level == level] for level in LEVELS}
        found[code] = {"answers": asdict(answers(own))}
        found[code]["accepted"] = {level: accepted(sample) for level, sample in by_level.items()}
        for section in ("stops", "emergencies"):
            samples = {level: [each for each in by_level[level] if each.section == section] for level in LEVELS}
            found[code][section] = {level: asdict(heard(sample)) for level, sample in samples.items()}
    return found


def first_measured() -> dict[str, Any]:
    """The figures of the first measurement, before anybody had seen what failed."""
    found: dict[str, Any] = json.loads(FIRST.read_text(encoding="utf-8"))
    return found


def tables() -> str:
    """The figures as they stand in `docs/replies.md`: of the first measurement, and now."""
    first, now = first_measured(), measured()
    return "\n".join([_BEGIN, "", *_heard_table(first, now), "", *_answers_table(first, now), "", _END])


def published() -> str:
    """The figures that `docs/replies.md` shows."""
    page = _PAGE.read_text(encoding="utf-8")
    return page[page.index(_BEGIN) : page.index(_END) + len(_END)]


def _heard_table(first: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    columns = ("stops reach a person", "stops at once", "emergencies reach a person", "emergencies at once")
    yield f"| language | difficulty | {' | '.join(columns)} | clear answers accepted |"
    yield "|---|---|---|---|---|---|---|"
    for code in now:
        for level in LEVELS:
            cells = []
            for section in ("stops", "emergencies"):
                before, after = first[code][section][level], now[code][section][level]
                cells += [_change(before, after, key, "texts") for key in ("reached", "at_once")]
            cells.append(_change(first[code]["accepted"][level], now[code]["accepted"][level], "accepted", "texts"))
            yield f"| {code} | {level} | {' | '.join(cells)} |"


def _answers_table(first: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    rows = {
        "wrong values": ("wrong", "clear", "remarks", "chatter"),
        "a value taken though there is none": ("must_not_taken", "must_not"),
        "clear answers accepted": ("accepted", "clear"),
        "remarks beside an answer: value kept, and a person reads them": ("remarks_kept_and_read", "remarks"),
        "small talk beside an answer: value kept": ("chatter_kept", "chatter"),
        "ordinary replies taken for a stop or an emergency": ("alarms", "ordinary"),
        "sound-alikes taken for a stop or an emergency": ("traps_alarmed", "traps"),
        "other requests and news understood, or read by a person": ("others_understood_or_read", "others"),
    }
    yield f"| | {' | '.join(now)} |"
    yield f"|---|{'---|' * len(now)}"
    for title, (key, *of) in rows.items():
        cells = [_change(first[code]["answers"], now[code]["answers"], key, *of) for code in now]
        yield f"| {title} | {' | '.join(cells)} |"


def _change(first: dict[str, int], now: dict[str, int], key: str, *of: str) -> str:
    """ "61 → 70 of 80": at the first measurement, and now; empty if there is no such text."""
    total = sum(now[each] for each in of)
    return f"{first[key]} → **{now[key]}** of {total}" if total else ""


def _is_kept(text: Text, readings: list[Reading]) -> bool:
    return all(reading.outcome == "answer" and reading.value == text.value for reading in readings)


def _is_wrong(text: Text, readings: list[Reading]) -> bool:
    return any(reading.outcome == "answer" and reading.value != text.value for reading in readings)


def _reaches(_text: Text, readings: list[Reading]) -> bool:
    return all(reading.flag is not None or reading.outcome in _READ for reading in readings)


def _at_once(text: Text, readings: list[Reading]) -> bool:
    outcomes, flag = (_STOPS, "stop") if text.section == "stops" else (_EMERGENCIES, "emergency")
    return all(
        reading.flag == flag or not outcomes.isdisjoint((reading.outcome, *reading.also)) for reading in readings
    )


def _alarms(_text: Text, readings: list[Reading]) -> bool:
    return any(
        reading.flag in ("stop", "emergency") or reading.outcome in _STOPS | _EMERGENCIES for reading in readings
    )


def _is_understood(text: Text, readings: list[Reading]) -> bool:
    if text.kind in ("thanks", "tapback"):
        return all(reading.outcome == "noise" and reading.flag is None for reading in readings)
    return all(reading.flag or reading.outcome not in ("answer", "unclear", "noise") for reading in readings)


def _texts(file: Path) -> Iterator[Text]:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    questions = {name: _question(asked) for name, asked in data["questions"].items()}
    every = tuple(questions.values())
    for section in ("answers", "must_not", "stops", "emergencies", "remarks", "chatter", "traps", "others"):
        for kind, level, line in _lines(data[section]):
            asked = (questions[kind],) if kind in questions else every
            value, text = line.split(" = ", 1) if section in _ANSWERED else ("", line)
            number = int(value) if value else None
            yield Text(data["language"], section, kind, level, asked, text.replace("\\n", "\n"), number)


def _lines(section: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The lines of a section with their kind and difficulty, whichever of the two it is divided by."""
    for name, inside in section.items():
        if isinstance(inside, dict):
            yield from ((name, level, line) for level, block in inside.items() for line in block.splitlines())
        else:
            kind, level = ("", name) if name in LEVELS else (name, "")
            yield from ((kind, level, line) for line in inside.splitlines())


def _question(data: dict[str, Any]) -> Question:
    options = tuple(Choice(code, label) for code, label in data.get("options", {}).items())
    return Question(data["kind"], data.get("minimum"), data.get("maximum"), options)


if __name__ == "__main__":
    _PAGE.write_text(_PAGE.read_text(encoding="utf-8").replace(published(), tables()), encoding="utf-8")
    print(tables())
