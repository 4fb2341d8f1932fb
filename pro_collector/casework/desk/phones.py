"""The phones of a batch: the questions asked at each, the surveys that wait there, and whose turn is next."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pro_collector.casework.desk.case import Case
from pro_collector.domain.conversation import phone_turn
from pro_collector.domain.conversation.phone_turn import PhoneQuestion, ReplyTarget
from pro_collector.domain.conversation.survey import BEGUN, Place
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow

CaseSurvey = tuple[Case, OccasionRow]


@dataclass
class Phones:
    """The phones of all `cases`, by the keyed hash of the number; several people may share one."""

    cases: dict[UUID, Case]
    _asked: dict[bytes, list[PhoneQuestion]] = field(default_factory=dict)

    def note(self, lookup: bytes, asked: PhoneQuestion) -> None:
        """Add a question that was texted or will be texted."""
        self._asked.setdefault(lookup, []).append(asked)

    def asked(self, lookup: bytes) -> Sequence[PhoneQuestion]:
        """Every question texted to a phone, oldest first."""
        return self._asked.get(lookup, ())

    def surveys(self, lookup: bytes) -> Iterator[CaseSurvey]:
        """Every loaded survey whose reporter is texted at this phone."""
        for case in self.cases.values():
            for row in case.occasions.values():
                contact = case.phone(row.reporter)
                if contact is not None and contact.lookup == lookup:
                    yield case, row

    def people(self, lookup: bytes) -> list[UUID]:
        """The participants of whom somebody (the patient or a proxy) is texted at this phone, in id order."""
        return sorted(id for id, case in self.cases.items() if any(lookup == c.lookup for c in case.contacts))

    def reply_target(self, lookup: bytes, sent_at: datetime, *, certain: bool = True) -> ReplyTarget:
        """The reply target of a text from this phone. When its time is not `certain`, it is not taken as an answer.

        Of a bundle, a survey that has closed leaves to the one that asks now what it cannot take itself.
        """
        target = phone_turn.match_reply(sent_at, self.asked(lookup), self._waiting(lookup, late=True))
        found = self.of(target.occasion_id) if target.verdict == "take" else None
        if found is None:
            return target
        case, row = found
        speaking = case.speaking(row)
        if not certain:
            other = row.id if speaking.id != row.id else None
            return ReplyTarget("again", speaking.id, target.perhaps or other)
        over = case.now >= case.own_survey(row).late_until
        return ReplyTarget("take", speaking.id) if over and speaking.asked == row.asked else target

    def free_at(self, case: Case, row: OccasionRow, contact: ContactRow) -> datetime:
        """When a survey may ask a question at a phone."""
        begun = self._waiting(contact.lookup)
        return phone_turn.free_at(row.id, self.asked(contact.lookup), begun, case.now, (row.due_at, row.closes_at))

    def asked_last(self, row: OccasionRow, contact: ContactRow) -> bool:
        """Whether the last question at a phone is the open question of this survey."""
        last = next(reversed(self.asked(contact.lookup)), None)
        return last is not None and (last.occasion_id, str(last.place)) == (row.id, row.asked)

    def texted_at(self, row: OccasionRow, contact: ContactRow) -> datetime | None:
        """When a survey last asked a question at a phone."""
        return next((each.at for each in reversed(self.asked(contact.lookup)) if each.occasion_id == row.id), None)

    def freed_by(self, ended: Collection[UUID]) -> set[bytes]:
        """The phones at which a survey of `ended` had its turn: they are free now."""
        return {lookup for lookup, asked in self._asked.items() if asked and asked[-1].occasion_id in ended}

    def waiting_surveys(self, lookup: bytes) -> Iterator[CaseSurvey]:
        """The surveys that still wait for an answer to a question they asked at a phone."""
        waiting = {id for id, place in self._waiting(lookup).items() if place is not None}
        texted = {each.occasion_id for each in self.asked(lookup)}
        yield from ((case, row) for case, row in self.surveys(lookup) if row.id in waiting & texted)

    def of(self, id: UUID | None) -> CaseSurvey | None:
        """A survey by its id."""
        return next(((case, case.occasions[id]) for case in self.cases.values() if id in case.occasions), None)

    def _waiting(self, lookup: bytes, *, late: bool = False) -> dict[UUID, Place | None]:
        """The begun surveys at a phone with their open questions; with `late`, also those that take late answers."""
        return {
            row.id: Place.parse(row.asked) if row.asked else None
            for case, row in self.surveys(lookup)
            if row.state in BEGUN or (late and row.state in ("partial", "missed"))
        }
