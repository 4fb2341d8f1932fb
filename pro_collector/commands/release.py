"""A person of the team releases what is asked because participation ended, or decides that it is not asked."""

from dataclasses import replace

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.commands.record_treatment import find_participant
from pro_collector.domain.events import SurveyDue
from pro_collector.errors import Conflict, NotFound
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import agenda, occasions, tasks
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.runtime import Runtime

NOT_ASKED = "declined_by_team"
"""The reason of an occasion that the team decided not to ask."""


async def release(rt: Runtime, code: str, check_in: str, *, by: str, study: str | None = None) -> OccasionRow:
    """Have a check-in asked that waits for the team: when it is due, and outside quiet hours; its task is done by this.

    `check_in`: the beginning of its id, or an assessment of which one waits. Raises NotFound, and Conflict if nothing
    may be sent to whoever answers it.
    """
    async with rt.database.transaction() as tx:
        desk, case, row = await _waiting(tx, rt, code, check_in, study)
        row = replace(row, released_at=desk.now, released_by=by)
        if why := case.refusal("invitation", row.reporter, "call", row):
            raise Conflict(f"nothing is sent to the {row.reporter} of {code}: {why}")
        await occasions.release(tx, row.id, by, desk.now)
        desk.note(row, "released", by=by)
        await agenda.drop(tx, [row.id])
        await agenda.put(tx, [SurveyDue.of(row, max(desk.now, row.due_at))])
        await tasks.close_releases(tx, [row.id], "released", desk.now, by)
        await save(desk)
        return row


async def decline(
    rt: Runtime, code: str, check_in: str, *, by: str, reason: str = "", study: str | None = None
) -> OccasionRow:
    """Decide that a check-in that waits for the team is not asked; its task is done. Raises NotFound, Conflict."""
    async with rt.database.transaction() as tx:
        desk, case, row = await _waiting(tx, rt, code, check_in, study)
        row = desk.end(case, row, "cancelled", NOT_ASKED)
        desk.note(row, NOT_ASKED, by=by)
        await tasks.close_releases(tx, [row.id], reason or "not asked", desk.now, by)
        await save(desk)
        return row


async def _waiting(
    tx: Tx, rt: Runtime, code: str, check_in: str, study: str | None
) -> tuple[Desk, Case, OccasionRow]:  # fmt: skip
    """The one check-in that is meant, of those that wait for the team, locked. Raises NotFound, Conflict."""
    person = await find_participant(tx, code, study)
    rows = (await occasions.of_participants(tx, [person.id]))[person.id]
    named = [row for row in rows if check_in and (str(row.id).startswith(check_in) or row.assessment == check_in)]
    desk = await open_desk(tx, rt, [person.id], named)
    case = desk.cases[person.id]
    now = [case.occasions[row.id] for row in named]
    meant = [row for row in now if row.state == "planned" and case.waits_for_release(row)]
    if not meant:
        raise NotFound(f"{code} has no check-in {check_in!r} that waits for the team; see: pro-collector why {code}")
    if len(meant) > 1:
        known = ", ".join(f"{str(row.id)[:8]} ({row.assessment})" for row in meant)
        raise Conflict(f"{code} has several of these: say which by the beginning of its id: {known}")
    return desk, case, meant[0]
