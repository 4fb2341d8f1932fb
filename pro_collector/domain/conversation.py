"""What one text does: to the survey it belongs to, to the person's wish to be texted, and what is said back.

`react` is the whole of it: a pure function from the reading of a text and the survey it lands on to a `Reaction`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from pro_collector.domain.floor import Landing
from pro_collector.domain.instrument import Item
from pro_collector.domain.instrument_text import ItemWording
from pro_collector.domain.language import Language
from pro_collector.domain.replies import Choice, Question, Reading
from pro_collector.domain.reply.tokens import words
from pro_collector.domain.survey import (
    BEGUN,
    CLARIFICATIONS,
    Say,
    Step,
    Survey,
    again,
    answer,
    answer_all,
    back,
    decline,
    take_back,
    unclear,
)

Reply = Literal[
    "stop_confirmed", "leave_noted", "erase_noted", "started_again", "help", "emergency", "paused", "nothing_open",
    "review",
]  # fmt: skip
TaskKind = Literal["urgent", "review", "leave", "erase", "pause", "wrong_person"]
Provider = Literal["stop", "start", "help"]

AFTERTHOUGHT = timedelta(minutes=2)
"""An apology this soon after an answer may take that answer back; later it is for the delay."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from one text.

    `step` goes to the survey; `reply` is said whatever the survey does; `texting` turns texts to this address off or
    on, and `everywhere` says that off means every channel; `tasks` go to people of the study team.
    """

    outcome: str
    step: Step | None = None
    reply: Reply | None = None
    texting: Literal["off", "on"] | None = None
    everywhere: bool = False
    tasks: tuple[tuple[TaskKind, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """One text as it was read.

    `readings` are several when it answers several questions in an order that is certain. `takes_back`: it begins with
    a correction ("oops") or an apology ("sorry"). `after`: how long after the open question was texted it was sent.
    `provider`: the carrier has answered it by itself (STOP, START, HELP alone): nothing is said twice.
    """

    readings: tuple[Reading, ...]
    takes_back: Literal["correction", "apology"] | None = None
    after: timedelta | None = None
    provider: Provider | None = None


def hear(said: Said, survey: Survey | None, landing: Landing, now: datetime, *, opted_out: bool = False) -> Reaction:
    """What a text does that was read as `said` and landed on `survey`, for certain or not."""
    reaction = react(said.readings[0], survey, now, opted_out=opted_out, provider=said.provider)
    if reaction.step is None or survey is None:
        return reaction
    if now >= survey.late_until:
        return Reaction("closed", Step(survey, (Say("closed"),)))
    if landing.verdict == "overtaken":
        return Reaction("overtaken")
    if reaction.outcome == "back":
        return reaction
    if _takes_back(said, reaction.outcome):
        return Reaction("taken back", take_back(survey))
    if landing.verdict == "again":
        return Reaction("again", again(survey))
    if len(said.readings) > 1:
        step = answer_all(survey, [reading.value for reading in said.readings], "sms", now)
        unsure = Reading("unclear", reason="order not certain")
        return Reaction("answer", step) if step else _in_survey(unsure, survey, now)
    return reaction


def _takes_back(said: Said, outcome: str) -> bool:
    soon = said.after is not None and said.after < AFTERTHOUGHT
    if said.takes_back == "correction":
        return outcome in ("answer", "unclear")
    return said.takes_back == "apology" and outcome == "answer" and soon


def react(
    reading: Reading, survey: Survey | None, now: datetime, *, opted_out: bool = False, provider: Provider | None = None
) -> Reaction:
    """What a text does that was read as `reading` and landed on `survey` (None: nothing is being asked)."""
    said = (reading.outcome, *reading.also)
    if "urgent" in said:
        off: Literal["off"] | None = "off" if _stops(said) else None
        return Reaction("urgent", reply="emergency", texting=off, tasks=(("urgent", reading.reason),))
    if _stops(said):
        return _stop(said, reading, silent=opted_out or provider == "stop")
    if reading.outcome == "opt_in":
        return Reaction("opt_in", reply=None if provider == "start" else "started_again", texting="on")
    if opted_out:  # whoever said stop hears nothing more, whatever they write; a person reads it
        return Reaction(reading.outcome, tasks=(("review", "wrote after opting out"),))
    if reading.outcome == "help":
        return Reaction("help", reply=None if provider == "help" else "help")
    if reading.outcome == "pause":
        return Reaction("pause", reply="paused", tasks=(("pause", reading.reason),))
    if reading.outcome == "wrong_person":  # whoever has the number now is told nothing more
        return Reaction("wrong_person", texting="off", tasks=(("wrong_person", reading.reason),))
    if reading.outcome == "noise":
        return Reaction("noise")
    return _in_survey(reading, survey, now)


def _stops(said: tuple[str, ...]) -> bool:
    return any(each in ("opt_out", "leave", "erase") for each in said)


def _stop(said: tuple[str, ...], reading: Reading, *, silent: bool) -> Reaction:
    """No more texts, at once; whoever leaves, or wants data erased, hears from a person and on no channel from us."""
    leaves, erases = "leave" in said, "erase" in said
    tasks: list[tuple[TaskKind, str]] = []
    if leaves:
        tasks.append(("leave", reading.reason))
    if erases:
        tasks.append(("erase", reading.reason))
    reply: Reply = "erase_noted" if erases else "leave_noted" if leaves else "stop_confirmed"
    return Reaction(
        reading.outcome,
        reply=None if silent else reply,
        texting="off",
        everywhere=leaves or erases,
        tasks=tuple(tasks),
    )


def _in_survey(reading: Reading, survey: Survey | None, now: datetime) -> Reaction:
    if survey is not None and survey.asked is None and survey.state in BEGUN:  # all answered on the web meanwhile
        return Reaction("again", again(survey))
    if survey is None or survey.asked is None:
        review: tuple[tuple[TaskKind, str], ...] = (("review", "wrote while nothing was asked"),)
        return Reaction(reading.outcome, reply="nothing_open", tasks=review if reading.outcome == "unclear" else ())
    if reading.outcome == "answer" and reading.value is not None:
        return Reaction("answer", answer(survey, survey.asked, reading.value, "sms", now))
    if reading.outcome == "skip":
        return Reaction("skip", decline(survey, survey.asked, "sms", now))
    if reading.outcome == "back":
        return Reaction("back", back(survey))
    first_for_a_person = survey.clarified == CLARIFICATIONS
    return Reaction("unclear", unclear(survey, reading.reason), reply="review" if first_for_a_person else None)


def takes_back(text: str, language: Language) -> Literal["correction", "apology"] | None:
    """Whether a text begins by taking something back, in any language that ships."""
    said = words(text)
    corrections, apologies = _openings(language)
    if any(_begins(said, phrase) for phrase in corrections):
        return "correction"
    return "apology" if any(_begins(said, phrase) for phrase in apologies) else None


@lru_cache(maxsize=16)
def _openings(language: Language) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    return (
        frozenset(words(phrase) for each in language.all for phrase in each.corrections),
        frozenset(words(phrase) for each in language.all for phrase in each.apologies),
    )


def _begins(said: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return len(said) > len(phrase) and said[: len(phrase)] == phrase


def question(wording: ItemWording) -> Question:
    """A question of an instrument, as the reader of replies needs it."""
    item: Item = wording.item
    options = tuple(Choice(option.code, option.label, option.replies) for option in wording.options)
    opt_outs = tuple(str(option.code) for option in wording.opt_outs)
    return Question(item.kind, item.minimum, item.maximum, options, opt_outs)
