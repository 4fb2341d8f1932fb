"""What a text or mail of a caregiver may do: everything about themselves, and nothing to the patient.

A caregiver answers about themselves. They may stop messages to their own address, answer their own questions, choose
their own language, and be in an emergency. Whatever else they wish, a person reads it: a caregiver who wants to leave,
to pause or to have answers erased must not do that to the patient. Only a death that they report stops the patient's
messages, as one that a proxy reports does: it may be the patient's, and a person must look first.
"""

from collections.abc import Mapping
from dataclasses import replace

from pro_collector.domain.conversation.reaction import Reaction, TaskKind
from pro_collector.domain.conversation.reading_list import CAREGIVER_ERASES, CAREGIVER_LEAVES, CAREGIVER_PAUSES
from pro_collector.domain.task_kind import TaskKind as AnyTaskKind
from scheduler.values import Reporter

_READ_BY_A_PERSON: Mapping[TaskKind, str] = {
    "leave": CAREGIVER_LEAVES,
    "erase": CAREGIVER_ERASES,
    "pause": CAREGIVER_PAUSES,
}
"""Tasks that the team would do for the patient, and what a person reads in their place."""


def about_themselves(reaction: Reaction, reporter: Reporter) -> Reaction:
    """The reaction to what this reporter wrote; that of a caregiver without anything that would reach the patient."""
    if reporter != "caregiver":
        return reaction
    return replace(
        reaction,
        tasks=tuple(_task(*task) for task in reaction.tasks),
        cancels_reminders=reaction.cancels_reminders or reaction.pauses,
    )


def kind_of_flagged(reporter: Reporter) -> AnyTaskKind:
    """The kind of task for an answer that a person must see to now: a caregiver is called, and not the patient."""
    return "distress" if reporter == "caregiver" else "flagged"


def _task(kind: TaskKind, reason: str) -> tuple[TaskKind, str]:
    """The task for the team; the words of the text are shown with it.

    Words of an emergency are a kind of their own, so that nobody calls the patient about what a caregiver confided.
    """
    told = _READ_BY_A_PERSON.get(kind)
    return ("review", told) if told is not None else ("distress" if kind == "urgent" else kind, reason)
