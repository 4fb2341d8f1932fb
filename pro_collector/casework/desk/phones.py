"""The phones of a batch: what each was asked, which surveys wait for an answer there, and who may ask next."""

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

Found = tuple[Case, OccasionRow]


@dataclass
class Phones:
    """Everybody of `cases` at the phones they share, by the keyed hash of the number."""

    cases: dict[UUID, Case]
    _asked: dict[bytes, list[PhoneQuestion]] = field(default_factory=dict)

    def note(self, lookup: bytes, asked: PhoneQuestion) -> None:
        """A question was texted, or is about to be."""
        self._asked.setdefault(lookup, []).append(asked)

    def asked(self, lookup: bytes) -> Sequence[PhoneQuestion]:
        """Every question texted to a phone, oldest first."""
        return self._asked.get(lookup, ())

    def surveys(self, lookup: bytes) -> Iterator[Found]:
        """Every loaded survey whose reporter is texted at this phone."""
        for case in self.cases.values():
            for row in case.occasions.values():
                contact = case.phone(row.reporter)
                if contact is not None and contact.lookup == lookup:
                    yield case, row

    def people(self, lookup: bytes) -> list[UUID]:
        """Everybody who, or for whom somebody, is texted at this phone."""
        return sorted(id for id, case in self.cases.items() if any(lookup == c.lookup for c in case.contacts))

    def landing(self, lookup: bytes, sent_at: datetime, *, certain: bool = True) -> ReplyTarget:
        """Where a reply from this phone belongs; without a `certain` moment it is an answer to nothing."""
        found = phone_turn.match_reply(sent_at, self.asked(lookup), self._waiting(lookup, late=True))
        return found if certain or found.verdict != "take" else ReplyTarget("again", found.occasion_id)

    def free_at(self, case: Case, row: OccasionRow, contact: ContactRow) -> datetime:
        """When a survey may ask something at a phone."""
        begun = self._waiting(contact.lookup)
        return phone_turn.free_at(row.id, self.asked(contact.lookup), begun, case.now, (row.due_at, row.closes_at))

    def asked_last(self, row: OccasionRow, contact: ContactRow) -> bool:
        """Whether the question asked last at a phone is the one that this survey waits for."""
        last = next(reversed(self.asked(contact.lookup)), None)
        return last is not None and (last.occasion_id, str(last.place)) == (row.id, row.asked)

    def texted_at(self, row: OccasionRow, contact: ContactRow) -> datetime | None:
        """When a survey asked something at a phone last."""
        return next((each.at for each in reversed(self.asked(contact.lookup)) if each.occasion_id == row.id), None)

    def passed_on(self, ended: Collection[UUID]) -> set[bytes]:
        """The phones at which a survey of `ended` had its turn, and waits for no answer any more."""
        return {lookup for lookup, asked in self._asked.items() if asked and asked[-1].occasion_id in ended}

    def left_behind(self, lookup: bytes) -> Iterator[Found]:
        """The surveys that still wait for an answer to what they asked at a phone."""
        waiting = {id for id, place in self._waiting(lookup).items() if place is not None}
        texted = {each.occasion_id for each in self.asked(lookup)}
        yield from ((case, row) for case, row in self.surveys(lookup) if row.id in waiting & texted)

    def of(self, id: UUID | None) -> Found | None:
        """A survey by its id."""
        return next(((case, case.occasions[id]) for case in self.cases.values() if id in case.occasions), None)

    def _waiting(self, lookup: bytes, *, late: bool = False) -> dict[UUID, Place | None]:
        """The surveys of a phone that are begun (or take late answers), with the question each waits for."""
        return {
            row.id: Place.parse(row.asked) if row.asked else None
            for case, row in self.surveys(lookup)
            if row.state in BEGUN or (late and row.state in ("partial", "missed"))
        }
