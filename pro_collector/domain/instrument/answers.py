"""What a person may answer: a code, a number, words, or a stated reason for there being no answer."""

from collections.abc import Mapping
from enum import StrEnum


class Absent(StrEnum):
    """Why an item has no answer, in codes of FHIR's data-absent-reason value set."""

    ASKED_DECLINED = "asked-declined"
    NOT_APPLICABLE = "not-applicable"
    NOT_ASKED = "not-asked"
    MASKED = "masked"
    """It was somebody's own words, and they asked to have them erased."""


# None is a missing answer: asked, or still to be asked, and nothing came.
Answer = int | float | str | Absent | None
Answers = Mapping[str, Answer]


def is_answered(answer: Answer) -> bool:
    """Whether there is an answer to count and score; a stated reason for absence is none."""
    return answer is not None and not isinstance(answer, Absent)


def is_settled(answer: Answer) -> bool:
    """Whether the question need not be asked again: answered, declined, not applicable or skipped."""
    return answer is not None
