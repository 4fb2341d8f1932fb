"""Record what a reporter agreed to, or that they do not agree any more; the plan is updated."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pro_collector.casework import planning
from pro_collector.casework.confirming import check_confirmed
from pro_collector.commands.record_treatment import find_participant
from pro_collector.domain.events import TimelineChanged, derived_id
from pro_collector.domain.near import did_you_mean
from pro_collector.errors import BadInput, Conflict, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import consents, outbox
from pro_collector.postgres.tables.consents import ConsentRow
from pro_collector.postgres.tables.participants import ParticipantRow
from pro_collector.runtime import Runtime
from scheduler.consent import EVERY_KIND, Covers
from scheduler.replan import Diff
from scheduler.rules import Reporter


async def give_consent(
    rt: Runtime, code: str, reporter: Reporter, covers: Covers, on: date | None, *, by: str, reason: str = "",
    study: str | None = None, dry_run: bool = False, confirmed: str | None = None,
) -> Diff:  # fmt: skip
    """Record that a reporter agreed to be asked, from `on` (None: today, where the patient lives), and plan again.

    Returns the changes of the plan. Raises NotFound; BadInput for a day to come; Conflict if they agree already;
    Outdated if `confirmed`, the fingerprint of the changes that somebody was shown, is that of others.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx, tx.transaction(force_rollback=dry_run):
        person = await find_participant(tx, code, study, locked=True)
        on = _past_day(person, on, now)
        if await _in_force(tx, person.id, reporter, covers):
            raise Conflict(f"{code}: {reporter} agrees to this already ({covers})")
        id = derived_id("consent", person.id, reporter, covers, now)
        await consents.add(tx, ConsentRow(id, person.id, reporter, covers, on, now, by, reason))
        return await _planned(tx, rt, person, "consent given", id, confirmed)


async def withdraw_consent(
    rt: Runtime, code: str, reporter: Reporter, covers: Covers, on: date | None, *, by: str, reason: str = "",
    exclude_data: bool = False, study: str | None = None, dry_run: bool = False, confirmed: str | None = None,
) -> Diff:  # fmt: skip
    """Record that a reporter does not agree any more, from `on` (None: today) on, and plan again.

    `exclude_data`: exports made from now on leave out all answers of this reporter. Somebody whose consent was not
    recorded had agreed with the enrolment. Returns the changes of the plan. Raises as `give_consent` does, Conflict if
    a consent that must be recorded is not.
    """
    now = rt.clock.now()
    async with rt.database.transaction() as tx, tx.transaction(force_rollback=dry_run):
        person = await find_participant(tx, code, study, locked=True)
        on = _past_day(person, on, now)
        given = await _in_force(tx, person.id, reporter, covers)
        if given is None:
            given = await _with_enrolment(tx, person, reporter, covers, by, now)
        if on < given.given_on:
            raise BadInput([Problem("", None, "on", f"consent was given later, on {given.given_on}")])
        await consents.withdraw(tx, given.withdrawn(on, now, by, reason, excludes_data=exclude_data))
        return await _planned(tx, rt, person, "consent withdrawn", given.id, confirmed)


async def list_consents(rt: Runtime, code: str, study: str | None = None) -> Sequence[ConsentRow]:
    """The consents of the reporters of a participant, oldest first. Raises NotFound."""
    async with rt.database.transaction() as tx:
        person = await find_participant(tx, code, study)
        return (await consents.of_participants(tx, [person.id]))[person.id]


def read_covers(text: str) -> Covers:
    """What a consent covers, as somebody typed it. Raises BadInput."""
    found = next((each for each in EVERY_KIND if each == text), None)
    if found is None:
        told = f"{text!r} is none of {', '.join(EVERY_KIND)}{did_you_mean(text, EVERY_KIND)}"
        raise BadInput([Problem("", None, "covers", told)])
    return found


def _past_day(person: ParticipantRow, on: date | None, now: datetime) -> date:
    today = now.astimezone(ZoneInfo(person.zone)).date()
    if on is not None and on > today:
        raise BadInput([Problem("", None, "on", f"expected today ({today}) or a day before it")])
    return on or today


async def _in_force(tx: Tx, participant: UUID, reporter: Reporter, covers: Covers) -> ConsentRow | None:
    rows = (await consents.of_participants(tx, [participant]))[participant]
    own = [row for row in rows if (row.reporter, row.covers) == (reporter, covers) and row.withdrawn_on is None]
    return own[-1] if own else None


async def _with_enrolment(
    tx: Tx, person: ParticipantRow, reporter: Reporter, covers: Covers, by: str, now: datetime
) -> ConsentRow:
    """The consent that the enrolment implied, recorded so that it can be withdrawn."""
    every = (await consents.of_participants(tx, [person.id]))[person.id]
    known = any((row.reporter, row.covers) == (reporter, covers) for row in every)
    if known or covers != "participation":
        raise Conflict(f"{person.code}: {reporter} has no consent in force that could be withdrawn ({covers})")
    id = derived_id("consent", person.id, reporter, covers, now)
    row = ConsentRow(id, person.id, reporter, covers, person.enrolled_on, now, by, "with the enrolment")
    await consents.add(tx, row)
    return row


async def _planned(tx: Tx, rt: Runtime, person: ParticipantRow, cause: str, id: UUID, confirmed: str | None) -> Diff:
    now = rt.clock.now()
    planned = await planning.compare_plans(tx, rt, [person.id])
    check_confirmed(planned[0].diff, confirmed, now)
    await planning.apply(tx, rt, planned, cause)
    await outbox.add(tx, [TimelineChanged.of(person.id, now, cause, id)])
    return planned[0].diff
