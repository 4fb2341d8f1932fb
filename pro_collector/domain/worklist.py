"""The worklist of the team: tasks, alerts of rules and people gone silent, in the order in which they must be seen to.

Every function is pure. Who has an alert is what the alert says; who has any other item is in its `Held`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from pro_collector.domain.alert.life import State
from pro_collector.domain.alert.rule import URGENCIES, Urgency
from pro_collector.domain.conversation.reading_list import Importance
from pro_collector.domain.task_kind import ALARMING, TASK_KINDS, TaskKind

ItemKind = TaskKind | Literal["alert", "silent"]
ITEM_KINDS: tuple[ItemKind, ...] = (TASK_KINDS[0], "alert", *TASK_KINDS[1:], "silent")
WorkAct = Literal["claim", "release", "assign", "note", "write", "snooze", "wake", "done"]
WORK_ACTS: tuple[WorkAct, ...] = get_args(WorkAct)

CLAIM_LASTS = timedelta(hours=24)
"""How long a task stays somebody's without another act."""
WITHIN: Mapping[Urgency, timedelta] = {
    "now": timedelta(),
    "today": timedelta(days=1),
    "this_week": timedelta(days=7),
}
"""How long after it came a task must be done."""
TODAY: frozenset[ItemKind] = frozenset({"review", "question", "pause", "leave", "erase", "wrong_person"})
"""The kinds of task for which somebody waits, or to whom messages go that should not."""
OF_ALERT: Mapping[Urgency, Importance] = {
    "now": Importance.EMERGENCY,
    "today": Importance.CONCERN,
    "this_week": Importance.WORDS,
}
"""What an alert of a rule counts as, beside words."""
SILENT_AFTER = 2
"""A person is silent after so many check-ins in a row that they were asked and did not answer."""
LONGEST_SNOOZE: Mapping[Urgency, timedelta] = {
    "now": timedelta(days=1),
    "today": timedelta(days=7),
    "this_week": timedelta(days=30),
}
"""How long an item may be put off at most."""


@dataclass(frozen=True, slots=True)
class Held:
    """Who has an item until when, and until when it is put off. `version` counts the acts on it."""

    version: int = 0
    assignee: str | None = None
    held_until: datetime | None = None
    snoozed_at: datetime | None = None
    snoozed_until: datetime | None = None


NOBODY = Held()


@dataclass(frozen=True, slots=True)
class About:
    """Whom an item is about. `zone`: the name of the time zone in which they live."""

    participant_id: UUID
    code: str
    site: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing that a person of the team must see to.

    `since`: when it came; `last_at`: when something about it last happened, such as another text; `due_at`: when it
    must be done by. `stamp` changes with what the item is about, so that nobody closes what they have not seen.
    `why`: the reason of a task, the rule of an alert, or how many check-ins somebody did not answer. `texts`: how many
    texts and mails a task has, which a person must read.
    """

    id: UUID
    kind: ItemKind
    about: About
    urgency: Urgency
    importance: Importance
    since: datetime
    last_at: datetime
    due_at: datetime
    stamp: str
    why: str = ""
    assessment: str | None = None
    texts: int = 0
    closed: bool = False
    held: Held = NOBODY
    taken_by: str | None = None
    """Who has acknowledged an alert."""
    label: str = ""
    """What the team calls the rule of an alert."""

    @property
    def version(self) -> str:
        """What a form about this item posts; another one means that it has changed since."""
        return f"{self.held.version}.{self.stamp}"

    def holder(self, now: datetime) -> str | None:
        """Who has it."""
        if self.kind == "alert":
            return self.taken_by
        until = self.held.held_until
        return self.held.assignee if until is not None and now < until else None

    def snoozed_until(self, now: datetime) -> datetime | None:
        """Until when it is put off; None if it is not, or if something has happened since."""
        at, until = self.held.snoozed_at, self.held.snoozed_until
        if self.closed or at is None or until is None or now >= until or self.last_at > at or self.escalates:
            return None
        return until

    @property
    def escalates(self) -> bool:
        """Whether others are told as long as nobody has it: an alert that nobody has acknowledged."""
        return self.kind == "alert" and self.taken_by is None

    def is_overdue(self, now: datetime) -> bool:
        """Whether its time is over."""
        return now >= self.due_at


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What of a task decides where it stands. `texts`: how many texts it has; `late_until`: of its check-in."""

    id: UUID
    kind: TaskKind
    about: About
    reason: str
    importance: int
    raised_at: datetime
    last_text_at: datetime | None = None
    texts: int = 0
    assessment: str | None = None
    late_until: datetime | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What of an alert decides where it stands."""

    id: UUID
    about: About
    rule: str
    urgency: Urgency
    state: State
    raised_at: datetime
    last_at: datetime
    due_at: datetime | None
    repeats: int = 0
    came_back: int = 0
    taken_by: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class AskedCheckIn:
    """A check-in that somebody was asked to answer."""

    id: UUID
    at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class SilentRun:
    """Somebody who answers no more. `id`: of the check-in that made it so; another one after as many more."""

    check_in: UUID
    missed: int
    since: datetime
    last_at: datetime


def of_task(task: TaskFacts, held: Held = NOBODY) -> WorkItem:
    """A task as an item. A call must be made while the check-in still takes answers."""
    urgency = urgency_of(task.kind, task.importance)
    due = task.raised_at + WITHIN[urgency]
    if task.kind == "call" and task.late_until is not None:
        due = min(due, task.late_until)
    last = max(task.raised_at, task.last_text_at or task.raised_at)
    known = max(each for each in Importance if each <= task.importance)
    return WorkItem(
        task.id, task.kind, task.about, urgency, known, task.raised_at, last, due, f"t{task.texts}{_end(task.done)}",
        task.reason, task.assessment, task.texts, closed=task.done, held=held,
    )  # fmt: skip


def of_alert(alert: AlertFacts, held: Held = NOBODY) -> WorkItem:
    """An alert of a rule as an item: it is due when its next step is told, or when it comes back."""
    closed = alert.state == "closed"
    stamp = f"{alert.state[0]}{alert.repeats}-{alert.came_back}"
    return WorkItem(
        alert.id, "alert", alert.about, alert.urgency, OF_ALERT[alert.urgency], alert.raised_at, alert.last_at,
        alert.due_at or alert.last_at, stamp, alert.rule, closed=closed, held=held, taken_by=alert.taken_by,
        label=alert.label,
    )  # fmt: skip


def of_silence(id: UUID, silence: SilentRun, about: About, held: Held = NOBODY, *, done: bool = False) -> WorkItem:
    """Somebody gone silent as an item."""
    due = silence.since + WITHIN["this_week"]
    return WorkItem(
        id, "silent", about, "this_week", Importance.NO_WORDS, silence.since, silence.since, due,
        f"s{silence.missed}{_end(done)}", str(silence.missed), closed=done, held=held,
    )  # fmt: skip


def urgency_of(kind: TaskKind, importance: int) -> Urgency:
    """How soon a task must be seen to: by its kind, or by what its words may be if that is sooner."""
    if kind in ALARMING or importance >= Importance.DEATH:
        return "now"
    return "today" if kind in TODAY or importance >= Importance.WORDS else "this_week"


def silence_of(asked: Iterable[AskedCheckIn], after: int = SILENT_AFTER) -> SilentRun | None:
    """Whether somebody is silent, from the check-ins that they were asked; None if they are not.

    Whoever is still silent after as many more is a new item: what was done about the first did not help.
    """
    run: list[AskedCheckIn] = []
    for each in sorted(asked, key=lambda one: (one.at, one.id), reverse=True):
        if each.answered:
            break
        run.append(each)
    if len(run) < after:
        return None
    counted = run[::-1]
    deciding = counted[len(run) // after * after - 1]
    return SilentRun(deciding.id, len(run), deciding.at, counted[-1].at)


def in_order(items: Iterable[WorkItem], now: datetime) -> list[WorkItem]:
    """The items, those first that must be seen to first; those put off at the end, the next to come back first.

    By urgency, then by what the words may be, then by when it must be done by, then by how long it waits.
    """
    return sorted(items, key=lambda item: (_put_off(item, now), *_place(item)))


def _put_off(item: WorkItem, now: datetime) -> tuple[bool, float]:
    until = item.snoozed_until(now)
    return until is not None, until.timestamp() if until else 0.0


def _place(item: WorkItem) -> tuple[int, int, datetime, datetime, UUID]:
    return URGENCIES.index(item.urgency), -item.importance, item.due_at, item.since, item.id


def refusal(act: WorkAct, item: WorkItem, by: str, now: datetime) -> str | None:
    """Why somebody may not do this to an item now; None if they may."""
    holder = item.holder(now)
    if item.closed:
        return "it is closed already"
    if act == "claim" and holder is not None:
        return f"{'you have' if holder == by else f'{holder} has'} it already"
    if act == "release" and holder is None:
        return "nobody has it"
    if act == "assign" and item.escalates:
        return "nobody has taken this alert yet: take it first, so that it is told on until somebody has it"
    if act == "snooze" and item.urgency == "now" and holder != by:
        return "it is urgent: take it first"
    if act == "snooze" and item.escalates:
        return "nobody has taken this alert yet: take it first"
    if act == "wake" and item.snoozed_until(now) is None:
        return "it is not put off"
    return None


def bulk_refusal(act: WorkAct, item: WorkItem, by: str, now: datetime) -> str | None:
    """The same for several items at once: what must be read, or needs more than a note, is closed one by one."""
    if act == "done" and item.texts:
        return "it has words to be read: open it"
    if act == "done" and item.kind == "alert":
        return "open it, and say what was done"
    return refusal(act, item, by, now)


def snooze_refusal(item: WorkItem, until: datetime, now: datetime) -> str | None:
    """Why an item may not be put off until then; None if it may."""
    if until <= now:
        return "this moment is over"
    longest = LONGEST_SNOOZE[item.urgency]
    return f"it may be put off for {longest.days} days at most" if until > now + longest else None


def held_after(act: WorkAct, held: Held, by: str, now: datetime, to: str = "", until: datetime | None = None) -> Held:
    """Who has an item, and until when it is put off, after an act that was not refused."""
    version = held.version + 1
    if act == "release":
        return Held(version)
    if act == "snooze" and until is not None:
        # putting it off keeps it with whoever has it until a day after it is back
        kept = until + CLAIM_LASTS if _has(held, now) else None
        return Held(version, held.assignee if kept else None, kept, now, until)
    assignee = {"claim": by, "assign": to}.get(act, held.assignee if _has(held, now) else None)
    lasts = now + CLAIM_LASTS if assignee else None
    if act in ("wake", "claim", "assign"):
        return Held(version, assignee, lasts)
    return Held(version, assignee, lasts, held.snoozed_at, held.snoozed_until)


def _has(held: Held, now: datetime) -> bool:
    return held.held_until is not None and now < held.held_until


def _end(done: bool) -> str:
    return "-done" if done else ""


def counted(items: Sequence[WorkItem]) -> dict[ItemKind, int]:
    """How many items there are of each kind, in the order of the kinds; kinds without any are left out."""
    found = {kind: sum(item.kind == kind for item in items) for kind in ITEM_KINDS}
    return {kind: count for kind, count in found.items() if count}
