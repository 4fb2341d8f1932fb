"""The answers to a newcomer's questions in CONTRIBUTING: short, and true."""

import re
from typing import get_args

from pro_collector.domain.conversation.permission import Refusal
from pro_collector.web.team.state_words import STATE_WORDS
from scheduler.occasion import PERSON_REASONS
from scheduler.person import ENDING, NO_TEXTS, NOT_SILENT, SUPPRESSING, Condition
from tests.shared.places import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def answer(question: str) -> list[str]:
    """The files that CONTRIBUTING names beside a question."""
    row = next(line for line in CONTRIBUTING.splitlines() if question in line)
    return re.findall(r"`([^`]+)`", row.rpartition(" | ")[2])


def naming(word: str) -> set[str]:
    """The files of the product and its words in which a state stands, as a string or as a key."""
    files = [*ROOT.glob("pro_collector/**/*.py"), *ROOT.glob("scheduler/*.py"), *ROOT.glob("templates/**/*.yaml")]
    said = re.compile(rf"""["']{word}["']|^\s+{word}:""", re.M)
    return {str(path.relative_to(ROOT)) for path in files if said.search(path.read_text(encoding="utf-8"))}


def test_each_question_is_answered_in_at_most_five_files_that_are_there() -> None:
    for question in ("whether a text may leave", "when a patient texts 5", "I add a state such as"):
        files = answer(question)
        assert 1 <= len(files) <= 5, question
        assert all((ROOT / file).is_file() for file in files), question


def test_a_state_stands_in_no_other_file_than_the_answer_says() -> None:
    """`holiday` stands for every state that keeps the product silent for a while."""
    files = answer("I add a state such as")
    places = {path for path in naming("holiday") if "rehearsal" not in path and "simulation" not in path}
    assert places == {file for file in files if not file.startswith("docs/")}
    assert all("`holiday`" in (ROOT / file).read_text(encoding="utf-8") for file in files if file.startswith("docs/"))


def test_no_state_is_forgotten() -> None:
    """A state that keeps somebody silent has its reason; the others change who is asked, where, or what."""
    states = set(get_args(Condition))
    assert states == SUPPRESSING | ENDING | NO_TEXTS | NOT_SILENT
    assert {Refusal(state) for state in SUPPRESSING} <= set(Refusal)
    assert states - NOT_SILENT | {"ended"} == PERSON_REASONS
    assert states == set(STATE_WORDS)
