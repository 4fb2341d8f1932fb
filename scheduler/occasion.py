"""An occasion: one planned measurement of one reporter, with its identity, its times, and why it is not asked."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID, uuid5

from scheduler.anchors import Anchor, EndedBy
from scheduler.consent import Covers
from scheduler.expectation import EXPECTED
from scheduler.person import NOT_SILENT, Condition
from scheduler.rules import Reporter

State = Literal["planned", "open", "invited", "started", "completed", "partial", "missed", "cancelled"]

BEGUN: frozenset[str] = frozenset({"open", "invited", "started", "completed", "partial"})
UNFINISHED: frozenset[str] = frozenset({"open", "invited", "started"})
ENDED_UNANSWERED: frozenset[str] = frozenset({"missed", "cancelled"})

PERSON_REASONS: frozenset[str] = frozenset(get_args(Condition)) - NOT_SILENT | {"ended"}
"""Reasons that no longer apply when a state of the participant is corrected."""

ENDED_TRIGGER: frozenset[str] = frozenset(get_args(EndedBy))
"""Reasons that no longer apply when an answer is corrected."""

PARTICIPATION_ENDED, CONSENT_WITHDRAWN = "participation_ended", "consent_withdrawn"
STOPPED: frozenset[str] = frozenset({PARTICIPATION_ENDED, CONSENT_WITHDRAWN})
"""Reasons of what was under way when nothing more was to be asked."""

REVOCABLE: frozenset[str] = PERSON_REASONS | ENDED_TRIGGER | {"not_in_schedule", "no_consent"}
"""Reasons that are decided again when a correction or a rollback restores the occasion after its time."""

PLAN_REASONS: frozenset[str] = REVOCABLE | {
    "late_anchor",
    "quiet_hours",
    "blackout",
    "no_time_left",
    "budget",
    "at_most",
    "before_enrolment",
    "birth_date_unknown",
    "time_unknown",
    "prospective_only",
    "already_asked",
}
"""Every reason that the planner gives. If a missed or cancelled occasion has another reason, it was asked."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One planned measurement.

    Instants are UTC. `due_local` is the wall time of `due_at` in `zone`. `wanted_local` is the wall time that the
    schedule gives, before quiet hours or a late anchor moved it (`moved_by`). `n` numbers the time points of one
    anchor from 1. `point` names the time point ("84d", "6mo") and is part of the identity; `n` is not. Answers are
    accepted until `late_until`; answers after `closes_at` are late entries.
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
        """Whether somebody has been asked. A replan never changes such an occasion."""
        return self.state in BEGUN or (self.state in ENDED_UNANSWERED and self.reason not in PLAN_REASONS)

    @property
    def expected(self) -> bool:
        """Whether the event that it counts from was only expected when it was planned."""
        return self.anchor_key.startswith(EXPECTED)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every occasion of one participant due before `horizon`, by due time.

    `ended_at` is when participation ends, and `ended_by` the state or the event kind that ends it.
    `died_at` is the beginning of the day of a death. `not_agreed`: which reporter does not agree to what at `now`.
    `caregiver_ended_at` and `caregiver_ended_by` are the same end for what a caregiver is asked about themselves, who
    may go on after a withdrawal.
    """

    occasions: tuple[Occasion, ...]
    now: datetime
    horizon: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    died_at: datetime | None = None
    not_agreed: frozenset[tuple[Reporter, Covers]] = frozenset()
    caregiver_ended_at: datetime | None = None
    caregiver_ended_by: str | None = None

    def end_for(self, reporter: Reporter) -> tuple[datetime | None, str | None]:
        """When nothing more is asked of a reporter, and what ends it; None: nothing ends it."""
        if reporter == "caregiver":
            return self.caregiver_ended_at, self.caregiver_ended_by
        return self.ended_at, self.ended_by


def occasion_id(participant: UUID, assessment: str, anchor: Anchor, point: str, reporter: Reporter) -> UUID:
    """The id of an occasion: a UUIDv5 in the participant's namespace, made only from values that never change."""
    return uuid5(participant, f"{assessment}/{anchor.kind}/{anchor.key}/{point}/{reporter}")
