"""What one text does: to its survey, to the opt-out of its sender, and which reply is sent.

`react_to_text` is the entry: a pure function from the reading of a text and its survey to a `Reaction`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from pro_collector.domain.conversation.phone_turn import ReplyTarget
from pro_collector.domain.conversation.put_off import KEPT
from pro_collector.domain.conversation.read_reply import Provider, ReadReply
from pro_collector.domain.conversation.reading_list import (
    ASKS_FOR_PERSON,
    MAY_BE_CONCERN,
    MAY_BE_EMERGENCY,
    MAY_STOP,
)
from pro_collector.domain.conversation.stop_way import StopWay
from pro_collector.domain.conversation.survey import (
    BEGUN,
    MAX_CLARIFICATIONS,
    Say,
    Step,
    Survey,
    again,
    answer,
    answer_all,
    back,
    decline,
    explain,
    take_back,
    unclear,
    without_question,
)
from pro_collector.domain.reply.question import Reading
from pro_collector.domain.reply.second_reading import may_be_emergency
from scheduler.values import Reporter

Reply = Literal[
    "stop_confirmed", "leave_noted", "erase_noted", "started_again", "help", "emergency", "crisis", "paused",
    "nothing_open", "review", "question_noted", "language_changed", "language_not_offered", "put_off",
    "condolence", "bereaved", "no_pictures", "report_now",
]  # fmt: skip
TaskKind = Literal["urgent", "distress", "review", "question", "leave", "erase", "pause", "wrong_person", "death"]

REMARKS: Mapping[str, str] = {"person": ASKS_FOR_PERSON, "concern": MAY_BE_CONCERN}
"""By intent beside an answer, or in an unclear text: the reason of the task to read it."""
APOLOGY_TIME = timedelta(minutes=2)
"""An apology within this time after an answer may take the answer back; a later one apologizes for the delay."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """The consequences of one text.

    `step` applies to the survey; `reply` is sent whatever the survey does; `texting` turns texts to this address off or
    on (`way`: how they asked), and with `everywhere` off applies to every channel; `tasks` are raised for the study
    team. `pauses`: the patient is asked nothing more, on any channel, until a person has looked. `cancels_reminders`:
    no reminder of this survey.
    `language`: the person is written to in it from now on, this reply included; `reply_language`: only this reply.
    """

    outcome: str
    step: Step | None = None
    reply: Reply | None = None
    texting: Literal["off", "on"] | None = None
    way: StopWay = "words"
    everywhere: bool = False
    tasks: tuple[tuple[TaskKind, str], ...] = ()
    pauses: bool = False
    cancels_reminders: bool = False
    language: str | None = None
    reply_language: str | None = None
    put_off_to: datetime | None = None


def react_to_text(
    text: ReadReply, survey: Survey | None, target: ReplyTarget, now: datetime, *, opted_out: bool = False
) -> Reaction:
    """The reaction to a text; `target` says how certainly it belongs to `survey`.

    The tasks and the reply to an emergency are the same for every target.
    """
    first, flagged = text.readings[0], next((each for each in text.readings if each.flag), text.readings[0])
    reading = first if flagged is first else replace(first, flag=flagged.flag, also=flagged.also)
    beside = None if opted_out else _beside_the_question(text, reading, survey, target)
    if beside is not None:
        return beside
    reaction = react(
        reading, survey, now, opted_out=opted_out, provider=text.provider, reporter=text.reporter, offered=text.offered
    )
    reaction = _without_uncertain_answer(with_remarks(reaction, reading), target)
    if reaction.step is None or survey is None or reaction.texting == "off":
        return reaction
    unmatched = replace(reaction, reply=None if reaction.reply == "review" else reaction.reply)
    if now >= survey.late_until:
        return replace(unmatched, outcome="closed", step=Step(survey, (Say("closed"),)))
    if target.verdict == "overtaken":
        return replace(unmatched, outcome="overtaken", step=None)
    if reaction.outcome == "back":
        return reaction
    if _takes_back(text, reaction.outcome):
        understood = reading.outcome == "unclear"  # it was read as a correction, so no person must read it
        tasks = () if understood else unmatched.tasks
        return replace(unmatched, outcome="taken back", step=take_back(survey), tasks=tasks)
    if target.verdict == "again":
        return replace(unmatched, outcome="again", step=again(survey))
    if len(text.readings) > 1:
        step = answer_all(survey, [reading.value for reading in text.readings], "sms", now)
        if step is not None:
            return replace(reaction, outcome="answer", step=step)
        unsure = _in_survey(Reading("unclear", reason="order not certain"), survey, now)
        return replace(reaction, outcome=unsure.outcome, step=unsure.step, reply=reaction.reply or unsure.reply)
    return reaction


def _beside_the_question(
    text: ReadReply, reading: Reading, survey: Survey | None, target: ReplyTarget
) -> Reaction | None:
    """The reaction to words for the team, or to a wish to be asked later; None for any other text."""
    if text.to_team and text.put_off_to is None and (reading.outcome, reading.flag) == ("unclear", "words"):
        return Reaction("to_team", reply="question_noted", tasks=(("question", "answers what the team wrote"),))
    waits = survey is not None and survey.asked is not None and survey.state in BEGUN
    if text.put_off_to is None or target.verdict != "take" or not waits:
        return None
    third: tuple[TaskKind, str] = ("pause", "put the same questions off once more")
    tasks = (third,) if text.put_off_before >= KEPT else ()
    return Reaction("put_off", reply="put_off", tasks=tasks, put_off_to=text.put_off_to)


def _takes_back(text: ReadReply, outcome: str) -> bool:
    soon = text.after is not None and text.after < APOLOGY_TIME
    if text.takes_back == "correction":
        return outcome in ("answer", "unclear")
    return text.takes_back == "apology" and outcome == "answer" and soon


def react(
    reading: Reading, survey: Survey | None, now: datetime, *, opted_out: bool = False,
    provider: Provider | None = None, reporter: Reporter = "self", offered: tuple[str, ...] = (),
) -> Reaction:  # fmt: skip
    """The reaction to a text that was read as `reading` and belongs to `survey` (None: no question is open)."""
    intents = (reading.outcome, *reading.also)
    if "urgent" in intents or "crisis" in intents or may_be_emergency(reading):
        return _emergency(intents, reading, survey, now, opted_out=opted_out)
    died = "death" in intents or "bereaved" in intents
    if died and (reading.outcome != "answer" or reporter != "self"):
        return _death(intents, reading, survey, now, reporter=reporter, opted_out=opted_out)
    if _stops(intents):
        stop = _stop(intents, reading, silent=opted_out or provider == "stop")
        return stop if opted_out else replace(stop, step=_answer_without_reply(reading, survey, now))
    if reading.outcome == "opt_in":
        silent = provider == "start"
        return Reaction("opt_in", reply=None if silent else "started_again", texting="on", way=_way(reading))
    if opted_out:  # after an opt-out we do not reply, whatever the text is; a person reads it
        return Reaction(reading.outcome, tasks=(("review", "wrote after opting out"),))
    if died:
        return _bereaved_and_answers(reading, survey, now)
    if reading.flag == "stop":
        return _may_stop(reading, survey, now)
    return _ordinary(reading, survey, now, provider, offered)


def _ordinary(
    reading: Reading, survey: Survey | None, now: datetime, provider: Provider | None, offered: tuple[str, ...]
) -> Reaction:
    """The reaction to a text that is no emergency, no stop and no news of a death."""
    if reading.outcome == "help":
        return _help(reading, provider)
    if reading.outcome == "meaning":
        return _meaning(reading, survey)
    if reading.outcome == "language" or (reading.language and reading.outcome == "answer"):
        return _language(reading, survey, now, offered)
    return _simple(reading) or _in_survey(reading, survey, now)


def _simple(reading: Reading) -> Reaction | None:
    """The reaction to a text that is not about the open question, or None."""
    why = reading.reason
    match reading.outcome:
        case "media":
            return Reaction("media", reply="no_pictures", tasks=(("review", why),))
        case "pause":
            return Reaction("pause", reply="paused", tasks=(("pause", why),))
        case "wrong_person":  # the present owner of the number gets no more messages
            return Reaction("wrong_person", texting="off", way="wrong number", tasks=(("wrong_person", why),))
        case "noise" if reading.flag == "words":  # thanks with a picture: a person must look at the picture
            return Reaction("noise", reply="no_pictures", tasks=(("review", why),))
        case "noise":
            return Reaction("noise")
        case _:
            return None


def _emergency(
    intents: tuple[str, ...], reading: Reading, survey: Survey | None, now: datetime, *, opted_out: bool
) -> Reaction:
    """Reply with the emergency text at once and alert a person; a clear answer in the same text is recorded.

    The next question waits. After an opt-out the emergency text is the only reply: no question follows.
    """
    said = "intents in words" if reading.outcome == "answer" else reading.reason
    reaction = Reaction(
        "urgent",
        reply="crisis" if "crisis" in intents else "emergency",
        texting="off" if _stops(intents) else None,
        tasks=(("urgent", MAY_BE_EMERGENCY if may_be_emergency(reading) else said),),
    )
    if opted_out:
        return reaction
    answered = _with_answer(reaction, reading, survey, now)
    return replace(answered, step=without_question(answered.step)) if answered.step else answered


def _may_stop(reading: Reading, survey: Survey | None, now: datetime) -> Reaction:
    """The text may be a wish to stop: a person reads it, and nothing more is asked unless it has an answer too."""
    tasks: tuple[tuple[TaskKind, str], ...] = (("review", MAY_STOP),)
    if reading.outcome == "answer":
        return replace(_in_survey(replace(reading, flag="words"), survey, now), tasks=tasks)
    return Reaction("may_stop", reply="review", tasks=tasks)


def _with_answer(reaction: Reaction, reading: Reading, survey: Survey | None, now: datetime) -> Reaction:
    """The reaction, plus the clear answer that the same text has, if any."""
    if reading.outcome != "answer":
        return reaction
    to_answer = _in_survey(reading, survey, now)
    return replace(reaction, outcome=to_answer.outcome, step=to_answer.step)


def _help(reading: Reading, provider: Provider | None) -> Reaction:
    """The keyword HELP gets an automatic reply; a request for a person raises a task."""
    if reading.flag == "words":
        return Reaction("help", reply="question_noted", tasks=(("question", reading.reason),))
    return Reaction("help", reply=None if provider == "help" else "help")


def _meaning(reading: Reading, survey: Survey | None) -> Reaction:
    """The text asks what the open question means: send its explanation once; without one, a person answers."""
    step = explain(survey) if survey is not None else None
    if step is None:
        return Reaction("meaning", reply="question_noted", tasks=(("question", reading.reason),))
    return Reaction("meaning", step, tasks=_to_read(reading))


def _language(reading: Reading, survey: Survey | None, now: datetime, offered: tuple[str, ...]) -> Reaction:
    """The text asks for another language: ask the open question in it, if the study can; the team is told.

    A clear answer in the same text is recorded, and the next question follows.
    """
    wanted = reading.language or ""
    chosen = next((each for each in offered if wanted in (each, each.split("-")[0])), None)
    if chosen is None:
        why = f"asks for a language that the study cannot ask in: {wanted}"
        refused = Reaction("language", None, "language_not_offered", tasks=(("review", why),), reply_language=wanted)
        return _with_answer(refused, reading, survey, now)
    why = f"asked for another language; it is {chosen} now"
    switched = Reaction("language", None, "language_changed", tasks=(("review", why),), language=chosen)
    if reading.outcome == "answer" or survey is None or survey.asked is None or survey.language == chosen:
        return _with_answer(switched, reading, survey, now)
    return replace(switched, step=Step(survey, (Say("question", survey.asked),)))


def _death(
    intents: tuple[str, ...], reading: Reading, survey: Survey | None, now: datetime, *, reporter: Reporter,
    opted_out: bool,
) -> Reaction:  # fmt: skip
    """The text reports a death. If it may be the patient, no questions are sent until a person has looked.

    "My husband died" from the patient's own phone only cancels the reminders of this survey. From the phone of a proxy
    or a caregiver the dead person may be the patient; an answer in the same text is recorded, and no question follows.
    After an opt-out there is no reply.
    """
    stop = _stop(intents, reading, silent=True) if _stops(intents) else None
    if "death" in intents or reporter != "self" or stop:
        reaction = Reaction(
            "death",
            reply=None if opted_out else "condolence",
            texting=stop.texting if stop else None,
            everywhere=stop is not None and stop.everywhere,
            tasks=(("death", "says that somebody has died, perhaps the patient"), *(stop.tasks if stop else ())),
            pauses=True,
        )
        answered = reaction if opted_out else _with_answer(reaction, reading, survey, now)
        return replace(answered, step=without_question(answered.step)) if answered.step else answered
    task: tuple[TaskKind, str] = ("death", "says that somebody of theirs has died")
    return Reaction("bereaved", reply=None if opted_out else "bereaved", tasks=(task,), cancels_reminders=True)


def _bereaved_and_answers(reading: Reading, survey: Survey | None, now: datetime) -> Reaction:
    """The text reports a death and has an answer too: send a condolence, then the next question."""
    reaction = Reaction("answer", reply="bereaved", tasks=(("review", "says that somebody has died"),))
    return _with_answer(reaction, reading, survey, now)


def _stops(intents: tuple[str, ...]) -> bool:
    return any(each in ("opt_out", "leave", "erase") for each in intents)


def _way(reading: Reading) -> StopWay:
    return "keyword" if reading.reason == "keyword" else "words"


def _stop(intents: tuple[str, ...], reading: Reading, *, silent: bool) -> Reaction:
    """Stop texts at once; if the person leaves or wants data erased, stop every channel and raise a task."""
    leaves, erases = "leave" in intents, "erase" in intents
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
        way=_way(reading),
        everywhere=leaves or erases,
        tasks=tuple(tasks),
    )


def _without_uncertain_answer(reaction: Reaction, target: ReplyTarget) -> Reaction:
    """A stop stays a stop, but the answer beside it counts only if it certainly belongs to the open question."""
    uncertain = reaction.texting == "off" and target.verdict != "take"
    return replace(reaction, step=None) if uncertain else reaction


def _answer_without_reply(reading: Reading, survey: Survey | None, now: datetime) -> Step | None:
    """Record the answer that a stop has beside it ("3 STOP"); nothing is asked or said after it."""
    if reading.outcome != "opt_out" or reading.value is None:  # who leaves, or has all erased, answers no more
        return None
    if survey is None or survey.asked is None or now >= survey.late_until:
        return None
    step = answer(survey, survey.asked, reading.value, "sms", now)
    return Step(step.survey, tuple(effect for effect in step.effects if not isinstance(effect, Say)))


def _in_survey(reading: Reading, survey: Survey | None, now: datetime) -> Reaction:
    tasks = _to_read(reading)
    told: Reply | None = "question_noted" if "person" in reading.also else None
    if reading.outcome == "unclear" and told:
        return Reaction("help", reply=told, tasks=tasks)
    if survey is not None and survey.asked is None and survey.state in BEGUN:  # everything was answered on the web
        return Reaction("again", again(survey), tasks=tasks)
    if survey is None or survey.asked is None:
        return _without_question(reading, tasks)
    if reading.outcome == "answer" and reading.value is not None:
        return Reaction("answer", answer(survey, survey.asked, reading.value, "sms", now), reply=told, tasks=tasks)
    if reading.outcome == "skip":
        return Reaction("skip", decline(survey, survey.asked, "sms", now), tasks=tasks)
    if reading.outcome == "back":
        return Reaction("back", back(survey))
    if survey.state not in BEGUN and tasks and survey.clarified < MAX_CLARIFICATIONS:  # "I was in hospital", days later
        told_late = replace(survey, clarified=survey.clarified + 1)
        return Reaction("unclear", Step(told_late, (Say("question", survey.asked),)), reply="review", tasks=tasks)
    for_a_person = survey.clarified >= MAX_CLARIFICATIONS
    reply: Reply | None = "review" if for_a_person else None
    return Reaction("unclear", unclear(survey, reading.reason), reply=reply, tasks=tasks)


def _without_question(reading: Reading, tasks: tuple[tuple[TaskKind, str], ...]) -> Reaction:
    """No question is open: a person reads the words of the text, and the reply says so."""
    reply: Reply = "review" if reading.flag == "words" else "nothing_open"
    reply = "report_now" if "report" in reading.also else reply
    reply = "question_noted" if "person" in reading.also else reply
    if reading.outcome == "unclear" and REMARKS.keys().isdisjoint(reading.also):
        tasks = (("review", "wrote while nothing was asked"),)
    return Reaction(reading.outcome, reply=reply, tasks=tasks)


def _to_read(reading: Reading) -> tuple[tuple[TaskKind, str], ...]:
    """The task to read a text that was unclear, or that has more than an answer; empty for any other text."""
    if reading.flag != "words":
        return ()
    if "person" in reading.also:
        return (("question", ASKS_FOR_PERSON),)
    named = next((reason for intent, reason in REMARKS.items() if intent in reading.also), None)
    return (("review", named or ("wrote more than the answer" if reading.outcome == "answer" else reading.reason)),)


def with_remarks(reaction: Reaction, reading: Reading) -> Reaction:
    """The reaction; if nothing else brings the text before a person, with a task for what it mentions.

    "Stop texting me, I'm in hospital" stops the texts, and a person learns of the hospital.
    """
    intent = next((intent for intent in REMARKS if intent in reading.also), None)
    if reaction.tasks or intent is None:
        return reaction
    return replace(reaction, tasks=(("question" if intent == "person" else "review", REMARKS[intent]),))
