"""What the second reader adds to the reading of a text: it may raise the flag, and changes nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pro_collector.domain.reply.question import WANTS_TO_REPORT, Flag, Reading
from pro_collector.domain.reply.second_reader import Mark

MarkOf = Callable[[str], Mark | None]
"""What a second reader says of a text."""
RANK: Mapping[Flag | None, int] = {None: 0, "words": 1, "stop": 2, "emergency": 3}
"""How soon a person must look: the second reader only ever raises it."""
_GRIEF = frozenset({"death", "bereaved"})
_FREE_TEXT = "text"


def read_twice(text: str, reading: Reading, mark_of: MarkOf) -> Reading:
    """The reading of a text by the rules, with the flag of the second reader, if the rules left anything to read."""
    return raised(reading, mark_of(text)) if leaves_words(reading) else reading


def leaves_words(reading: Reading) -> bool:
    """Whether the rules left words that they do not understand: the whole text, a remark, or an answer in free text.

    A pause is read twice, because "I'd rather be gone" may be none. A death has its own consequences, and an emergency
    text in reply to grief would be unkind.
    """
    if not _GRIEF.isdisjoint(reading.also) or reading.reason == WANTS_TO_REPORT:
        return False
    if reading.outcome == "answer":
        return reading.flag == "words" or reading.reason == _FREE_TEXT
    return reading.outcome == "pause" or (reading.outcome == "unclear" and reading.flag == "words")


def at_least(mark: Mark | None, mark_of: MarkOf) -> MarkOf:
    """A second reader that says `mark` of a text, or what `mark_of` says, whichever is higher."""
    return lambda text: max(mark, mark_of(text), key=lambda each: RANK[each])


def raised(reading: Reading, mark: Mark | None) -> Reading:
    """The reading with a flag that is at least `mark`; never with a lower one."""
    return replace(reading, flag=mark) if RANK[mark] > RANK[reading.flag] else reading


def may_be_emergency(reading: Reading) -> bool:
    """Whether only the second reader takes the text for an emergency."""
    return reading.flag == "emergency" and not {"urgent", "crisis"} & {reading.outcome, *reading.also}
