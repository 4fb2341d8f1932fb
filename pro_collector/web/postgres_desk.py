"""The web form's desk on PostgreSQL: each answer is one transaction, decided by the same state machine as texts."""

from dataclasses import replace

from pro_collector.casework.desk import Case, Desk, desk, glance
from pro_collector.casework.ladder import call_rung
from pro_collector.domain.answers import Answer
from pro_collector.domain.survey import Mode, Place, answer, confirm
from pro_collector.postgres import answers, contacts, links, occasions
from pro_collector.postgres.database import Tx
from pro_collector.postgres.occasions import OccasionRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash
from pro_collector.web.form_desk import Contact, Form

Found = tuple[Desk, Case, OccasionRow, Mode]


class PostgresDesk:
    """What the form asks of the record."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    async def open(self, token: str) -> Form | None:
        """The form as it stands: nothing is written, and it waits for nobody who writes."""
        async with self._rt.database.transaction() as tx:
            link = await links.find(tx, token_hash(token))
            rows = await occasions.load(tx, [link.occasion_id]) if link else []
            if link is None or not rows:
                return None
            case = await glance(tx, self._rt, rows[0])
            return self._form(case, rows[0], link.mode)

    async def answer(self, token: str, place: Place, value: Answer, nonce: str, language: str) -> Form | None:
        """Save one answer; the same page with the same value again changes nothing, whatever came in between."""
        async with self._rt.database.transaction() as tx:
            found = await self._find(tx, token)
            if found is None:
                return None
            table, case, row, mode = found
            if value not in await answers.given_on(tx, row.id, place.item, nonce, since=answers.since([row])):
                step = answer(case.survey(row), place, value, mode, table.now)
                rung = call_rung(case, row) if mode == "call" else row.rung
                row = table.take(case, replace(row, language=language, rung=rung), step, mode=mode, source=nonce)
                await table.save()
            return self._form(case, row, mode)

    async def finish(self, token: str) -> Form | None:
        """The person has confirmed the review page."""
        async with self._rt.database.transaction() as tx:
            found = await self._find(tx, token)
            if found is None:
                return None
            table, case, row, mode = found
            row = table.take(case, row, confirm(case.survey(row)), mode=mode)
            await table.save()
            return self._form(case, row, mode)

    async def stop_email(self, token: str) -> bool:
        """No more mail to the address this link was mailed to."""
        async with self._rt.database.transaction() as tx:
            link = await links.find(tx, token_hash(token))
            if link is None or link.contact_id is None:
                return False
            contact = await contacts.one(tx, link.contact_id)
            if contact is not None:
                await contacts.opt_out(tx, contact.lookup, self._rt.clock.now())
            return True

    async def _find(self, tx: Tx, token: str) -> Found | None:
        link = await links.find(tx, token_hash(token))
        rows = await occasions.load(tx, [link.occasion_id]) if link else []
        if link is None or not rows:
            return None
        table = await desk(tx, self._rt, [rows[0].participant_id], rows)
        case = table.cases[rows[0].participant_id]
        return table, case, case.occasions[rows[0].id], link.mode

    def _form(self, case: Case, row: OccasionRow, mode: Mode) -> Form:
        study = case.force_of(row).study
        whom = study.team(case.person.site)
        phone = "" if mode == "call" else whom.phone  # the team's own: whoever calls must not take it for the patient's
        return Form(
            survey=case.survey(row),
            language=row.language or case.person.language,
            contact=Contact(study.sender, phone, whom.email, case.force.study.emergency_of(case.person.site)),
            now=case.now,
            mode=mode,
            languages=study.languages,
        )
