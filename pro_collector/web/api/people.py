"""The people of a study for programs: the list, one person, and enrolling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from pro_collector.commands.change_person import move_address
from pro_collector.commands.choose_how_asked import order_channels
from pro_collector.commands.enrol import ADDRESSES, Enrolment, enrol, enrolment_mistakes, read_row
from pro_collector.commands.preview_enrolment import EnrolmentPreview, preview_enrolment
from pro_collector.domain.account.acts import Act
from pro_collector.domain.conversation.channel_order import read_order
from pro_collector.domain.near import unknown
from pro_collector.errors import BadInput, Problem
from pro_collector.postgres.questions.people import PersonLine
from pro_collector.postgres.tables import participants
from pro_collector.views.people import AT_ONCE, Wanted, list_people, study_in_force
from pro_collector.views.person import PersonPage, person_page_of
from pro_collector.web.api.models import model_of
from pro_collector.web.api.pages import Cursor, ListPage, cursor, place_of
from pro_collector.web.api.route import OF_PERSON, OF_STUDY, ApiRoutes, Somebody, Visit
from scheduler.values import Reporter

MOST = 200
"""How many people one request enrols at most."""
Person = model_of(PersonPage, without=("check_ins", "tasks", "alerts"))
DryRun = Annotated[bool, Query(description="check and show what would happen, and change nothing")]


class PeopleToEnrol(BaseModel):
    """People to enrol: all of them, or none if one has a mistake."""

    people: list[Enrolment] = Field(min_length=1, max_length=MOST)


class ChannelsWanted(BaseModel):
    """The order of channels that a reporter wants.

    `email,sms` or `sms,email`: this one first; `email` or `sms`: this one only; empty: as the study does.
    """

    channels: str = Field(max_length=20)
    reporter: Reporter = "self"
    reason: str = Field(default="", max_length=1000, description="without names: it stays in the record")


@dataclass(frozen=True, slots=True)
class ChannelsStored:
    """The order of channels that is stored for a reporter."""

    channels: str
    reporter: Reporter


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What was enrolled, or with `dry_run` would be: the pseudonyms, and for the first day the messages and doubts."""

    done: bool
    codes: Sequence[str]
    foreseen: EnrolmentPreview


class AddressToMove(BaseModel):
    """Another address of somebody, of their proxy or of their caregiver; empty removes it.

    `consented`: they asked for messages at the new one, although they had stopped them at the old one.
    """

    column: str = Field(description=f"one of {', '.join(ADDRESSES)}")
    address: str = Field(default="", max_length=320)
    consented: bool = False
    reason: str = Field(default="", max_length=1000, description="without names: it stays in the record")


@dataclass(frozen=True, slots=True)
class MovedAddress:
    """What was done: how many open check-ins are asked again at the new address."""

    asked_again: int


async def list_of_people(
    visit: Visit, text: Annotated[str, Query(max_length=40, description="a part of the pseudonym")] = "",
    site: Annotated[str, Query(max_length=100)] = "", arm: Annotated[str, Query(max_length=100)] = "",
    state: Annotated[str, Query(max_length=40, description="`in`, `left`, or a state of today")] = "",
    silent: Annotated[bool, Query(description="only those who answer nothing any more")] = False, after: Cursor = None,
) -> ListPage[PersonLine]:  # fmt: skip
    """The people of a study at the sites that you may see, in order of their pseudonyms.

    50 on a page.
    """
    of, vault = f"people {visit.study}", visit.rt.vault
    begins = place_of(vault, of, after)
    wanted = Wanted(text, site, arm, state, silent, after=begins[0] if begins else "")
    shown = await list_people(visit.rt, visit.study, visit.sites, wanted)
    following = len(shown.people) == AT_ONCE and shown.later
    return ListPage(items=shown.people, next=cursor(vault, of, [following]) if following else None)


async def one_person(at: Somebody) -> PersonPage:
    """One person: states, treatment, scores, how they are reached (masked), and what was recorded."""
    return await person_page_of(at.visit.rt, at.study, at.code, at.visit.sites, at.may)


async def enrol_people(visit: Visit, sent: PeopleToEnrol, *, dry_run: DryRun = False) -> Enrolled:
    """Enrol people, all of them or none; the check-ins are planned within seconds."""
    people = await _read(visit, sent.people)
    foreseen = await preview_enrolment(visit.acts, visit.study, people)
    if not dry_run:
        await enrol(visit.acts, visit.study, people, by=visit.who.name)
    return Enrolled(not dry_run, [person.code for person in people], foreseen)


async def order_channels_of_person(at: Somebody, sent: ChannelsWanted) -> ChannelsStored:
    """Record in which order of channels somebody wants to be asked; the next message follows it."""
    order = read_order(sent.channels)
    await order_channels(at.does, at.code, order, by=at.by, reporter=sent.reporter, reason=sent.reason, study=at.study)
    return ChannelsStored(str(order), sent.reporter)


async def _read(visit: Visit, people: Sequence[Enrolment]) -> list[Enrolment]:
    """The people as the study allows them. Raises BadInput with all mistakes."""
    async with visit.acts.database.transaction() as tx:  # a code of another site is taken, too
        study = await study_in_force(tx, visit.acts, visit.study)
        enrolled = await participants.enrolled(tx, visit.study, [person.code for person in people])
    good, mistakes, codes = [], [], set(enrolled)
    for n, person in enumerate(people):
        row = {name: value or "" for name, value in person.model_dump(mode="json").items()}
        read, problems = read_row(row, f"people/{n}", None, study, codes, visit.sites)
        mistakes += problems
        good += [read] if read else []
        codes.add(person.code)
    if not mistakes:
        async with visit.acts.database.transaction() as tx:
            mistakes = await enrolment_mistakes(tx, visit.acts, good, visit.study)
    if mistakes:
        raise BadInput(mistakes)
    return good


async def move_address_of_person(at: Somebody, sent: AddressToMove) -> MovedAddress:
    """Replace an address, or remove it; open check-ins are asked at the new one."""
    if sent.column not in ADDRESSES:
        raise BadInput([Problem("", None, "column", unknown("address", sent.column, ADDRESSES))])
    asked = await move_address(
        at.does, at.code, sent.column, sent.address, by=at.by, consented=sent.consented, reason=sent.reason,
        study=at.study,
    )  # fmt: skip
    return MovedAddress(asked_again=asked)


def add_people(routes: ApiRoutes) -> None:
    """Add these routes."""
    routes.add(Act.see_people, f"{OF_STUDY}/people", list_of_people, tag="people")
    routes.add(Act.see_people, OF_PERSON, one_person, answers=Person, tag="people")
    channels = f"{OF_PERSON}/channels"
    routes.add(Act.change_people, channels, order_channels_of_person, method="POST", tag="people")
    routes.add(Act.enrol, f"{OF_STUDY}/people", enrol_people, method="POST", status=201, tag="people")
    routes.add(Act.change_people, f"{OF_PERSON}/address", move_address_of_person, method="POST", tag="people")
