"""What a text or mail of a caregiver may do: everything about themselves, and nothing to the patient.

A caregiver answers about themselves. They may stop messages to their own address, answer their own questions, and be in
an emergency. Whatever else they wish, a person reads it: a caregiver who wants to leave, to pause, to have answers
erased or another language must not do that to the patient. A death that they report pauses nothing by itself: it is an
urgent task of the team.
"""

from collections.abc import Mapping
from dataclasses import replace

from pro_collector.domain.conversation.reaction import Reaction, Reply, TaskKind
from scheduler.values import Reporter

_READ_BY_A_PERSON: Mapping[TaskKind, str] = {
    "leave": "a caregiver wants no more questions about themselves; this is not a wish of the patient",
    "erase": "a caregiver wants their own answers erased; this is not a wish of the patient",
    "pause": "a caregiver wants a pause; this is not a wish of the patient",
}
"""Tasks that the team would do for the patient, and what a person reads in their place."""
_SAID_INSTEAD: Mapping[Reply, Reply] = {"condolence": "bereaved", "language_changed": "question_noted"}
"""Replies that promise what is not done for a caregiver, and what is said in their place."""


def about_themselves(reaction: Reaction, reporter: Reporter) -> Reaction:
    """The reaction to what this reporter wrote; that of a caregiver without anything that would reach the patient."""
    if reporter != "caregiver":
        return reaction
    tasks = [_task(*task) for task in reaction.tasks]
    if reaction.language is not None:  # the task that says that the language is another one now is not true
        tasks = [task for task in tasks if task[0] != "review"]
        tasks.append(("review", f"a caregiver asks for another language: {reaction.language}"))
    return replace(
        reaction,
        reply=_SAID_INSTEAD.get(reaction.reply, reaction.reply) if reaction.reply else None,
        tasks=tuple(tasks),
        pauses=False,
        cancels_reminders=reaction.cancels_reminders or reaction.pauses,
        language=None,
        reply_language=reaction.reply_language or reaction.language,
    )


def _task(kind: TaskKind, reason: str) -> tuple[TaskKind, str]:
    """The task for the team; the words of the text are shown with it."""
    told = _READ_BY_A_PERSON.get(kind)
    return ("review", told) if told is not None else (kind, reason)
