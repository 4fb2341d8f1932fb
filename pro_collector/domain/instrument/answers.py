"""The types of an answer: a code, a number, free text, or the reason why there is no answer."""

from collections.abc import Mapping
from enum import StrEnum


class Absent(StrEnum):
    """Why an item has no answer, in codes of FHIR's data-absent-reason value set."""

    ASKED_DECLINED = "asked-declined"
    NOT_APPLICABLE = "not-applicable"
    NOT_ASKED = "not-asked"
    MASKED = "masked"
    """The answer was free text, and the person asked to have it erased."""


# None is a missing answer: the item was asked and not answered, or is still to be asked.
Answer = int | float | str | Absent | None
Answers = Mapping[str, Answer]


def is_answered(answer: Answer) -> bool:
    """Whether there is an answer to count and score; a reason for absence is not an answer."""
    return answer is not None and not isinstance(answer, Absent)


def is_settled(answer: Answer) -> bool:
    """Whether the question need not be asked again: answered, declined, not applicable or skipped."""
    return answer is not None
