"""replan(stored occasions, new plan) -> the changes: moved, added, cancelled, stopped, kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scheduler.after_end import covers, follows
from scheduler.occasion import (
    CONSENT_WITHDRAWN,
    PARTICIPATION_ENDED,
    PERSON_REASONS,
    UNFINISHED,
    Occasion,
    Plan,
)


@dataclass(frozen=True, slots=True)
class Moved:
    """One occasion before and after."""

    before: Occasion
    after: Occasion

    @property
    def in_time(self) -> bool:
        """Whether any of its times changes. If not, only its labels do (its number, its instruments)."""
        return _times(self.before) != _times(self.after)


@dataclass(frozen=True, slots=True)
class DiffTotals:
    """How many occasions change, and in which way; `cancelled` includes those that are stopped."""

    moved: int
    added: int
    cancelled: int
    kept: int
    renamed: int
    extended: int


@dataclass(frozen=True, slots=True)
class Diff:
    """The changes that a new plan makes to the stored occasions; the caller applies them.

    `added`: occasions to store, by id. An occasion that was cancelled may be planned again, and an occasion that
    cannot be asked is added with its state and reason. `moved`: not begun, and something about them changes.
    `cancelled`: no longer planned; each has its state and reason. `stopped`: begun but unfinished when participation
    ended or consent was withdrawn, with that reason; the caller closes them. `kept`: unchanged. `extended`: those to
    store only because the new plan reaches further than the stored one; no change caused them.
    """

    moved: tuple[Moved, ...]
    added: tuple[Occasion, ...]
    cancelled: tuple[Occasion, ...]
    kept: tuple[Occasion, ...]
    stopped: tuple[Occasion, ...] = ()
    extended: tuple[Occasion, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing changes, except that the plan may reach further."""
        return not (self.moved or self.added or self.cancelled or self.stopped)

    @property
    def totals(self) -> DiffTotals:
        """The number of occasions of each kind of change."""
        moved = sum(each.in_time for each in self.moved)
        return DiffTotals(
            moved=moved,
            added=len(self.added),
            cancelled=len(self.cancelled) + len(self.stopped),
            kept=len(self.kept),
            renamed=len(self.moved) - moved,
            extended=len(self.extended),
        )


def replan(old: Iterable[Occasion], new: Plan, reached: datetime | None = None) -> Diff:
    """Compare the stored occasions of one participant with a new plan (made with them as `known`).

    `reached` is the horizon of the stored plan, an aware instant; None if there is none yet.

    An occasion that has begun is kept. A new time point is not asked if it overlaps such an occasion and the rules no
    longer have that occasion, because the same question would be asked twice.
    """
    planned = {occasion.id: occasion for occasion in new.occasions}
    pairs = [(before, planned.pop(before.id, None)) for before in old]
    removed_from_rules = [before for before, after in pairs if after is None and before.begun]
    changes = _Changes([_unless_asked(occasion, removed_from_rules) for occasion in planned.values()])
    for before, after in pairs:
        if before.begun:
            reason = _stopped_by(before, new)
            (changes.stopped if reason else changes.kept).append(replace(before, reason=reason) if reason else before)
        elif before.state == "planned":
            changes.of_planned(before, after, new)
        elif after is not None and _unless_asked(after, removed_from_rules).state == "planned":
            changes.added.append(after)
        else:
            changes.kept.append(before)
    return changes.diff(reached)


@dataclass(slots=True)
class _Changes:
    """Collects the changes of a Diff."""

    added: list[Occasion]
    moved: list[Moved] = field(default_factory=list)
    cancelled: list[Occasion] = field(default_factory=list)
    kept: list[Occasion] = field(default_factory=list)
    stopped: list[Occasion] = field(default_factory=list)

    def of_planned(self, before: Occasion, after: Occasion | None, new: Plan) -> None:
        """Record the change of a stored occasion that has not been asked yet."""
        if after is None and before.due_at < new.horizon:
            self.cancelled.append(_as_cancelled(before, new))
        elif after is None or after == before:
            self.kept.append(before)
        elif after.state == "planned":
            self.moved.append(Moved(before, after))
        else:
            self.cancelled.append(after)

    def diff(self, reached: datetime | None) -> Diff:
        """The finished Diff; what is added from `reached` on only extends the plan."""
        extended = [each for each in self.added if reached is not None and each.due_at >= reached]
        beyond = {each.id for each in extended}
        return Diff(
            moved=tuple(self.moved),
            added=tuple(each for each in self.added if each.id not in beyond),
            cancelled=tuple(self.cancelled),
            kept=tuple(self.kept),
            stopped=tuple(self.stopped),
            extended=tuple(extended),
        )


def _times(occasion: Occasion) -> tuple[object, ...]:
    return occasion.due_at, occasion.opens_at, occasion.closes_at, occasion.late_until, occasion.reminders


def _stopped_by(before: Occasion, new: Plan) -> str | None:
    """Why an occasion that has begun is asked no further; None: it goes on, or has ended."""
    if before.state not in UNFINISHED:
        return None
    followed = follows(before.anchor)
    end = None if followed == "deceased" else new.died_at if followed else new.end_for(before.reporter)[0]
    if end is not None and end <= new.now:
        return PARTICIPATION_ENDED
    return CONSENT_WITHDRAWN if (before.reporter, covers(before.anchor)) in new.not_agreed else None


def _as_cancelled(before: Occasion, new: Plan) -> Occasion:
    reason, detail = "not_in_schedule", "the schedule no longer has it"
    ended_at, ended_by = new.end_for(before.reporter)
    if ended_at is not None and before.due_at >= ended_at:
        reason = str(ended_by) if ended_by in PERSON_REASONS else "ended"
        detail = f"{ended_by} ended participation"
    return replace(before, state="cancelled", reason=reason, detail=detail, reminders=())


def _unless_asked(added: Occasion, removed_from_rules: Sequence[Occasion]) -> Occasion:
    """A new occasion; cancelled if an occasion that has begun and is no longer in the rules asked the same question."""
    if added.state != "planned":
        return added
    for before in removed_from_rules:
        if _same_question(before, added):
            return replace(
                added,
                state="cancelled",
                reason="already_asked",
                detail=f"asked on {before.due_local:%Y-%m-%d} as {before.point} after {before.anchor}",
                reminders=(),
            )
    return added


def _same_question(old: Occasion, new: Occasion) -> bool:
    series = (old.assessment, old.anchor, old.reporter) == (new.assessment, new.anchor, new.reporter)
    return series and old.opens_at < new.closes_at and new.opens_at < old.closes_at
