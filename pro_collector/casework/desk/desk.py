"""The desk of a handler: the cases of a batch, and every decision about them until it is saved."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.phones import Phones
from pro_collector.casework.speaking.links import call_token
from pro_collector.casework.speaking.speech import MessageText
from pro_collector.domain.conversation.phone_turn import PhoneQuestion
from pro_collector.domain.conversation.reading_list import Importance, importance_of
from pro_collector.domain.conversation.survey import State
from pro_collector.domain.events import AlertRaised, Event, MessageRequested, derived_id
from pro_collector.domain.task_kind import ALARMING, TaskKind
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables.answers import AnswerRow, ResponseRow
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.links import LinkRow
from pro_collector.postgres.tables.messages import MessageRow
from pro_collector.postgres.tables.occasions import LogRow, OccasionRow
from pro_collector.postgres.tables.tasks import TaskDetail, TaskRow
from pro_collector.postgres.tables.written import WrittenRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash

REACHING: frozenset[TaskKind] = frozenset({"call", "contact"})
"""Tasks that ask the team to contact somebody. They carry a link to the form for answers on the telephone."""


@dataclass
class Desk:
    """The cases of one batch and every decision about them."""

    tx: Tx
    rt: Runtime
    now: datetime
    cases: dict[UUID, Case]
    phones: Phones
    changed: dict[UUID, OccasionRow] = field(default_factory=dict)
    dropped: list[UUID] = field(default_factory=list)
    without_reminders: list[UUID] = field(default_factory=list)
    agenda: dict[UUID, Event] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    log: list[LogRow] = field(default_factory=list)
    answers: list[AnswerRow] = field(default_factory=list)
    responses: list[ResponseRow] = field(default_factory=list)
    messages: list[MessageRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    written: list[WrittenRow] = field(default_factory=list)
    tasks: list[TaskRow] = field(default_factory=list)

    def note(self, row: OccasionRow, what: str, **detail: Any) -> None:
        """Add a line to the log of an occasion."""
        self.log.append(LogRow(row.id, row.participant_id, self.now, what, detail))

    def emit(self, event: Event) -> None:
        """Add an event to the outbox: it is published after this batch is saved."""
        self.events.append(event)

    def schedule(self, event: Event) -> None:
        """Put an event on the agenda, for the instant `occurred_at` of the event."""
        self.agenda[event.id] = event

    def stop_reminders(self, row: OccasionRow) -> None:
        """Cancel the reminders of an occasion; it still takes answers until its window closes."""
        self.without_reminders.append(row.id)
        self.note(row, "spared")

    def set_opted_out(self, lookup: bytes, stopped: datetime | None) -> None:
        """Set the instant at which an address opted out of messages; None when it opted in again."""
        for case in self.cases.values():
            case.contacts = [replace(c, opted_out_at=stopped) if c.lookup == lookup else c for c in case.contacts]

    def change(self, case: Case, row: OccasionRow) -> OccasionRow:
        """Replace an occasion by its changed row; return that row."""
        case.occasions[row.id] = self.changed[row.id] = row
        return row

    def end(self, case: Case, row: OccasionRow, state: State, reason: str) -> OccasionRow:
        """End an occasion and drop its entries from the agenda; return the changed row."""
        self.dropped.append(row.id)
        self.note(row, state, reason=reason)
        return self.change(case, replace(row, state=state, reason=reason, ended_at=self.now))

    def raise_task(
        self, case: Case, row: OccasionRow | None, kind: TaskKind, reason: str, key: object = "", *,
        inbound: UUID | None = None, may_stop: bool = False, caregiver: bool = False,
    ) -> None:  # fmt: skip
        """Create a task for the study team, such as to read an inbound text. ALARMING kinds alert the team at once.

        Each `key` of a kind has one task. Without a `key` it is the inbound text, if there is one. `may_stop`: that
        text may be a wish to stop. `caregiver`: it is about a caregiver, as one about a check-in of theirs is.
        """
        task = derived_id("task", case.person.id, row.id if row else "", kind, key or inbound or self.now)
        detail: TaskDetail = {"reason": reason}
        if caregiver or (row is not None and row.reporter == "caregiver"):
            detail["caregiver"] = True
        if inbound is not None:
            detail["inbound"] = str(inbound)
            if may_stop:
                detail["stops"] = [str(inbound)]
            if row and row.asked:
                detail["item"] = row.asked
        importance = importance_of(kind, reason) if inbound is not None else Importance.NO_WORDS
        raised = TaskRow(task, case.person.id, row.id if row else None, kind, self.now, detail, importance)
        before = next((n for n, each in enumerate(self.tasks) if each.id == task), None)
        if before is not None:  # of two reasons for one text, the more important one is kept
            self.tasks[before] = max(self.tasks[before], raised, key=lambda each: each.importance)
            return
        self.tasks.append(raised)
        if row is not None and kind in REACHING:
            self.links.append(LinkRow(token_hash(call_token(self.rt, row.id)), row.id, None, "call"))
        if kind in ALARMING:
            self.emit(AlertRaised.of_task(task, case.person.id, kind, self.now))

    def say(
        self, case: Case, contact: ContactRow, line: MessageText, row: OccasionRow | None, *, rung: int = 0,
        not_before: datetime | None = None,
    ) -> UUID:  # fmt: skip
        """Request a message to a contact; return its id, which is derived from the message count.

        So a retry adds no second one. It leaves now, or at `not_before`.
        """
        number = case.messages
        case.messages += 1
        id = derived_id("message", case.person.id, number)
        self.messages.append(
            MessageRow(
                id=id,
                participant_id=case.person.id,
                occasion_id=row.id if row else None,
                contact_id=contact.id,
                channel=contact.channel,
                purpose=line.purpose,
                rung=rung,
                language=line.language,
                subject=line.subject,
                body=line.body,
                html=line.html,
                item=str(line.place) if line.place else None,
                urgency=line.urgency,
                requested_at=self.now,
                expires_at=line.expires_at,
                not_before=not_before,
            )
        )
        if row is not None and line.place is not None and contact.channel == "sms":
            asked = PhoneQuestion(row.id, line.place, self.now, False, line.purpose == "again", row.bundle)
            self.phones.note(contact.lookup, asked)
        if (row is not None and "{link}" in line.body) or "{own_page}" in line.body:
            self.links.append(LinkRow(token_hash(self.rt.vault.token(id)), row.id if row else None, id))
        ticket = MessageRequested.of(id, case.person.id, contact.channel, not_before or self.now)
        if not_before is None:
            self.emit(ticket)
        else:
            self.schedule(ticket)
        return id
