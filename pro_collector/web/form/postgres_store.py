"""The record behind the form, on PostgreSQL: each answer is one transaction, decided by the state machine of texts."""

from dataclasses import replace
from typing import Literal

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import carry_out
from pro_collector.casework.desk.ladder import call_rung
from pro_collector.casework.desk.load import glance, open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.inbound import stopping
from pro_collector.casework.inbound.stopping import Way
from pro_collector.domain.conversation.survey import Mode, Place, answer, confirm
from pro_collector.domain.instrument.answers import Answer
from pro_collector.domain.study.definition import Study
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import answers, contacts, links, occasions
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash
from pro_collector.web.form.store import OpenForm, Stopping, TeamContact

Found = tuple[Desk, Case, OccasionRow, Mode]


class PostgresFormStore:
    """What the form asks of the record."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    async def open(self, token: str) -> OpenForm | None:
        """The form as it stands: nothing is written, and it waits for nobody who writes."""
        async with self._rt.database.transaction() as tx:
            link = await links.find(tx, token_hash(token))
            rows = await occasions.load(tx, [link.occasion_id]) if link else []
            if link is None or not rows:
                return None
            case = await glance(tx, self._rt, rows[0])
            return self._form(case, rows[0], link.mode)

    async def answer(self, token: str, place: Place, value: Answer, nonce: str, language: str) -> OpenForm | None:
        """Save one answer; the same page with the same value again changes nothing, whatever came in between."""
        async with self._rt.database.transaction() as tx:
            found = await self._find(tx, token)
            if found is None:
                return None
            desk, case, row, mode = found
            if value not in await answers.given_on(tx, row.id, place.item, nonce, since=answers.since([row])):
                step = answer(case.survey(row), place, value, mode, desk.now)
                rung = call_rung(case, row) if mode == "call" else row.rung
                row = carry_out(desk, case, replace(row, language=language, rung=rung), step, mode=mode, source=nonce)
                await save(desk)
            return self._form(case, row, mode)

    async def finish(self, token: str) -> OpenForm | None:
        """The person has confirmed the review page."""
        async with self._rt.database.transaction() as tx:
            found = await self._find(tx, token)
            if found is None:
                return None
            desk, case, row, mode = found
            row = carry_out(desk, case, row, confirm(case.survey(row)), mode=mode)
            await save(desk)
            return self._form(case, row, mode)

    async def stopping(self, token: str) -> Stopping | None:
        """The channel that the message with this link came by, and what its page shows."""
        async with self._rt.database.transaction() as tx:
            link = await links.find(tx, token_hash(token))
            contact = await contacts.one(tx, link.contact_id) if link and link.contact_id else None
            rows = await occasions.load(tx, [link.occasion_id]) if link and contact else []
            if contact is None or not rows:
                return None
            return self._stopping(await glance(tx, self._rt, rows[0]), contact)

    async def stop(self, token: str, way: Way) -> Stopping | None:
        """Stop the address that this link was sent to, and no other."""
        async with self._rt.database.transaction() as tx:
            link = await links.find(tx, token_hash(token))
            found = await self._find(tx, token)
            if found is None or link is None:
                return None
            desk, case, row, _ = found
            contact = next((each for each in case.contacts if each.id == link.contact_id), None)
            if contact is None:
                return None
            await stopping.stop(desk, case, row, contact, way)
            await save(desk)
            return self._stopping(case, contact)

    async def _find(self, tx: Tx, token: str) -> Found | None:
        link = await links.find(tx, token_hash(token))
        rows = await occasions.load(tx, [link.occasion_id]) if link else []
        if link is None or not rows:
            return None
        desk = await open_desk(tx, self._rt, [rows[0].participant_id], rows)
        case = desk.cases[rows[0].participant_id]
        return desk, case, case.occasions[rows[0].id], link.mode

    def _stopping(self, case: Case, contact: ContactRow) -> Stopping:
        channel: Literal["sms", "email"] = "sms" if contact.channel == "sms" else "email"
        return Stopping(channel, case.person.language, self._contact(case, case.current_version.study, case.team.phone))

    def _contact(self, case: Case, study: Study, phone: str) -> TeamContact:
        email = study.team(case.person.site).email
        return TeamContact(study.sender, phone, email, case.current_version.study.emergency_of(case.person.site))

    def _form(self, case: Case, row: OccasionRow, mode: Mode) -> OpenForm:
        study = case.version_of(row).study
        # no number in an interview: it is the team's own, and whoever calls must not take it for the patient's
        phone = "" if mode == "call" else study.team(case.person.site).phone
        return OpenForm(
            survey=case.survey(row),
            language=row.language or case.person.language,
            contact=self._contact(case, study, phone),
            now=case.now,
            mode=mode,
            languages=study.languages,
        )
