"""The reading list: what people wrote that a person must read, in the order in which it may matter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from pro_collector.domain.task_kind import TaskKind


class Importance(IntEnum):
    """How much the words of a task may matter; the numbers are stored, and leave room between them."""

    NO_WORDS = 0
    WORDS = 10
    CONCERN = 20
    REQUEST = 30
    MAY_BE_STOP = 40
    DEATH = 50
    MAY_BE_EMERGENCY = 60
    EMERGENCY = 70


MAY_BE_CONCERN = "may be a concern"
"""The reason of a task whose words name a symptom, a fall, or another trouble."""
ASKS_FOR_PERSON = "asks for a person"
MAY_BE_EMERGENCY = "may be an emergency"
"""The reason of a task for a text that only the second reader takes for an emergency."""
MAY_STOP = "may want the messages to stop"
"""The reason of a task for a text that may be a wish to stop: until it is done, nothing is sent unasked."""

CAREGIVER_LEAVES = "a caregiver wants no more questions about themselves; this is not a wish of the patient"
CAREGIVER_ERASES = "a caregiver wants their own answers erased; this is not a wish of the patient"
CAREGIVER_PAUSES = "a caregiver wants a pause, or tells of a stay in hospital; nothing of the patient was changed"

BY_KIND: Mapping[TaskKind, Importance] = {
    "urgent": Importance.EMERGENCY,
    "distress": Importance.EMERGENCY,
    "death": Importance.DEATH,
    "leave": Importance.MAY_BE_STOP,
    "erase": Importance.MAY_BE_STOP,
    "pause": Importance.REQUEST,
    "question": Importance.REQUEST,
    "wrong_person": Importance.REQUEST,
}
"""What the words of each kind of task may be; of any other kind: words."""
BY_REASON: Mapping[str, Importance] = {
    MAY_BE_EMERGENCY: Importance.MAY_BE_EMERGENCY,
    "says that somebody has died": Importance.DEATH,
    MAY_STOP: Importance.MAY_BE_STOP,
    CAREGIVER_LEAVES: Importance.MAY_BE_STOP,
    CAREGIVER_ERASES: Importance.MAY_BE_STOP,
    CAREGIVER_PAUSES: Importance.REQUEST,
    ASKS_FOR_PERSON: Importance.REQUEST,
    MAY_BE_CONCERN: Importance.CONCERN,
}
"""What the words of a task may be if its reason contains this phrase; it counts more than the kind."""


@dataclass(frozen=True, slots=True)
class Unread:
    """An open task with words that a person must read, and the survey it is about, if it is about one."""

    id: UUID
    participant_id: UUID
    occasion_id: UUID | None
    kind: TaskKind
    importance: int
    raised_at: datetime
    texts: Sequence[UUID]
    caregiver: bool = False
    """Whether it is about a caregiver, and not about the patient."""


@dataclass(frozen=True, slots=True)
class ToRead:
    """One entry of the reading list: every open task with words of one person about one survey.

    `since`: when the first of them was raised; `texts`: all their texts and mails, each once.
    """

    participant_id: UUID
    occasion_id: UUID | None
    importance: Importance
    since: datetime
    tasks: Sequence[Unread]
    texts: Sequence[UUID]
    caregiver: bool = False


def importance_of(kind: TaskKind, reason: str) -> Importance:
    """How much the words of a task of this kind, raised for this reason, may matter."""
    return next((found for phrase, found in BY_REASON.items() if phrase in reason), BY_KIND.get(kind, Importance.WORDS))


def reading_list(unread: Iterable[Unread]) -> list[ToRead]:
    """One entry for each person and survey: what may matter most first, then what waits longest."""
    entries: dict[tuple[UUID, UUID | None, bool], list[Unread]] = {}
    for task in sorted(unread, key=lambda each: (each.raised_at, each.id)):
        entries.setdefault((task.participant_id, task.occasion_id, task.caregiver), []).append(task)
    return sorted(
        (_entry(tasks) for tasks in entries.values()),
        key=lambda entry: (-entry.importance, entry.since, entry.participant_id, entry.tasks[0].id),
    )


def _entry(tasks: Sequence[Unread]) -> ToRead:
    texts = tuple(dict.fromkeys(text for task in tasks for text in task.texts))
    highest = max(task.importance for task in tasks)
    first = tasks[0]
    known = max(each for each in Importance if each <= highest)
    return ToRead(first.participant_id, first.occasion_id, known, first.raised_at, tuple(tasks), texts, first.caregiver)
