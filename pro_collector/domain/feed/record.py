"""A treatment record of another system, and what is remembered of each record that was taken."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pro_collector.domain.events import derived_id

Standing = Literal["standing", "same", "conflict", "deleted", "unknown"]
"""What became of a record.

`standing`: its event is in the record because of it. `same`: the record says so already. `conflict`: a person must
decide. `deleted`: the source deleted it. `unknown`: nobody here has its code.
"""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A specimen that was taken: its id in the biobank or laboratory `system`, and its kind. No names."""

    id: str
    kind: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentRecord:
    """One version of one record of a source: that an event happened to a participant on a date.

    `id` is derived from the feed and the `source_id`, which the source never gives to another record. `changed_at` is
    by the clock of the source: of two versions, the later counts. `on`: for a specimen, the day on which it was taken;
    None only if it is deleted or not readable. `unreadable`: why it cannot be read.
    """

    id: UUID
    source_id: str
    code: str
    kind: str
    on: date | None
    changed_at: datetime
    deleted: bool = False
    cycle: int | None = None
    dose: str = ""
    specimen: Specimen | None = None
    unreadable: str = ""

    @property
    def version(self) -> tuple[object, ...]:
        """Orders the versions of a record. Two different versions with one `changed_at` have an order too."""
        on, cycle = self.on or date.min, self.cycle or 0
        return self.changed_at, self.deleted, on, self.code, self.kind, cycle, self.dose, str(self.specimen)


@dataclass(frozen=True, slots=True)
class TakenRecord:
    """The newest version of a record that was taken, and what became of it.

    `participant` is None if nobody here has its code; then only the id and the time of the version are remembered.
    `root`: the first record of its treatment event, whether it stands or was retracted; None if it never had one.
    """

    record: TreatmentRecord
    participant: UUID | None
    standing: Standing
    root: UUID | None = None
    why: str = ""


def record_id(study: str, feed: str, source_id: str) -> UUID:
    """The id of a record of a feed of a study."""
    return derived_id("feed record", study, feed, source_id)


def author(feed: str) -> str:
    """Who records what comes from a feed."""
    return f"feed {feed}"
