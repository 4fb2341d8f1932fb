"""Open one's own page: request a code, enter it, look in again with the session, sign out."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pro_collector import rendering
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.own_page import SignedIn, find_door, people_of
from pro_collector.casework.speaking.speech import MessageText
from pro_collector.domain.conversation import own_page as rules
from pro_collector.domain.conversation.own_page import CODE_DIGITS, CODE_VALID, CodeVerdict, SentCode
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import links, occasions, own_page, participants
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.own_page import CodeRow, SessionRow
from pro_collector.runtime import Runtime
from pro_collector.vault import token_hash
from scheduler.rules import Channel

Sent = Literal["sent", "too_many", "unreachable"]


@dataclass(frozen=True, slots=True)
class EnteredCode:
    """What an entered code led to. `session`: the id for the cookie; `tries_left`: before a new code is needed."""

    verdict: CodeVerdict
    tries_left: int = 0
    session: str = ""


async def send_code(rt: Runtime, token: str, channel: Channel) -> Sent | None:
    """Send a code to an address of whom a link was sent to; None for an unknown link."""
    async with rt.database.transaction() as tx:
        door = await find_door(tx, rt, token)
        if door is None:
            return None
        desk = await open_desk(tx, rt, [door.case.person.id])
        case = desk.cases[door.case.person.id]  # now locked: two requests do not pass the limit together
        contact = next((each for each in replace(door, case=case).reachable if each.channel == channel), None)
        if contact is None:
            return "unreachable"
        if not rules.may_send(await own_page.sent_to(tx, contact.lookup, desk.now - rules.DAY), desk.now):
            return "too_many"
        text = _code_text(case, contact, desk.now)
        id = desk.say(case, contact, text, None)
        await save(desk)
        row = CodeRow(id, case.person.id, contact.reporter, contact.lookup, desk.now, text.expires_at)
        await own_page.add_code(tx, row)
        return "sent"


async def enter_code(rt: Runtime, token: str, entered: str, *, begins: bool = True) -> EnteredCode | None:
    """Check an entered code; the right one begins a session, if it `begins` one. None for an unknown link."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        door = await find_door(tx, rt, token)
        if door is None:
            return None
        rows = await own_page.codes(tx, door.case.person.id, door.reporter, now - rules.DAY)
        codes = [_compared(rt, row, rules.digits_of(entered)) for row in rows]
        verdict = rules.verdict(codes, now)
        open_rows = [row for row, code in zip(rows, codes, strict=True) if code.is_open(now)]
        if verdict == "right":
            used = next(row for row, code in zip(rows, codes, strict=True) if code.matches)
            await own_page.use(tx, [row.message_id for row in open_rows], now)
            return EnteredCode("right", session=await _begin(tx, used, now) if begins else "")
        if verdict == "wrong":
            await own_page.count_wrong(tx, [row.message_id for row in open_rows])
        return EnteredCode(verdict, max(0, rules.tries_left(codes, now) - 1))


async def enter_birth_year(rt: Runtime, token: str, entered: str) -> Literal["right", "wrong", "locked"] | None:
    """Check the patient's year of birth, for the form of a link; None for an unknown link."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        link = await links.find(tx, token_hash(token))
        rows = await occasions.load(tx, [link.occasion_id]) if link else []
        if not rows:
            return None
        person = (await participants.lock(tx, [rows[0].participant_id]))[rows[0].participant_id]
        wrong = await own_page.count_visits(tx, person.id, "wrong_year", now - rules.DAY)
        if wrong >= rules.MAX_WRONG_YEARS_A_DAY:
            return "locked"
        if person.birth_date and rules.digits_of(entered) == str(person.birth_date.year):
            return "right"
        await own_page.add_visit(tx, person.id, rows[0].reporter, "wrong_year", now)
        return "wrong"


async def signed_in(rt: Runtime, session: str) -> SignedIn | None:
    """The people of a session; None if it is over, or its address is no longer that of whom the link was sent to."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        row = await own_page.find_session(tx, session_hash(session)) if session else None
        if row is None or rules.is_over(row.began_at, row.seen_at, now):
            return None
        await own_page.seen(tx, row.id_hash, now)
        people = await people_of(tx, rt, row)
    return people if people.owners or people.closed else None


async def sign_out(rt: Runtime, session: str) -> None:
    """End a session."""
    async with rt.database.transaction() as tx:
        await own_page.end_session(tx, session_hash(session))


async def _begin(tx: Tx, code: CodeRow, now: datetime) -> str:
    session = secrets.token_urlsafe(32)
    row = SessionRow(session_hash(session), code.participant_id, code.reporter, code.lookup, now, now)
    await own_page.begin(tx, row, now - rules.LONGEST_VISIT)
    await own_page.add_visit(tx, code.participant_id, code.reporter, "signed_in", now)
    return session


def _compared(rt: Runtime, row: CodeRow, entered: str) -> SentCode:
    matches = hmac.compare_digest(rt.vault.code(row.message_id, CODE_DIGITS), entered)
    return SentCode(row.sent_at, row.expires_at, row.wrong, row.used_at, matches)


def _code_text(case: Case, contact: ContactRow, now: datetime) -> MessageText:
    """The message with a code, in the person's language; the sender puts the code in."""
    names = {"sender": case.current_version.study.sender, "minutes": int(CODE_VALID.total_seconds() // 60)}
    spoken, caregiver = case.language_of(contact.reporter), contact.reporter == "caregiver"
    if contact.channel == "sms":
        words = rendering.sms(spoken, "code", caregiver=caregiver, **names)
        return MessageText("code", spoken, words, now + CODE_VALID)
    letter = rendering.email(spoken, "code", caregiver=caregiver, **names)
    return MessageText("code", spoken, letter.text, now + CODE_VALID, letter.subject, letter.html)


def session_hash(session: str) -> bytes:
    """The hash under which a session is stored."""
    return hashlib.sha256(session.encode()).digest()
