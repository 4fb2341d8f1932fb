"""The question that was asked (`Question`, `Choice`) and the meaning of a reply (`Reading`)."""

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
    "meaning",
    "language",
]
Flag = Literal["words", "stop", "emergency"]
Value = int | float | str
WANTS_TO_REPORT = "wants to say how they are"
"""The reason of a reading that leaves nothing to a second reader: the text says only that."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a question: the stored code, the label, and synonyms of the label."""

    code: int | str
    label: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """The open question.

    `minimum` and `maximum` are the inclusive bounds of integers and decimals; None means no bound.
    `options` are the choices of a `choice`; on an `integer` they label single points (the ends of a scale); on a
    `yesno` they give the codes for yes and no (by default "yes" and "no").
    `opt_outs` are the reasons that may be given instead of an answer, as FHIR codes, as in the language files.
    "asked-declined" and "not-applicable" are always accepted, "asked-unknown" ("I don't know") only if listed.
    """

    kind: Kind
    minimum: int | float | None = None
    maximum: int | float | None = None
    options: tuple[Choice, ...] = ()
    opt_outs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The meaning of one text.

    `value` is the number, the code of the choice, "yes" or "no", the text, or an ISO date. It is set for an "answer",
    and for an "opt_out" that has an answer too ("3 STOP").
    `reason` says why, in a fixed phrase that never repeats the person's words, so it may be logged.
    `also` has the other intents of the text ("opt_out" in addition to "urgent").
    `flag` says that a person must look, whatever the outcome: "emergency", "stop" (it may be a wish to stop), or
    "words" that the team must read. It is None also if the outcome itself needs a person ("urgent", "pause").
    `language` is the code of the language that the text asks for, also beside an answer.
    """

    outcome: Outcome
    value: Value | None = None
    reason: str = ""
    also: tuple[str, ...] = ()
    flag: Flag | None = None
    language: str | None = None
