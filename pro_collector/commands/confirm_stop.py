"""Confirm that a text or mail asked for the messages to stop, as a person of the team has read it."""

from uuid import UUID

from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.casework.inbound.limits import load_limits
from pro_collector.casework.inbound.replying import reply
from pro_collector.casework.inbound.stopping import opt_out_address
from pro_collector.commands.finish_task import Finished
from pro_collector.commands.show_task import find_task
from pro_collector.errors import BadInput, Conflict, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import inbound, occasions, tasks
from pro_collector.postgres.tables.contacts import ContactRow
from pro_collector.postgres.tables.opt_outs import StopCause
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.runtime import Runtime


async def confirm_stop(rt: Runtime, id_start: str, *, by: str, note: str = "") -> Finished:
    """Mark a task as done, and opt out the address that its last text or mail came from; confirm it there once.

    Raises NotFound; BadInput for a task without words; Conflict when it was done before, or the address has changed.
    """
    async with rt.database.transaction() as tx:
        task = await find_task(tx, id_start)
        rows = await occasions.load(tx, [task.occasion_id] if task.occasion_id else [])
        desk = await open_desk(tx, rt, [task.participant_id], rows)
        case = desk.cases[task.participant_id]
        contact, text = await _sender(tx, case, task)
        if not await tasks.mark_done(tx, task.id, by, note, desk.now):
            short = str(task.id)[:8]
            raise Conflict(f"{short} is done already; see: pro-collector tasks show {short}")
        stopped_before = contact.opted_out_at is not None
        await opt_out_address(desk, contact, StopCause("confirmed", by, text, task.id))
        if not stopped_before:
            reply(desk, case, contact, "stop_confirmed", await load_limits(desk, {contact.lookup}))
        await save(desk)
        return Finished(task.id, case.person.code, stopped=contact.column)


async def _sender(tx: Tx, case: Case, task: TaskRow) -> tuple[ContactRow, UUID]:
    """The contact that the last text or mail of a task came from, and the id of that text."""
    if "inbound" not in task.detail:
        raise BadInput([Problem("--stop", None, "", "this task has no words of a participant; leave it out")])
    id = UUID(task.detail["inbound"])
    found = (await inbound.load(tx, [id])).get(id)
    wrote = [each for each in case.contacts if found is not None and each.lookup == found.sender_lookup]
    if not wrote:
        advice = f"pro-collector participant state {case.person.code} stopped_texting"
        raise Conflict(f"the address that it came from is not recorded any more; record instead: {advice}")
    return wrote[0], id
