"""What one text does: to the survey it belongs to, to the person's wish to be texted, and what is said back.

`react` is the whole of it: a pure function from the reading of a text and the survey it lands on to a `Reaction`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pro_collector.domain.instrument import Item
from pro_collector.domain.instrument_text import ItemWording
from pro_collector.domain.replies import Choice, Question, Reading
from pro_collector.domain.survey import CLARIFICATIONS, Step, Survey, answer, back, decline, unclear

Reply = Literal["stop_confirmed", "started_again", "help", "emergency", "nothing_open", "review"]
TaskKind = Literal["urgent", "review", "leave", "erase", "pause", "wrong_person"]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from one text.

    `step` goes to the survey; `reply` is said whatever the survey does; `texting` turns texts to this address off or
    on; `tasks` go to people of the study team.
    """

    outcome: str
    step: Step | None = None
    reply: Reply | None = None
    texting: Literal["off", "on"] | None = None
    tasks: tuple[tuple[TaskKind, str], ...] = ()


def react(reading: Reading, survey: Survey | None, now: datetime, *, opted_out: bool = False) -> Reaction:
    """What a text does that was read as `reading` and landed on `survey` (None: nothing is being asked)."""
    said = (reading.outcome, *reading.also)
    if "urgent" in said:
        off: Literal["off"] | None = "off" if _stops(said) else None
        return Reaction("urgent", reply="emergency", texting=off, tasks=(("urgent", reading.reason),))
    if _stops(said):
        return _stop(said, reading)
    if reading.outcome == "opt_in":
        return Reaction("opt_in", reply="started_again", texting="on")
    if opted_out:  # whoever said stop hears nothing more, whatever they write; a person reads it
        return Reaction(reading.outcome, tasks=(("review", "wrote after opting out"),))
    if reading.outcome == "help":
        return Reaction("help", reply="help")
    if reading.outcome in ("pause", "wrong_person"):
        kind: TaskKind = "pause" if reading.outcome == "pause" else "wrong_person"
        off = "off" if reading.outcome == "wrong_person" else None
        return Reaction(reading.outcome, reply=None if off else "review", texting=off, tasks=((kind, reading.reason),))
    if reading.outcome == "noise":
        return Reaction("noise")
    return _in_survey(reading, survey, now)


def _stops(said: tuple[str, ...]) -> bool:
    return any(each in ("opt_out", "leave", "erase") for each in said)


def _stop(said: tuple[str, ...], reading: Reading) -> Reaction:
    """No more texts, at once. Leaving the study, or having data erased, is for a person to settle with them."""
    tasks: list[tuple[TaskKind, str]] = []
    if "leave" in said:
        tasks.append(("leave", reading.reason))
    if "erase" in said:
        tasks.append(("erase", reading.reason))
    return Reaction(reading.outcome, reply="stop_confirmed", texting="off", tasks=tuple(tasks))


def _in_survey(reading: Reading, survey: Survey | None, now: datetime) -> Reaction:
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


def question(wording: ItemWording) -> Question:
    """A question of an instrument, as the reader of replies needs it."""
    item: Item = wording.item
    options = tuple(Choice(option.code, option.label, option.replies) for option in wording.options)
    opt_outs = tuple(str(option.code) for option in wording.opt_outs)
    return Question(item.kind, item.minimum, item.maximum, options, opt_outs)
