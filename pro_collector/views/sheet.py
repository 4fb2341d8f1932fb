"""The sheet of paper that a patient takes home: what comes when, from which number, how to stop, whom to call."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pro_collector.casework.planning import load_plan_inputs
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.study.definition import Study
from pro_collector.domain.study.emergency import emergency_in
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import contacts
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from pro_collector.views.people import study_in_force
from pro_collector.views.person_at import find_person
from pro_collector.words import load
from scheduler.occasion import Occasion
from scheduler.plan import plan
from scheduler.rules import Reporter

AHEAD = timedelta(days=120)
MOST = 12
"""So many check-ins are on the sheet at most: it is one page."""


@dataclass(frozen=True, slots=True)
class SheetVisit:
    """A check-in to come: its local moment, and its title in the language of the sheet."""

    at: datetime
    title: str


@dataclass(frozen=True, slots=True)
class InformationSheet:
    """What stands on the sheet, in `language`, for one `reporter`.

    `caregiver`: whether there is one, who may have a sheet of their own. `conversation`: questions come one by one by
    text. `number` and `address`: from where texts and mails come; empty if none come, or if it is not known. `told`:
    what the study says about who reads the answers.
    """

    code: str
    language: str
    direction: str
    reporter: Reporter
    caregiver: bool
    study: str
    sender: str
    visits: tuple[SheetVisit, ...]
    texts: bool
    mails: bool
    calls: bool
    conversation: bool
    number: str
    address: str
    own_page: bool
    told: str
    phone: str
    mail: str
    emergency: tuple[str, ...]
    printed_on: date


async def information_sheet(
    rt: Runtime, study: str, code: str, sites: Sites, *, for_caregiver: bool = False
) -> InformationSheet:
    """The sheet of a participant at one of these sites, or of their caregiver. Raises NotFound."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        person = await find_person(tx, study, code, sites)
        applied = await study_in_force(tx, rt, study)
        coming = await _coming(tx, rt, person, now)
        addresses = (await contacts.of_participants(tx, [person.id]))[person.id]
    reporter: Reporter = "self" if any(each.reporter == "self" for each in addresses) else "proxy"
    reporter = "caregiver" if for_caregiver else reporter
    return _sheet(rt, applied, person, reporter, [each for each in coming if each.reporter == reporter], addresses)


async def _coming(tx: Tx, rt: Runtime, person: ParticipantRow, now: datetime) -> list[Occasion]:
    """The check-ins to come, also of somebody who was enrolled a moment ago and is not planned yet."""
    ((_, inputs),) = await load_plan_inputs(tx, rt, [person.id], unlocked=True)
    rules = await rt.studies.rules(tx, person.study)
    planned = plan(rules, inputs.person, inputs.timeline, now, now + AHEAD, inputs.occasions).occasions
    return [each for each in planned if each.state == "planned" and each.due_at > now]


def _sheet(
    rt: Runtime, study: Study, person: ParticipantRow, reporter: Reporter, coming: list[Occasion],
    addresses: list[ContactRow],
) -> InformationSheet:  # fmt: skip
    own = person.language_of(reporter)
    language = own if own in load() else study.languages[0]
    reached = {each.channel for each in addresses if each.reporter == reporter}
    site = study.sites.get(person.site or "")
    asked = {
        name: study.assessments[name] for name in {each.assessment for each in coming} if name in study.assessments
    }
    modes = {study.mode(name, site.country if site else None) for name in asked}
    team, texts = study.team(person.site), emergency_in(study.emergency_of(person.site), language)
    said = study.alerts.told if study.alerts else {}
    return InformationSheet(
        code=person.code,
        language=language,
        direction=load()[language].say("form.direction"),
        reporter=reporter,
        caregiver=any(each.reporter == "caregiver" for each in addresses),
        study=study.title.get(language) or next(iter(study.title.values())),
        sender=study.sender,
        visits=tuple(SheetVisit(each.due_local, _title(study, each, language)) for each in coming[:MOST]),
        texts="sms" in reached,
        mails="email" in reached,
        calls=any(rung.channel == "call" for each in asked.values() for rung in each.ladder),
        conversation="conversation" in modes,
        number=rt.settings.twilio_sender if rt.settings.twilio_sender.startswith("+") else "",
        address=rt.mail_sender.address,
        own_page=study.page.offered,
        told=said.get(language) or next(iter(said.values()), ""),
        phone=team.phone,
        mail=team.email,
        emergency=texts[0].lines if texts else (),
        printed_on=rt.clock.now().astimezone(ZoneInfo(person.zone)).date(),
    )


def _title(study: Study, occasion: Occasion, language: str) -> str:
    title = study.assessment(occasion.assessment).title
    return title.get(language) or next(iter(title.values()))
