"""What one text does: to the survey it belongs to, to the person's wish to be texted, and what is said back.

`react` is the whole of it: a pure function from the reading of a text and the survey it lands on to a `Reaction`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from pro_collector.domain.conversation.phone_turn import ReplyTarget
from pro_collector.domain.conversation.survey import (
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
from pro_collector.domain.instrument.item import Item
from pro_collector.domain.instrument.text import ItemWording
from pro_collector.domain.reply.language import Language
from pro_collector.domain.reply.question import Choice, Question, Reading
from pro_collector.domain.reply.tokens import words

Reply = Literal[
    "stop_confirmed", "leave_noted", "erase_noted", "started_again", "help", "emergency", "crisis", "paused",
    "nothing_open", "review", "condolence", "bereaved", "no_pictures",
]  # fmt: skip
TaskKind = Literal["urgent", "review", "leave", "erase", "pause", "wrong_person", "death"]
Provider = Literal["stop", "start", "help"]

AFTERTHOUGHT = timedelta(minutes=2)
"""An apology this soon after an answer may take that answer back; later it is for the delay."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from one text.

    `step` goes to the survey; `reply` is said whatever the survey does; `texting` turns texts to this address off or
    on, and `everywhere` says that off means every channel; `tasks` go to people of the study team. `pauses`: nothing
    more is asked of the patient, on any channel, until a person has looked; `spares`: no reminder of this survey.
    """

    outcome: str
    step: Step | None = None
    reply: Reply | None = None
    texting: Literal["off", "on"] | None = None
    everywhere: bool = False
    tasks: tuple[tuple[TaskKind, str], ...] = ()
    pauses: bool = False
    spares: bool = False


@dataclass(frozen=True, slots=True)
class ReadReply:
    """One text as it was read.

    `readings` are several when it answers several questions in an order that is certain. `takes_back`: it begins with
    a correction ("oops") or an apology ("sorry"). `after`: how long after the open question was texted it was sent.
    `provider`: the carrier has answered it by itself (STOP, START, HELP alone): nothing is said twice. `proxy`: it came
    from somebody who answers for the patient.
    """

    readings: tuple[Reading, ...]
    takes_back: Literal["correction", "apology"] | None = None
    after: timedelta | None = None
    provider: Provider | None = None
    proxy: bool = False


def hear(
    said: ReadReply, survey: Survey | None, landing: ReplyTarget, now: datetime, *, opted_out: bool = False
) -> Reaction:
    """What a text does that was read as `said` and landed on `survey`, for certain or not.

    Wherever it lands, what reaches a person (tasks) and what is said of an emergency stands.
    """
    first, flagged = said.readings[0], next((each for each in said.readings if each.flag), said.readings[0])
    reading = first if flagged is first else replace(first, flag=flagged.flag, also=flagged.also)
    reaction = react(reading, survey, now, opted_out=opted_out, provider=said.provider, proxy=said.proxy)
    if reaction.step is None or survey is None:
        return reaction
    standing = replace(reaction, reply=None if reaction.reply == "review" else reaction.reply)
    if now >= survey.late_until:
        return replace(standing, outcome="closed", step=Step(survey, (Say("closed"),)))
    if landing.verdict == "overtaken":
        return replace(standing, outcome="overtaken", step=None)
    if reaction.outcome == "back":
        return reaction
    if _takes_back(said, reaction.outcome):
        understood = reading.outcome == "unclear"  # as a correction: nobody need read it
        tasks = () if understood else standing.tasks
        return replace(standing, outcome="taken back", step=take_back(survey), tasks=tasks)
    if landing.verdict == "again":
        return replace(standing, outcome="again", step=again(survey))
    if len(said.readings) > 1:
        step = answer_all(survey, [reading.value for reading in said.readings], "sms", now)
        if step is not None:
            return replace(reaction, outcome="answer", step=step)
        unsure = _in_survey(Reading("unclear", reason="order not certain"), survey, now)
        return replace(reaction, outcome=unsure.outcome, step=unsure.step, reply=reaction.reply or unsure.reply)
    return reaction


def _takes_back(said: ReadReply, outcome: str) -> bool:
    soon = said.after is not None and said.after < AFTERTHOUGHT
    if said.takes_back == "correction":
        return outcome in ("answer", "unclear")
    return said.takes_back == "apology" and outcome == "answer" and soon


def react(
    reading: Reading, survey: Survey | None, now: datetime, *, opted_out: bool = False,
    provider: Provider | None = None, proxy: bool = False,
) -> Reaction:  # fmt: skip
    """What a text does that was read as `reading` and landed on `survey` (None: nothing is being asked)."""
    said = (reading.outcome, *reading.also)
    if "urgent" in said or "crisis" in said:
        return _emergency(said, reading, survey, now, opted_out=opted_out)
    died = "death" in said or "bereaved" in said
    if died and reading.outcome != "answer":
        return _death(said, reading, proxy=proxy, opted_out=opted_out)
    if _stops(said):
        return _stop(said, reading, silent=opted_out or provider == "stop")
    if reading.outcome == "opt_in":
        return Reaction("opt_in", reply=None if provider == "start" else "started_again", texting="on")
    if opted_out:  # whoever said stop hears nothing more, whatever they write; a person reads it
        return Reaction(reading.outcome, tasks=(("review", "wrote after opting out"),))
    if died:
        return _bereaved_and_answers(reading, survey, now)
    if reading.outcome == "help":
        return _help(reading, provider)
    return _simple(reading) or _in_survey(reading, survey, now)


def _simple(reading: Reading) -> Reaction | None:
    """What has nothing to do with the question that waits."""
    why = reading.reason
    match reading.outcome:
        case "media":
            return Reaction("media", reply="no_pictures", tasks=(("review", why),))
        case "pause":
            return Reaction("pause", reply="paused", tasks=(("pause", why),))
        case "wrong_person":  # whoever has the number now is told nothing more
            return Reaction("wrong_person", texting="off", tasks=(("wrong_person", why),))
        case "noise":
            return Reaction("noise")
        case _:
            return None


def _emergency(
    said: tuple[str, ...], reading: Reading, survey: Survey | None, now: datetime, *, opted_out: bool
) -> Reaction:
    """What to do in an emergency is said at once, and a person alerted; a clear answer beside it is kept.

    Whoever has said stop hears that, and nothing else: no question follows.
    """
    reaction = Reaction(
        "urgent",
        reply="crisis" if "crisis" in said else "emergency",
        texting="off" if _stops(said) else None,
        tasks=(("urgent", "said in words" if reading.outcome == "answer" else reading.reason),),
    )
    return reaction if opted_out else _with_answer(reaction, reading, survey, now)


def _with_answer(reaction: Reaction, reading: Reading, survey: Survey | None, now: datetime) -> Reaction:
    """The reaction, and the clear answer that the text gave beside what it is about."""
    if reading.outcome != "answer":
        return reaction
    within = _in_survey(reading, survey, now)
    return replace(reaction, outcome=within.outcome, step=within.step)


def _help(reading: Reading, provider: Provider | None) -> Reaction:
    """HELP is answered by a program; whoever asks for a person in words is on a person's list."""
    if reading.flag == "words":
        return Reaction("help", reply="review", tasks=(("review", reading.reason),))
    return Reaction("help", reply=None if provider == "help" else "help")


def _death(said: tuple[str, ...], reading: Reading, *, proxy: bool, opted_out: bool) -> Reaction:
    """Somebody has died. Where it may be the patient, nothing more is asked of anybody until a person has looked.

    "My husband died", from the patient's own phone, never cuts the patient off: nothing but the reminders of this
    survey is left out. From a phone of somebody who answers for the patient it may well be the patient. Whoever has
    said stop before hears nothing more.
    """
    stop = _stop(said, reading, silent=True) if _stops(said) else None
    if "death" in said or proxy or stop:
        return Reaction(
            "death",
            reply=None if opted_out else "condolence",
            texting=stop.texting if stop else None,
            everywhere=stop is not None and stop.everywhere,
            tasks=(("death", "says that somebody has died, perhaps the patient"), *(stop.tasks if stop else ())),
            pauses=True,
        )
    told: tuple[TaskKind, str] = ("death", "says that somebody of theirs has died")
    return Reaction("bereaved", reply=None if opted_out else "bereaved", tasks=(told,), spares=True)


def _bereaved_and_answers(reading: Reading, survey: Survey | None, now: datetime) -> Reaction:
    """Somebody tells of a death and answers all the same: a word of sympathy, then the next question."""
    reaction = Reaction("answer", reply="bereaved", tasks=(("review", "says that somebody has died"),))
    return _with_answer(reaction, reading, survey, now)


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
    tasks = _to_read(reading)
    if survey is not None and survey.asked is None and survey.state in BEGUN:  # all answered on the web meanwhile
        return Reaction("again", again(survey), tasks=tasks)
    if survey is None or survey.asked is None:
        return _unasked(reading, tasks)
    if reading.outcome == "answer" and reading.value is not None:
        return Reaction("answer", answer(survey, survey.asked, reading.value, "sms", now), tasks=tasks)
    if reading.outcome == "skip":
        return Reaction("skip", decline(survey, survey.asked, "sms", now))
    if reading.outcome == "back":
        return Reaction("back", back(survey))
    first_for_a_person = survey.clarified == CLARIFICATIONS
    reply: Reply | None = "review" if first_for_a_person else None
    return Reaction("unclear", unclear(survey, reading.reason), reply=reply, tasks=tasks)


def _unasked(reading: Reading, tasks: tuple[tuple[TaskKind, str], ...]) -> Reaction:
    """Nothing is being asked: words are read by a person, and their writer is told so."""
    reply: Reply = "review" if reading.flag == "words" else "nothing_open"
    if reading.outcome == "unclear":
        tasks = (("review", "wrote while nothing was asked"),)
    return Reaction(reading.outcome, reply=reply, tasks=tasks)


def _to_read(reading: Reading) -> tuple[tuple[TaskKind, str], ...]:
    """The words that somebody of the team must read, of a text that was not understood or says more than an answer."""
    if reading.flag != "words":
        return ()
    return (("review", "wrote more than the answer" if reading.outcome == "answer" else reading.reason),)


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
