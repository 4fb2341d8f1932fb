"""An occasion: one planned measurement of one reporter, with its identity, its instants, and why it cannot be."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID, uuid5

from scheduler.anchors import Anchor
from scheduler.person import Condition
from scheduler.rules import Reporter

State = Literal["planned", "open", "invited", "started", "completed", "partial", "missed", "cancelled"]

BEGUN: frozenset[str] = frozenset({"open", "invited", "started", "completed", "partial"})
UNFINISHED: frozenset[str] = frozenset({"open", "invited", "started"})
DEAD: frozenset[str] = frozenset({"missed", "cancelled"})

PERSON_REASONS: frozenset[str] = frozenset(get_args(Condition)) - {"moved"} | {"ended"}
"""Reasons that vanish when a state of the participant is corrected."""

REVOCABLE: frozenset[str] = PERSON_REASONS | {"not_in_schedule"}
"""Reasons that are looked at again when a correction or a roll-back brings the occasion back after its time."""

PLAN_REASONS: frozenset[str] = PERSON_REASONS | {
    "late_anchor",
    "quiet_hours",
    "blackout",
    "no_time_left",
    "budget",
    "before_enrolment",
    "birth_date_unknown",
    "prospective_only",
    "already_asked",
    "not_in_schedule",
}
"""Every reason the planner gives. Any other reason of a missed or cancelled occasion means that it was asked."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One planned measurement.

    Instants are UTC; `due_local` is the wall time of `due_at` in `zone`, `wanted_local` the wall time that the rule
    asked for before quiet hours or a late anchor moved it (`moved_by`). `n` counts the time points of one anchor from
    1; `point` names the time point itself ("84d", "6mo") and is part of the identity, `n` is not.
    Answers are accepted until `late_until`, those after `closes_at` as late entries.
    """

    id: UUID
    assessment: str
    anchor: str
    anchor_on: date
    anchor_n: int
    n: int
    due_at: datetime
    opens_at: datetime
    closes_at: datetime
    due_local: datetime
    zone: str
    reporter: Reporter
    instruments: tuple[str, ...]
    reminders: tuple[datetime, ...]
    state: State
    reason: str | None
    detail: str | None
    priority: int
    late_until: datetime
    wanted_local: datetime
    moved_by: str | None
    anchor_key: str
    point: str

    @property
    def begun(self) -> bool:
        """Whether anyone has been asked: then no replan touches it."""
        return self.state in BEGUN or (self.state in DEAD and self.reason not in PLAN_REASONS)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every occasion of one participant due before `horizon`, by due time; when and by what participation ended."""

    occasions: tuple[Occasion, ...]
    now: datetime
    horizon: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None


def occasion_id(participant: UUID, assessment: str, anchor: Anchor, point: str, reporter: Reporter) -> UUID:
    """The id of the occasion at a time point: UUIDv5 in the participant's own namespace, from what never changes."""
    return uuid5(participant, f"{assessment}/{anchor.kind}/{anchor.key}/{point}/{reporter}")
