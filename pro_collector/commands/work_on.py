"""What somebody of the team does with an item of the worklist: take it, give it on, note, put it off, close it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pro_collector.casework.worklist import colleagues, find_item, zone_of
from pro_collector.commands.act_on_alert import acknowledge_alert, close_alert, hand_over_alert, release_alert
from pro_collector.commands.confirm_stop import confirm_stop
from pro_collector.commands.finish_task import Finished, finish_task
from pro_collector.commands.write_to import WrittenMessage, write_to
from pro_collector.domain.account.permission import Sites
from pro_collector.domain.near import unknown
from pro_collector.domain.worklist import (
    Held,
    WorkAct,
    WorkItem,
    bulk_refusal,
    held_after,
    refusal,
    snooze_refusal,
)
from pro_collector.errors import BadInput, Conflict, Outdated, Problem
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import work
from pro_collector.postgres.tables.work import WorkDone, WorkLogRow
from pro_collector.runtime import Runtime
from scheduler.calendar import resolve

_DONE: dict[WorkAct, WorkDone] = {
    "claim": "claimed",
    "release": "released",
    "assign": "assigned",
    "note": "noted",
    "write": "wrote",
    "snooze": "snoozed",
    "wake": "woken",
    "done": "done",
}
Refusal = Callable[[WorkAct, WorkItem, str, datetime], str | None]


@dataclass(frozen=True, slots=True)
class Seen:
    """An item as somebody saw it. `sites`: where they may act; `version`: of the item, when it was shown to them.

    `several`: it is one of several that are done at once.
    """

    study: str
    sites: Sites
    id: UUID
    version: str
    several: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """How an item is closed. `answer`: the code that a reply meant; `stop`: the reply asked for the messages to stop;
    `done`: what was done about an alert."""

    note: str = ""
    answer: str | None = None
    stop: bool = False
    done: str = ""


async def claim(rt: Runtime, seen: Seen, by: str) -> None:
    """Take an item. Raises NotFound; Conflict if somebody has it, or if it has changed since it was shown."""
    item = await _checked(rt, seen, "claim", by)
    if item.kind == "alert":
        await acknowledge_alert(rt, str(item.id), by)
        await _end_snooze(rt, item, by)
    else:
        await _save(rt, item, "claim", by)


async def release(rt: Runtime, seen: Seen, by: str) -> None:
    """Give an item back; an alert is told again from its first step. Raises NotFound, Conflict."""
    item = await _checked(rt, seen, "release", by)
    if item.kind == "alert":
        await release_alert(rt, str(item.id), by)
        await _end_snooze(rt, item, by)
    else:
        await _save(rt, item, "release", by)


async def assign(rt: Runtime, seen: Seen, by: str, to: str) -> None:
    """Give an item to a colleague. Raises NotFound, Conflict; BadInput for somebody who may not see to it."""
    item = await _checked(rt, seen, "assign", by)
    async with rt.database.transaction() as tx:
        able = await colleagues(tx, seen.study, item.about.site)
    if to not in able:
        raise BadInput([Problem("--to", None, "", unknown("colleague", to, able))])
    if item.kind == "alert":
        await hand_over_alert(rt, str(item.id), to, by)
    else:
        await _save(rt, item, "assign", by, to=to)


async def add_note(rt: Runtime, seen: Seen, by: str, note: str) -> None:
    """Write a note beside an item. Raises NotFound, Conflict; BadInput for an empty one."""
    if not note.strip():
        raise BadInput([Problem("--note", None, "", "there are no words in it")])
    await _save(rt, await _checked(rt, seen, "note", by), "note", by, note=note)


async def write_back(rt: Runtime, seen: Seen, by: str, words: str, *, dry_run: bool = False) -> WrittenMessage:
    """Write to the person whom an item is about; `dry_run`: only show what would be sent.

    Raises NotFound; Conflict if somebody has acted on the item since it was shown, so that two colleagues do not answer
    the same question, or if nothing may be sent; BadInput for words that must not be sent.
    """
    item = await _checked(rt, seen, "write", by)
    task = None if item.kind in ("alert", "silent") else str(item.id)

    async def write(*, dry_run: bool) -> WrittenMessage:
        return await write_to(rt, item.about.code, words, by=by, task=task, study=seen.study, dry_run=dry_run)

    shown = await write(dry_run=True)
    if dry_run:
        return shown
    await _save(rt, item, "write", by)
    return await write(dry_run=False)


async def snooze(rt: Runtime, seen: Seen, by: str, local: datetime, note: str = "") -> None:
    """Put an item off until a time on the clock of its site, or until something about it happens.

    Raises NotFound, Conflict; BadInput for a time that is over or too far off.
    """
    item = await _checked(rt, seen, "snooze", by)
    async with rt.database.transaction() as tx:
        until = resolve(local, await zone_of(tx, rt, seen.study, item.about))
    if why := snooze_refusal(item, until, rt.clock.now()):
        raise BadInput([Problem("--until", None, "", why)])
    await _save(rt, item, "snooze", by, until=until, note=note)


async def wake(rt: Runtime, seen: Seen, by: str) -> None:
    """Have an item back that was put off. Raises NotFound, Conflict."""
    await _save(rt, await _checked(rt, seen, "wake", by), "wake", by)


async def close(rt: Runtime, seen: Seen, by: str, closing: Closing) -> Finished | None:
    """Close an item; for a reply that is recorded or stopped, what came of it.

    Raises NotFound; Conflict if it was closed before, or changed since it was shown; BadInput as `finish_task` and
    `close_alert` do.
    """
    item = await _checked(rt, seen, "done", by)
    if item.kind == "alert":
        await close_alert(rt, str(item.id), by, closing.done, closing.note)
        return None
    if item.kind == "silent":
        await _save(rt, item, "done", by, note=closing.note)
        return None
    if closing.stop:
        return await confirm_stop(rt, str(item.id), by=by, note=closing.note)
    return await finish_task(rt, str(item.id), by=by, note=closing.note, code=closing.answer, texts=item.texts)


async def _end_snooze(rt: Runtime, item: WorkItem, by: str) -> None:
    """An alert that was put off by whoever had it before is not put off for whoever has it next."""
    if item.held.snoozed_at is not None:
        await _save(rt, item, "wake", by)


async def _checked(rt: Runtime, seen: Seen, act: WorkAct, by: str) -> WorkItem:
    """The item as it is now. Raises NotFound; Conflict if it is not what was shown, or if the act is refused."""
    async with rt.database.transaction() as tx:
        item = await find_item(tx, rt, seen.study, seen.sites, seen.id)
    now, refuse = rt.clock.now(), bulk_refusal if seen.several else refusal
    if why := refuse(act, item, by, now):
        raise Conflict(why)
    if item.version != seen.version:
        raise Outdated(_changed(item, by, now))
    return item


def _changed(item: WorkItem, by: str, now: datetime) -> str:
    """What is different from what somebody saw, as far as it can be told."""
    holder = item.holder(now)
    return f"{holder} has it now" if holder not in (None, by) else "it has changed since this page was shown"


async def _save(
    rt: Runtime, item: WorkItem, act: WorkAct, by: str, *, to: str = "", until: datetime | None = None, note: str = ""
) -> None:
    """Store an act and record it. Raises Conflict if somebody was faster."""
    now = rt.clock.now()
    async with rt.database.transaction() as tx:
        done = now if act == "done" else None
        if not await work.save(tx, item.id, item.about.participant_id, _after(item, act, by, now, to, until), done):
            raise Conflict(await _who_was_faster(tx, item))
        row = WorkLogRow(item.id, item.about.participant_id, now, _DONE[act], by, to or None, until, note or None)
        await work.add_log(tx, row)


def _after(item: WorkItem, act: WorkAct, by: str, now: datetime, to: str, until: datetime | None) -> Held:
    """What an item is after an act; who has an alert stands in the alert alone."""
    held = held_after(act, item.held, by, now, to, until)
    if item.kind == "alert":
        return Held(held.version, None, None, held.snoozed_at, held.snoozed_until)
    return held


async def _who_was_faster(tx: Tx, item: WorkItem) -> str:
    last = (await work.log_of(tx, item.id))[-1]
    return f"{last.who} was faster: {last.what}" if last.what != "claimed" else f"{last.who} has it already"
