"""The check-ins of a person for programs: all of them with why, one with its answers, and asking by hand."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.requests import Request

from pro_collector.casework.inbound.written import Viewer
from pro_collector.commands.ask_by_hand import (
    AskedByHand,
    InClinic,
    ask_again,
    ask_early,
    ask_in_clinic,
    ask_now,
    open_interview,
    put_off_check_in,
)  # fmt: skip
from pro_collector.commands.ask_unscheduled import Unscheduled, ask_unscheduled
from pro_collector.commands.release import decline, release
from pro_collector.commands.set_apart import set_apart
from pro_collector.commands.write_to import WrittenMessage, write_to
from pro_collector.domain.account.acts import Act
from pro_collector.views.person import person_page_of
from pro_collector.views.person_answers import CheckInPage, check_in_page_of
from pro_collector.views.person_check_ins import CheckIns
from pro_collector.web.api.models import model_of
from pro_collector.web.api.moments import LocalTime
from pro_collector.web.api.people import DryRun
from pro_collector.web.api.repeats import refuse_key
from pro_collector.web.api.route import OF_PERSON, ApiRoutes, Somebody
from pro_collector.web.api.treatment import ChangedPlan, Confirmed, changed_plan
from scheduler.rules import Channel
from scheduler.values import AboutPatient, Reporter

CheckInId = Annotated[UUID, Path(alias="occasion", description="the id of the check-in")]
Written = model_of(WrittenMessage, without=("zone", "size"))


class PutOff(BaseModel):
    """Until when nothing is sent: a time on the clock where they live, without an offset."""

    until: LocalTime


class AskNow(BaseModel):
    """Who is asked how they are now."""

    reporter: AboutPatient = "self"


class AskUnscheduled(BaseModel):
    """An assessment that is asked outside of its schedule; `at_hospital`: nothing is sent, the answer has the form.

    `over_budget`: also if the burden budget of the study has no room.
    """

    assessment: str = Field(max_length=100)
    reporter: AboutPatient = "self"
    reason: str = Field(min_length=1, max_length=1000, description="without names: it stays in the record")
    at_hospital: bool = False
    over_budget: bool = False


class SetItApart(Confirmed):
    """Why a check-in is kept as unscheduled."""

    reason: str = Field(min_length=1, max_length=1000)


class FormOfCheckIn(BaseModel):
    """The address of the form of a check-in; whoever has it may answer."""

    url: str


class ToWrite(BaseModel):
    """Words for a person, marked as those of somebody of the team.

    `after`: of the answer to a dry run; if something was sent to them since, nothing is sent, and the answer is 412.
    """

    text: str = Field(min_length=1, max_length=2000)
    urgent: bool = Field(default=False, description="also in quiet hours")
    reporter: Reporter | None = Field(default=None, description="null: the patient or a proxy, whoever wrote last")
    channel: Channel | None = None
    after: int | None = None


async def check_ins_of_person(at: Somebody) -> CheckIns:
    """All check-ins of a person: what became of each and why, and which are to come."""
    page = await person_page_of(at.visit.rt, at.study, at.code, at.visit.sites, at.may, all_of_them=True)
    return page.check_ins


async def one_check_in(at: Somebody, occasion: CheckInId) -> CheckInPage:
    """One check-in with everything that happened to it, and its answers.

    Free text only for those who may read words; that look is recorded.
    """
    viewer = Viewer(at.by, "api") if Act.read_words in at.may else None
    return await check_in_page_of(at.visit.rt, at.study, at.code, occasion, at.visit.sites, viewer)


async def ask_check_in_again(at: Somebody, occasion: CheckInId) -> AskedByHand:
    """Send the waiting question or link of an open check-in once more."""
    return await ask_again(at.does, at.code, str(occasion), by=at.by, study=at.study)


async def ask_check_in_early(at: Somebody, occasion: CheckInId) -> AskedByHand:
    """Ask a planned check-in whose window has opened, before it is due."""
    return await ask_early(at.does, at.code, str(occasion), by=at.by, study=at.study)


async def open_check_in_for_interview(request: Request, at: Somebody, occasion: CheckInId) -> FormOfCheckIn:
    """The address of the form for the answers that somebody gives on the telephone. No `Idempotency-Key` is taken."""
    refuse_key(request)
    return FormOfCheckIn(url=await open_interview(at.does, at.code, str(occasion), by=at.by, study=at.study))


async def ask_check_in_at_hospital(request: Request, at: Somebody, occasion: CheckInId) -> InClinic:
    """Open a check-in for a device at the hospital, and send nothing. No `Idempotency-Key` is taken."""
    refuse_key(request)
    return await ask_in_clinic(at.does, at.code, str(occasion), by=at.by, study=at.study)


async def put_check_in_off(at: Somebody, occasion: CheckInId, sent: PutOff) -> AskedByHand:
    """Send nothing about an open check-in until a time, and one reminder then."""
    return await put_off_check_in(at.does, at.code, str(occasion), sent.until, by=at.by, study=at.study)


async def ask_person_now(at: Somebody, sent: AskNow) -> AskedByHand:
    """Ask how somebody is now, outside of the schedule."""
    return await ask_now(at.does, at.code, sent.reporter, by=at.by, study=at.study)


async def ask_person_unscheduled(at: Somebody, sent: AskUnscheduled) -> Unscheduled:
    """Ask an assessment now that has no planned check-in; it is marked as unscheduled."""
    return await ask_unscheduled(
        at.does, at.code, sent.assessment, sent.reporter, reason=sent.reason, by=at.by, study=at.study,
        at_hospital=sent.at_hospital, over_budget=sent.over_budget,
    )  # fmt: skip


async def set_check_in_apart(
    at: Somebody, occasion: CheckInId, sent: SetItApart, *, dry_run: DryRun = False
) -> ChangedPlan:
    """Keep what was asked before a delayed day as unscheduled, and ask its time point on the right day."""
    apart = await set_apart(
        at.does, at.code, str(occasion), reason=sent.reason, by=at.by, study=at.study, dry_run=dry_run,
        confirmed=sent.confirmed,
    )  # fmt: skip
    return changed_plan(at, apart.diff, done=not dry_run)


async def write_to_person(at: Somebody, sent: ToWrite, *, dry_run: DryRun = False) -> WrittenMessage:
    """Write to somebody; with `dry_run` see what would arrive, and when."""
    return await write_to(
        at.does, at.code, sent.text, by=at.by, urgent=sent.urgent, reporter=sent.reporter, channel=sent.channel,
        study=at.study, dry_run=dry_run, after=sent.after,
    )  # fmt: skip


class WhetherToAsk(BaseModel):
    """Whether what waits for the team is asked. `reason`: why not, without names."""

    ask: bool
    reason: str = Field(default="", max_length=1000)


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a check-in, and who answers it."""

    occasion: UUID
    assessment: str
    reporter: Reporter
    ask: bool


async def decide_on_check_in(at: Somebody, occasion: CheckInId, sent: WhetherToAsk) -> Decided:
    """Release a check-in that waits for the team because participation ended, or decide that it is not asked."""
    if sent.ask:
        row = await release(at.does, at.code, str(occasion), by=at.by, study=at.study)
    else:
        row = await decline(at.does, at.code, str(occasion), by=at.by, reason=sent.reason, study=at.study)
    return Decided(row.id, row.assessment, row.reporter, sent.ask)


def add_check_ins(routes: ApiRoutes) -> None:
    """Add these routes."""
    one, write, tag = f"{OF_PERSON}/check-ins/{{occasion}}", Act.write_to_people, "check-ins"
    routes.add(Act.see_people, f"{OF_PERSON}/check-ins", check_ins_of_person, tag=tag)
    routes.add(Act.see_people, one, one_check_in, tag=tag)
    routes.add(write, f"{one}/again", ask_check_in_again, method="POST", tag=tag)
    routes.add(write, f"{one}/now", ask_check_in_early, method="POST", tag=tag)
    routes.add(Act.record_treatment, f"{one}/interview", open_check_in_for_interview, method="POST", tag=tag)
    routes.add(Act.record_treatment, f"{one}/hospital", ask_check_in_at_hospital, method="POST", tag=tag)
    routes.add(write, f"{one}/later", put_check_in_off, method="POST", tag=tag)
    routes.add(write, f"{one}/release", decide_on_check_in, method="POST", tag=tag)
    routes.add(write, f"{OF_PERSON}/ask", ask_person_now, method="POST", tag=tag)
    routes.add(write, f"{OF_PERSON}/ask-unscheduled", ask_person_unscheduled, method="POST", tag=tag)
    routes.add(Act.record_treatment, f"{one}/apart", set_check_in_apart, method="POST", tag=tag)
    routes.add(write, f"{OF_PERSON}/messages", write_to_person, answers=Written, method="POST", tag="people")
