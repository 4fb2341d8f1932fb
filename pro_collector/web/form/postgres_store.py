"""Stores the form in PostgreSQL: one transaction for each answer, decided by the same state machine as texts."""

from dataclasses import replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import carry_out
from pro_collector.casework.desk.ladder import call_rung
from pro_collector.casework.desk.load import load_unlocked, open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.inbound import stopping
from pro_collector.casework.inbound.language_switch import ON_THE_FORM, switch_language
from pro_collector.casework.inbound.stopping import Way
from pro_collector.casework.speaking.advising import survey_advice
from pro_collector.domain.conversation.survey import BY_FORM, Mode, Place, answer, confirm
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.study.definition import Study
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import answers, contacts, links, occasions
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash
from pro_collector.web.form.store import VISIT, Afterwards, OpenForm, Stopping, TeamContact

LoadedCase = tuple[Desk, Case, OccasionRow, Mode]


class PostgresFormStore:
    """The `FormStore` on PostgreSQL."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    async def open(self, token: str) -> OpenForm | None:
        """Return the current form. Writes nothing, and does not wait for locks of writers."""
        async with self._rt.database.transaction() as tx:
            link = await links.find(tx, token_hash(token))
            rows = await occasions.load(tx, [link.occasion_id]) if link else []
            if link is None or not rows:
                return None
            case = await load_unlocked(tx, self._rt, rows[0])
            return await self._form_now(tx, case, case.speaking(rows[0]), link.mode)

    async def answer(self, token: str, place: Place, value: Answer, nonce: str, language: str) -> OpenForm | None:
        """Save one answer. Idempotent: the same page with the same value changes nothing, even after other answers."""
        async with self._rt.database.transaction() as tx:
            loaded = await self._load(tx, token)
            if loaded is None:
                return None
            desk, case, row, mode = loaded
            if value not in await _given_on_page(tx, case, row, place.item, nonce):
                step = answer(case.survey(row), place, value, mode, desk.now)
                rung = call_rung(case, row) if mode == "call" else row.rung
                if mode == "web" and language != (row.language or case.person.language_of(row.reporter)):
                    await self._remember(desk, case, token, language)
                row = carry_out(desk, case, replace(row, language=language, rung=rung), step, mode=mode, source=nonce)
                await save(desk)
            return self._form(case, row, mode)

    async def finish(self, token: str) -> OpenForm | None:
        """Record that the person has confirmed the review page."""
        async with self._rt.database.transaction() as tx:
            loaded = await self._load(tx, token)
            if loaded is None:
                return None
            desk, case, row, mode = loaded
            row = carry_out(desk, case, row, confirm(case.survey(row)), mode=mode)
            await save(desk)
            return await self._form_now(tx, case, row, mode)

    async def stopping(self, token: str) -> Stopping | None:
        """Return the channel of the message with this link, and the data of its stop page."""
        async with self._rt.database.transaction() as tx:
            link = await links.find(tx, token_hash(token))
            contact = await contacts.find(tx, link.contact_id) if link and link.contact_id else None
            rows = await occasions.load(tx, [link.occasion_id]) if link and contact else []
            if contact is None or not rows:
                return None
            return self._stopping(await load_unlocked(tx, self._rt, rows[0]), contact)

    async def stop(self, token: str, way: Way) -> Stopping | None:
        """Opt out the address that this link was sent to, and no other address."""
        async with self._rt.database.transaction() as tx:
            link = await links.find(tx, token_hash(token))
            loaded = await self._load(tx, token)
            if loaded is None or link is None:
                return None
            desk, case, row, _ = loaded
            contact = next((contact for contact in case.contacts if contact.id == link.contact_id), None)
            if contact is None:
                return None
            await stopping.stop(desk, case, row, contact, way)
            await save(desk)
            return self._stopping(case, contact)

    async def _remember(self, desk: Desk, case: Case, token: str, language: str) -> None:
        """Write from now on in the language that somebody chose, to whoever is reached where the link was sent."""
        link = await links.find(desk.tx, token_hash(token))
        contact = next((each for each in case.contacts if link and each.id == link.contact_id), None)
        if contact is not None:
            await switch_language(desk, contact, language, ON_THE_FORM)

    async def _load(self, tx: Tx, token: str) -> LoadedCase | None:
        link = await links.find(tx, token_hash(token))
        rows = await occasions.load(tx, [link.occasion_id]) if link else []
        if link is None or not rows:
            return None
        desk = await open_desk(tx, self._rt, [rows[0].participant_id], rows)
        case = desk.cases[rows[0].participant_id]
        return desk, case, case.speaking(case.occasions[rows[0].id]), link.mode

    def _stopping(self, case: Case, contact: ContactRow) -> Stopping:
        channel: Literal["sms", "email"] = "sms" if contact.channel == "sms" else "email"
        return Stopping(
            channel,
            case.person.language_of(contact.reporter),
            self._contact(case, case.current_version.study, case.team.phone),
        )

    def _contact(self, case: Case, study: Study, phone: str) -> TeamContact:
        email, now = study.team(case.person.site).email, case.current_version.study
        told = now.alerts.told if now.alerts else {}
        return TeamContact(study.sender, phone, email, now.emergency_of(case.person.site), watched=told)

    async def _form_now(self, tx: Tx, case: Case, row: OccasionRow, mode: Mode) -> OpenForm:
        """The form with the times of its answers; if it was finished a moment ago, with what the thanks tell."""
        form = self._form(case, row, mode)
        if form.asks:
            given_at: dict[Place, datetime] = {}
            for each in case.bundle_of(row):
                given = await answers.given_at(tx, each.id, since=answers.since([each]))
                given_at |= {Place(*place): at for place, at in given.items()}
            form = replace(form, given_at=given_at)
        if not form.finished or row.ended_at is None or case.now >= row.ended_at + VISIT:
            return form
        modes = await answers.modes(tx, [row.id], since=answers.since([row]))
        if modes.get(row.id) not in BY_FORM:
            return form
        coming = await occasions.next_planned(tx, row.participant_id, row.reporter, case.now)
        next_on = coming.due_at.astimezone(ZoneInfo(case.person.zone)).date() if coming else None
        advice = survey_advice(case.version_of(row), form.survey)
        shown = case.version_of(row).study.page.earlier_answers == "open"
        return replace(form, afterwards=Afterwards(case.today, advice, next_on, shown))

    def _form(self, case: Case, row: OccasionRow, mode: Mode) -> OpenForm:
        study = case.version_of(row).study
        # no phone number in an interview: it is the team's own, and the caller must not take it for the patient's
        phone = "" if mode == "call" else study.team(case.person.site).phone
        return OpenForm(
            survey=case.survey(row),
            language=row.language or case.person.language_of(row.reporter),
            contact=self._contact(case, study, phone),
            now=case.now,
            mode=mode,
            languages=study.languages,
            own_page=case.current_version.study.page.offered,
            asks=None if mode == "call" else _asked_for(case, row),
        )


async def _given_on_page(tx: Tx, case: Case, row: OccasionRow, item: str, nonce: str) -> list[Answer]:
    """What one page of the form said before, wherever it was stored in the bundle."""
    given: list[Answer] = []
    for each in case.bundle_of(row):
        given += await answers.given_on_page(tx, each.id, item, nonce, since=answers.since([each]))
    return given


def _asked_for(case: Case, row: OccasionRow) -> Literal["code", "birth_year"] | None:
    """What the study asks for before earlier answers are shown; a code if it asks for an unknown year of birth."""
    asks = case.version_of(row).study.page.earlier_answers
    if asks == "birth_year" and case.person.birth_date is None:
        return "code"
    return None if asks == "open" else asks
