"""The kinds of task for the study team, and which of them alert the team at once."""

from typing import Literal, get_args

TaskKind = Literal[
    "urgent",
    "distress",
    "flagged",
    "review",
    "question",
    "death",
    "pause",
    "leave",
    "erase",
    "wrong_person",
    "call",
    "contact",
    "altered",
    "delivery",
    "unconfirmed",
    "treatment",
    "release",
    "caregiver",
]
TASK_KINDS: tuple[TaskKind, ...] = get_args(TaskKind)
ALARMING: tuple[TaskKind, ...] = ("urgent", "distress", "flagged", "death", "altered")
"""Kinds that alert the team at once, and again every day until the task is done."""
