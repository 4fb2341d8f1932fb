"""What was asked (`Question`, `Choice`) and what a reply was understood as (`Reading`)."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["integer", "choice", "yesno", "decimal", "text", "date"]
Outcome = Literal[
    "answer",
    "unclear",
    "opt_out",
    "opt_in",
    "help",
    "pause",
    "wrong_person",
    "urgent",
    "skip",
    "noise",
    "back",
    "leave",
    "erase",
    "death",
    "bereaved",
    "media",
]
Flag = Literal["words", "emergency"]
Value = int | float | str


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a question: the code that is stored, the label that is shown, other words that mean the same."""

    code: int | str
    label: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """The question that is open.

    `minimum` and `maximum` bound integers and decimals, both included; None leaves that side open.
    `options` are the choices of a `choice`; on an `integer` they name single points (the ends of a scale); on a
    `yesno` they say which codes stand for yes and no ("yes" and "no" themselves without them).
    `opt_outs` names what may be said instead of an answer, in FHIR's codes as the language files use them.
    "asked-declined" and "not-applicable" are always heard; "asked-unknown" ("I don't know") only when it is named.
    """

    kind: Kind
    minimum: int | float | None = None
    maximum: int | float | None = None
    options: tuple[Choice, ...] = ()
    opt_outs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text was understood as.

    `value` is set for an "answer" only: the number, the code of the choice, "yes" or "no", the text, or an ISO date.
    `reason` says why in a fixed phrase that never repeats the person's words, so it may be logged.
    `also` names what else the text said ("opt_out" beside "urgent").
    `flag` is what reaches a person beside the outcome: "emergency", or "words" that somebody of the team must read;
    None also where the outcome itself already asks for a person ("urgent", "pause" and the like).
    """

    outcome: Outcome
    value: Value | None = None
    reason: str = ""
    also: tuple[str, ...] = ()
    flag: Flag | None = None
