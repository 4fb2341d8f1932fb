"""An occasion: one planned measurement of one reporter, with its identity, its instants, and why it cannot be."""

from dataclasses import dataclass, fields, make_dataclass, replace
from datetime import date, datetime
from hashlib import sha1
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, SafeUUID

from scheduler.rules import Reporter

State = Literal["planned", "open", "invited", "started", "completed", "partial", "missed", "cancelled"]

BEGUN: frozenset[str] = frozenset({"open", "invited", "started", "completed", "partial"})
UNFINISHED: frozenset[str] = frozenset({"open", "invited", "started"})
DEAD: frozenset[str] = frozenset({"missed", "cancelled"})

PERSON_REASONS: frozenset[str] = frozenset(
    {"paused", "hospital", "holiday", "stopped_texting", "withdrew", "died", "ended"}
)
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


# Setting 23 fields of a frozen class is a large part of the cost of planning: filling an unfrozen twin of it, and then
# freezing that, takes a tenth of the time.
if TYPE_CHECKING:
    Draft = Occasion
    changed = replace
else:
    Draft = make_dataclass("Draft", [(each.name, each.type) for each in fields(Occasion)], slots=True)
    _values = attrgetter(*(each.name for each in fields(Occasion)))

    def changed(occasion: Occasion, **changes: Any) -> Occasion:
        """The occasion with some values changed: `dataclasses.replace`, only faster."""
        draft = Draft(*_values(occasion))
        for name, value in changes.items():
            setattr(draft, name, value)
        return frozen(draft)


def frozen(draft: Draft) -> Occasion:
    """The draft as the Occasion it has become; nobody may keep the draft."""
    draft.__class__ = Occasion
    return draft


@dataclass(frozen=True, slots=True)
class Plan:
    """Every occasion of one participant due before `horizon`, by due time; when and by what participation ended."""

    occasions: tuple[Occasion, ...]
    now: datetime
    horizon: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None


_new, _set = object.__new__, object.__setattr__
_UNKNOWN = SafeUUID.unknown  # looking a member up in its enum costs a tenth of naming
_KEEP = ~0xF000C000000000000000
_VERSION_5 = 0x50008000000000000000


class Naming:
    """Occasion ids of one series: UUIDv5 (RFC 9562) in the participant's own namespace, from what never changes.

    The same values as `uuid.uuid5`, in a third of the time: naming is a large part of planning.
    """

    __slots__ = ("_hash", "_reporter")

    def __init__(self, participant: UUID, assessment: str, anchor: str, anchor_key: str, reporter: Reporter) -> None:
        self._hash = sha1(participant.bytes, usedforsecurity=False)
        self._hash.update(f"{assessment}/{anchor}/{anchor_key}/".encode())
        self._reporter = f"/{reporter}"

    def occasion(self, point: str) -> UUID:
        """The id of the occasion at a time point."""
        named = self._hash.copy()
        named.update((point + self._reporter).encode())
        return _uuid(int.from_bytes(named.digest()[:16], "big") & _KEEP | _VERSION_5)


def _uuid(number: int) -> UUID:
    """UUID(int=number), without the checks of its arguments that cost more than the hash."""
    made = _new(UUID)
    _set(made, "int", number)
    _set(made, "is_safe", _UNKNOWN)
    return made
