"""Who may see what at the door of an own page, and behind it: the people of a link and of a session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.load import load_person
from pro_collector.casework.speaking.filling import open_nickname
from pro_collector.domain.events import derived_id
from pro_collector.domain.study.own_page import reporters_at
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import contacts, links
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.own_page import SessionRow
from pro_collector.runtime import Runtime
from pro_collector.vault import row_name, token_hash
from scheduler.person import age_on
from scheduler.rules import Reporter

Closed = Literal["left", "stopped", "grown"]
"""Why a page is closed: they left the study, stopped every message, or no longer answer (such as a proxy)."""
HANDLE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Door:
    """The door of the person whose message has a link; `contact` is where that message was sent.

    `sealed`: the encrypted addresses of this reporter, by contact.
    """

    case: Case
    contact: ContactRow
    sealed: Mapping[UUID, bytes]

    @property
    def reporter(self) -> Reporter:
        """Who stands at the door."""
        return self.contact.reporter

    @property
    def reachable(self) -> list[ContactRow]:
        """The addresses of this reporter to which a code may be sent now, the phone first."""
        own = [each for each in self.case.contacts if each.reporter == self.reporter]
        allowed = [each for each in own if self.case.refusal("code", each.reporter, each.channel) is None]
        return sorted(allowed, key=lambda each: each.channel != "sms")


@dataclass(frozen=True, slots=True)
class PageOwner:
    """One person whose page is open to `reporter`; `handle` stands for them in URLs.

    `name`: what the page calls this person, the nickname that the family chose, else the code.
    """

    case: Case
    reporter: Reporter
    handle: str
    name: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with the people whose pages it may open, and those whose page has been closed to it."""

    session: SessionRow
    owners: Sequence[PageOwner]
    closed: Sequence[tuple[PageOwner, Closed]]


async def find_door(tx: Tx, rt: Runtime, token: str) -> Door | None:
    """The door that a link opens; None for an unknown link, or if the study has no own pages."""
    id = await links.contact(tx, token_hash(token))
    contact = await contacts.find(tx, id) if id else None
    if contact is None:
        return None
    case = await load_person(tx, rt, contact.participant_id)
    sealed = await contacts.sealed_behind(tx, token_hash(token))
    return Door(case, contact, sealed) if case.current_version.study.page.offered else None


async def people_of(tx: Tx, rt: Runtime, session: SessionRow) -> SignedIn:
    """The people of a session: of a patient the patient alone, of others everybody for whom this address is asked."""
    rows = await contacts.with_address(tx, session.lookup, session.reporter)
    if session.reporter == "self":
        rows = [row for row in rows if row.participant_id == session.participant_id]
    ids = sorted({row.participant_id for row in rows})
    everybody = [_owner(rt, await load_person(tx, rt, id), session.reporter) for id in ids]
    reasons = [(owner, closed_because(owner.case, owner.reporter)) for owner in everybody]
    return SignedIn(
        session,
        sorted((owner for owner, why in reasons if why is None), key=lambda owner: owner.name),
        [(owner, why) for owner, why in reasons if why is not None],
    )


def closed_because(case: Case, reporter: Reporter) -> Closed | None:
    """Why the page of a person is closed to a reporter; None if it is open."""
    own = [each for each in case.contacts if each.reporter == reporter]
    if case.standing_of(reporter).is_over or not case.current_version.study.page.offered:
        return "left"
    if all(each.opted_out_at for each in own):
        return "stopped"
    study, age = case.current_version.study, age_of(case)
    return None if reporter in reporters_at(study.assessments, age) else "grown"


def age_of(case: Case) -> int | None:
    """The completed years of a person's age today, where they live; None without a date of birth."""
    return age_on(case.person.birth_date, case.today)


def _owner(rt: Runtime, case: Case, reporter: Reporter) -> PageOwner:
    handle = rt.vault.token(derived_id("own page", case.person.id, reporter))[:HANDLE_LENGTH]
    name = open_nickname(rt, case.nickname, case.person.id) if case.nickname else case.person.code
    return PageOwner(case, reporter, handle, name)


def masked(rt: Runtime, door: Door, contact: ContactRow) -> str:
    """What tells an address to its owner and to nobody else: the last two digits, or the first letter."""
    address = rt.vault.open_address(
        door.sealed[contact.id], row_name(contact.participant_id, contact.reporter, contact.channel), contact.lookup
    )
    return address[-2:] if contact.channel == "sms" else address[:1]


def owner_of(signed_in: SignedIn, handle: str) -> PageOwner | None:
    """The person with this handle whose page is open to this session; None if there is none."""
    return next((owner for owner in signed_in.owners if owner.handle == handle), None)
