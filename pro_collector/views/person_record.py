"""What was recorded about a person, by whom and why: treatment, states, changes of their data, opt-outs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pro_collector.casework import planning
from pro_collector.commands.show_task import spoken
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.timeline import believed
from pro_collector.postgres.tables.opt_outs import OptOut
from pro_collector.postgres.tables.participants import ChangeRow, StateRow
from pro_collector.postgres.tables.timelines import TreatmentRow
from scheduler.anchors import ENROLMENT


@dataclass(frozen=True, slots=True)
class TreatmentOnRecord:
    """One event of a treatment. `number`: of those believed now, in order of date; None for a retracted one.

    `days_after_first`: since the first event. `statements`: everything that was recorded about it, oldest first.
    """

    id: UUID
    kind: str
    label: str
    happened_on: date
    number: int | None
    days_after_first: int | None
    ends: bool
    statements: Sequence[TreatmentRow]

    @property
    def stands(self) -> bool:
        """Whether it is believed now."""
        return self.number is not None

    @property
    def corrected(self) -> bool:
        """Whether its day was another one before."""
        return len({each.happened_on for each in self.statements}) > 1


@dataclass(frozen=True, slots=True)
class RecordLine:
    """Something that was recorded about a person: when, what in words, by whom and why."""

    at: datetime
    what: str
    by: str
    why: str


def treatment_of(study: Study, history: Sequence[TreatmentRow]) -> list[TreatmentOnRecord]:
    """The events of a treatment: those believed now in order of date, then the retracted ones."""
    standing = believed([planning.to_fact(row) for row in history])
    first = standing[0].happened_on if standing else None
    shown = [
        _event(study, history, event.root_id, number, (event.happened_on - first).days if first else None)
        for number, event in enumerate(standing, start=1)
    ]
    gone = dict.fromkeys(row.root_id for row in history) if len(standing) < len(history) else {}
    known = {event.id for event in shown}
    return [*shown, *(_event(study, history, root, None, None) for root in gone if root not in known)]


def _event(
    study: Study, history: Sequence[TreatmentRow], root: UUID, number: int | None, days: int | None
) -> TreatmentOnRecord:
    statements = sorted((row for row in history if row.root_id == root), key=lambda row: row.recorded_at)
    last = statements[-1]
    kind = study.timeline.get(last.kind)
    label = spoken(kind.label) if kind else last.kind
    return TreatmentOnRecord(
        root, last.kind, label, last.happened_on, number, days, last.kind in study.ending, statements
    )


def record_of(
    treatment: Sequence[TreatmentOnRecord], states: Sequence[StateRow], changes: Sequence[ChangeRow],
    opt_outs: Sequence[OptOut],
) -> list[RecordLine]:  # fmt: skip
    """Everything that was recorded, the newest first."""
    lines = [*_of_treatment(treatment), *_of_states(states), *_of_changes(changes), *_of_opt_outs(opt_outs)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _of_treatment(treatment: Sequence[TreatmentOnRecord]) -> Iterator[RecordLine]:
    for event in treatment:
        if event.kind == ENROLMENT:
            continue
        for before, row in zip((None, *event.statements), event.statements, strict=False):
            told = f"{event.label}: {row.happened_on}" + (f" {row.happened_time:%H:%M}" if row.happened_time else "")
            if row.retracted:
                told += ", retracted"
            elif before is not None:
                told += f", it was {'retracted' if before.retracted else before.happened_on}"
            yield RecordLine(row.recorded_at, told, row.recorded_by, row.reason)


def _of_states(states: Sequence[StateRow]) -> Iterator[RecordLine]:
    for row in states:
        days = f"from {row.starts_on}" + (f" until {row.ends_on}" if row.ends_on else "")
        where = f" to {row.zone or row.arm}" if row.zone or row.arm else ""
        yield RecordLine(row.recorded_at, f"state {row.kind}{where} {days}", row.recorded_by, row.reason)
        if row.retracted_at is not None:
            what = f"state {row.kind} {days}: retracted"
            yield RecordLine(row.retracted_at, what, row.retracted_by or "", row.retracted_reason or "")


def _of_changes(changes: Sequence[ChangeRow]) -> Iterator[RecordLine]:
    for row in changes:
        if row.field == "state":  # a retraction, which is told with its state
            continue
        values = f": {row.was or 'nothing'} → {row.became or 'nothing'}" if row.was or row.became else " changed"
        yield RecordLine(row.recorded_at, f"{row.field}{values}", row.recorded_by, row.reason)


def _of_opt_outs(opt_outs: Sequence[OptOut]) -> Iterator[RecordLine]:
    for row in opt_outs:
        yield RecordLine(row.stopped_at, f"messages to {row.column} stopped ({row.how})", row.stopped_by, "")
        if row.resumed_at is not None:
            what = f"messages to {row.column} on again ({row.resumed_how})"
            yield RecordLine(row.resumed_at, what, row.resumed_by or "", "")
