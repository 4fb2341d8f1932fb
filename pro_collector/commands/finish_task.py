"""Mark a task of the study team as done, and record the answer that a person has read in a reply."""

from dataclasses import dataclass, replace
from uuid import UUID

from pro_collector.casework.desk import ladder
from pro_collector.casework.desk.bundle_turn import goes_on
from pro_collector.casework.desk.case import Case
from pro_collector.casework.desk.desk import Desk
from pro_collector.casework.desk.effects import carry_out
from pro_collector.casework.desk.load import open_desk
from pro_collector.casework.desk.save import save
from pro_collector.commands.show_task import find_task, why_not_waiting
from pro_collector.commands.write_to import WrittenMessage, write
from pro_collector.domain.conversation.survey import Place, Say, Step, answer, find
from pro_collector.domain.instrument.answer_check import parse_answer
from pro_collector.domain.instrument.answers import Absent, Answer
from pro_collector.errors import BadInput, Conflict, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import may_stop
from pro_collector.postgres.tables import inbound, occasions, tasks
from pro_collector.postgres.tables.occasions import OccasionRow
from pro_collector.postgres.tables.tasks import TaskRow
from pro_collector.runtime import Runtime

READ = "read by a person"
"""The outcome of a text that a person has understood, not a program."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The finished task; for a reply also the recorded answer, the occasion's state and the next question.

    `stopped`: the column of the address that was opted out, if the task was a request to stop.
    `written`: what was written back.
    """

    id: UUID
    code: str
    place: str = ""
    answer: Answer = None
    state: str = ""
    asked: str | None = None
    stopped: str = ""
    written: WrittenMessage | None = None


async def finish_task(
    rt: Runtime, id_start: str, *, by: str, note: str = "", code: str | None = None, reply: str | None = None,
    texts: int | None = None,
) -> Finished:  # fmt: skip
    """Mark the task whose id begins with `id_start` as done; with `code`, record the answer that its reply meant.

    `reply`: the words that a person of the team writes back; in quiet hours they wait. `texts`: how many texts of the
    task whoever finishes it has seen.
    Raises NotFound; Conflict when it was done before, its question is no longer open, or another text has come;
    BadInput for a code that the
    question does not allow, or a task that is not about a reply to a question.
    """
    async with rt.database.transaction() as tx:
        task = await find_task(tx, id_start)
        rows = await occasions.load(tx, [task.occasion_id] if task.occasion_id else [])
        desk = await open_desk(tx, rt, [task.participant_id], rows)
        case = desk.cases[task.participant_id]
        task = (await tasks.load(tx, [task.id]))[task.id]  # as it is now that the participant is locked
        if texts is not None and len(tasks.texts_of(task.detail)) > texts:
            raise Conflict("they have written again since: read that first")
        if not await tasks.mark_done(tx, task.id, by, note, desk.now):
            short = str(task.id)[:8]
            raise Conflict(f"{short} is done already; see: pro-collector tasks show {short}")
        case.may_stop = (await may_stop.reporters(tx, [case.person.id])).get(case.person.id, frozenset())
        finished = Finished(task.id, case.person.code)
        if code is not None:
            finished = await _record(tx, desk, case, task, code, by)
        if reply is not None:
            finished = replace(finished, written=await write(tx, desk, case, reply, by=by, task=task.id))
        await save(desk)
        return finished


async def _record(tx: Tx, desk: Desk, case: Case, task: TaskRow, code: str, by: str) -> Finished:
    """Record the answer as if the text had given it; send the next question when the phone may ring."""
    row, place, reply = _reply(case, task)
    why_closed = await why_not_waiting(tx, case, row, place)
    if why_closed:
        raise Conflict(f"{place} no longer waits for an answer: {why_closed}. Nothing was recorded; leave out --answer")
    value = _meant(case, row, place, code)
    step = answer(case.survey(row), place, value, "sms", desk.now)
    desk.note(row, "read", item=str(place), by=by)
    row = carry_out(desk, case, row, _apart(step)[0], mode="sms", source=reply)
    following, on = goes_on(case, row, step)
    if following.id != row.id:
        following = carry_out(desk, case, following, _apart(on)[0], mode="sms")
    following = ladder.continue_by_text(desk, case, following, _apart(on)[1])
    await inbound.record_outcome(tx, reply, READ, row.id)
    return Finished(task.id, case.person.code, str(place), value, case.occasions[row.id].state, following.asked)


def _apart(step: Step) -> tuple[Step, Step]:
    """What a step records, and what it says."""
    says = tuple(effect for effect in step.effects if isinstance(effect, Say))
    return replace(step, effects=tuple(effect for effect in step.effects if effect not in says)), replace(
        step, effects=says
    )


def _reply(case: Case, task: TaskRow) -> tuple[OccasionRow, Place, UUID]:
    """The occasion, the question and the inbound text of a task to read a reply. Raises BadInput for other tasks."""
    detail, row = task.detail, case.occasions.get(task.occasion_id) if task.occasion_id else None
    if task.kind != "review" or row is None or "inbound" not in detail or "item" not in detail:
        about = "a reply to a question" if task.kind == "review" else f"a reply to be read: it is {task.kind!r}"
        raise BadInput([Problem("--answer", None, "", f"this task is not about {about}; leave it out")])
    return row, Place.parse(detail["item"]), UUID(detail["inbound"])


def _meant(case: Case, row: OccasionRow, place: Place, code: str) -> Answer:
    found = find(case.survey(row), place)
    value = parse_answer(found[1], code.strip()) if found else None
    if found is None or value is None:
        takes = found[1].allowed if found else "no answer"
        declined = "" if Absent.ASKED_DECLINED in takes else f" or {Absent.ASKED_DECLINED}"
        raise BadInput([Problem("--answer", None, "", f"{code!r} is not allowed; {place} takes {takes}{declined}")])
    return value
