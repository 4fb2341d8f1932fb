"""Correct the stored data of a participant: their details and addresses. The plan is updated with them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from pro_collector.casework import planning
from pro_collector.casework.confirming import check_confirmed
from pro_collector.commands.enrol import ADDRESSES, birth_date_needed, contact_row, read_value, study_problems
from pro_collector.commands.record_treatment import find_participant
from pro_collector.domain.conversation.survey import BEGUN
from pro_collector.domain.events import SurveyRetryDue, TimelineChanged, derived_id
from pro_collector.domain.near import did_you_mean
from pro_collector.domain.study.caregiver_address import NOT_ASKED, both_use, why_refused
from pro_collector.domain.study.definition import Study
from pro_collector.errors import BadInput, Conflict, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import (
    agenda,
    contacts,
    data_keys,
    export_pieces,
    nicknames,
    occasions,
    opt_outs,
    outbox,
    participants,
)
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.participants import ChangeRow, ParticipantRow
from pro_collector.runtime import Runtime
from pro_collector.vault import nickname_row
from scheduler.after_end import departure
from scheduler.replan import Diff
from scheduler.rules import Reporter

FIELDS = (
    "language", "birth_date", "sex", "arm", "site", "enrolled_on", "preferred_time", "preferred_day", "quiet",
    "consent_version", "caregiver_language", "caregiver_goes_on",
)  # fmt: skip
"""The fields that can be changed besides addresses; the time zone changes with the state `moved`."""


GOES_ON = "caregiver_goes_on"
"""The field of the day from which the caregiver is asked although the participant withdrew."""
NICKNAME = "nickname"
"""The field of the name that the family chose for a participant; it is sealed in the vault."""


def known_field(field: str) -> str:
    """The name of a field or address column, from what a user typed. Raises BadInput."""
    name = field.replace("-", "_")
    every = (*FIELDS, *ADDRESSES, NICKNAME)
    if name not in every:
        moved = "; the zone changes with: participant state CODE moved --zone" if name == "zone" else ""
        near = moved or did_you_mean(name, every)
        raise BadInput([Problem("", None, "field", f"{field!r} is none of {', '.join(every)}{near}")])
    return name


async def change(
    rt: Runtime, code: str, field: str, value: str, *, by: str, reason: str = "", study: str | None = None,
    dry_run: bool = False, confirmed: str | None = None,
) -> Diff:  # fmt: skip
    """Give one of FIELDS another value ("" deletes it), and plan again in the same transaction.

    Begun surveys keep their language and their reporter. Raises NotFound, BadInput; Outdated if `confirmed`, the
    fingerprint of the changes that somebody was shown, is that of others.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study, locked=True)
        became = await _read(tx, rt, person, field, value)
        changed = replace(person, **{field: became})
        if field == GOES_ON and became is not None:
            await _check_withdrawn(tx, rt, person, became)
        planned = await planning.compare_plans(tx, rt, [person.id], changed_person=changed)
        check_confirmed(planned[0].diff, confirmed, now)
        if not dry_run:
            await participants.update(tx, changed)
            row = _changed(person, field, (_text(getattr(person, field)), _text(became)), by, reason, now)
            await participants.add_change(tx, row)
            if field == "site":  # a file of one site has nobody of another
                await export_pieces.withdraw(tx, person.study, of_some_sites=True)
            await planning.apply(tx, rt, planned, field)
            await outbox.add(tx, [_changed_event(row)])
        return planned[0].diff


async def change_nickname(
    rt: Runtime, code: str, nickname: str, *, by: str, reason: str = "", study: str | None = None
) -> None:
    """Give a participant another nickname ("" removes it). The change is recorded without the name.

    Raises NotFound, BadInput.
    """
    new = read_value(NICKNAME, nickname)
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study, locked=True)
        if new:
            key = await data_keys.one(tx, str(person.id), rt.vault.new_key)
            await nicknames.put(tx, person.id, rt.vault.seal(new, nickname_row(person.id), key))
        else:
            await nicknames.remove(tx, person.id)
        await participants.add_change(tx, _changed(person, NICKNAME, (None, None), by, reason, rt.clock.now()))


async def move_address(
    rt: Runtime, code: str, column: str, address: str, *, by: str, consented: bool = False, reason: str = "",
    study: str | None = None,
) -> int:  # fmt: skip
    """Replace an address ("" removes it); return how many open surveys are asked again at the new one.

    Raises NotFound, BadInput, and Conflict after an opt-out at the old address without consent to the new one.
    """
    now = rt.clock.now()
    new = read_value(column, address)
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study, locked=True)
        if new:
            await _check_address(tx, rt, person, column, new)
        before = await _reached(tx, person, column)
        if before is not None and before.opted_out_at and new and not consented:
            raise Conflict(f"{code} opted out at the old address; if they want messages at the new one: --consented")
        waiting = await _store(tx, rt, person, column, before, new, now)
        await opt_outs.follow_addresses(tx, [person.id], by, now)
        await participants.add_change(tx, _changed(person, column, (None, None), by, reason, now))
    return waiting


async def _check_address(tx: Tx, rt: Runtime, person: ParticipantRow, column: str, new: str) -> None:
    """Raises BadInput for an address that a caregiver would share with a patient or a proxy, or that nobody needs."""
    reporter, lookup = ADDRESSES[column][0], rt.vault.lookup(new)
    if both_use([*await contacts.whose(tx, [lookup]), (lookup, reporter)]):
        raise BadInput([Problem("", None, column, why_refused(reporter))])
    study = (await rt.studies.get(tx, person.study, person.study_version)).study
    if reporter == "caregiver" and not study.of_caregivers:
        raise BadInput([Problem("", None, column, NOT_ASKED)])


async def _store(
    tx: Tx, rt: Runtime, person: ParticipantRow, column: str, before: ContactRow | None, new: str | None, now: datetime
) -> int:  # fmt: skip
    key = await data_keys.one(tx, str(person.id), rt.vault.new_key)
    if new:
        await contacts.add(tx, [contact_row(rt, person.id, column, new, key)])
        return await _ask_there(tx, person, ADDRESSES[column][0], now)
    if before is not None:
        nothing = contact_row(rt, person.id, column, f"removed {before.id}", key)
        await contacts.remove(tx, replace(nothing, broken_reason="removed"), now)
    return 0


async def _ask_there(tx: Tx, person: ParticipantRow, reporter: Reporter, now: datetime) -> int:
    """Ask open surveys again from their present rung on: their messages may have reached nobody; return how many."""
    rows = (await occasions.of_participants(tx, [person.id]))[person.id]
    waiting = [row for row in rows if row.state in BEGUN and row.reporter == reporter and row.closes_at > now]
    events = [SurveyRetryDue.of(row, now, "new address", now) for row in waiting]
    await agenda.put(tx, events)
    return len(events)


async def _reached(tx: Tx, person: ParticipantRow, column: str) -> ContactRow | None:
    reachable = (await contacts.of_participants(tx, [person.id]))[person.id]
    return next((each for each in reachable if (each.reporter, each.channel) == ADDRESSES[column]), None)


async def _read(tx: Tx, rt: Runtime, person: ParticipantRow, field: str, value: str) -> Any:
    study = (await rt.studies.get(tx, person.study, person.study_version)).study
    problems = list(study_problems({"zone": person.zone, field: value}, study, person.study, None))
    if person.birth_date is None or field == "birth_date":
        problems += _lacks_birth_date(study, person, field, value)
    if problems:
        raise BadInput(problems)
    return read_value("birth_date" if field == GOES_ON else field, value)  # each is a day or nothing


async def _check_withdrawn(tx: Tx, rt: Runtime, person: ParticipantRow, on: date) -> None:
    """Raises BadInput unless the participant has withdrawn by then: a decision holds for the withdrawal before it."""
    ((_, inputs),) = await planning.load_plan_inputs(tx, rt, [person.id])
    rules = await rt.studies.rules(tx, person.study, person.study_version)
    gone = departure(inputs.person, inputs.timeline, {**dict.fromkeys(rules.ending), **rules.endings})
    if gone.ending != "withdrawn" or gone.on is None:
        raise BadInput(
            [Problem("", None, GOES_ON, f"{person.code} has not withdrawn; it holds after a withdrawal only")]
        )
    if on < gone.on:
        raise BadInput([Problem("", None, GOES_ON, f"expected the day of the withdrawal, {gone.on}, or a later day")])


def _lacks_birth_date(study: Study, person: ParticipantRow, field: str, value: str) -> Iterator[Problem]:
    """A problem if the change makes a birth date necessary that is not there; none if it was necessary before."""
    if field == "birth_date" and value.strip():
        return
    before = {name: getattr(person, name) for name in ("arm", "site", "language", "sex")}
    needed_before = person.birth_date is None and birth_date_needed(study, before)
    why = birth_date_needed(study, {**before, field: value})
    if why and not needed_before:
        yield Problem(person.study, None, "birth_date", why)


def _changed(
    person: ParticipantRow, field: str, values: tuple[str | None, str | None], by: str, reason: str, now: datetime
) -> ChangeRow:
    id = derived_id("change", person.id, field, *values, now)
    return ChangeRow(id, person.id, field, *values, now, by, reason)


def _changed_event(row: ChangeRow) -> TimelineChanged:
    return TimelineChanged.of(row.participant_id, row.recorded_at, row.field, row.id)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
