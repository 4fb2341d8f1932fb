"""An amendment reaches people some at a time: whoever is in use is left for later; an end in the middle is mended."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID

import pytest

from pro_collector.casework import planning
from pro_collector.casework.planning import PlanChange
from pro_collector.commands import apply_study
from pro_collector.commands.apply_study import finish_moving
from pro_collector.handlers import study_amended
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import participants
from pro_collector.runtime import Runtime
from tests.shared.office import DEMO, Office
from tests.shared.scenes import in_conversation

AN_HOUR_LATER = DEMO.replace('version: "1.0"', 'version: "1.1"').replace('at: "10:00"', 'at: "11:00"', 1)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
BY_VERSION = "SELECT study_version, count(*) AS people FROM participant GROUP BY 1 ORDER BY 1"


@asynccontextmanager
async def in_use(office: Office, person: UUID) -> AsyncIterator[tuple[Tx, "asyncio.Task[None]"]]:
    """A reply of this person is being handled while the study is amended, which has come as far as it can."""
    async with office.rt.database.transaction() as tx:
        await participants.lock(tx, [person])
        applying = asyncio.ensure_future(office.apply(AN_HOUR_LATER))
        while not await office.one(WAITING):
            await asyncio.sleep(0.01)
        yield tx, applying


async def test_an_amendment_leaves_whoever_is_in_use_for_later(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_study, "SLICE", 5)
    await office.crowd(12)
    person = await office.one("SELECT id FROM participant WHERE code = 'C-3'")
    async with in_use(office, person) as (_, applying):
        assert await office.rows(BY_VERSION) == [
            {"study_version": "1.0", "people": 1}, {"study_version": "1.1", "people": 11}
        ]  # fmt: skip
        free = await office.rows("SELECT id FROM participant FOR UPDATE SKIP LOCKED")
        assert len(free) == 11, "it holds nobody while it waits: a text of any other is read at once"
        assert not applying.done()
    await applying
    assert await office.rows(BY_VERSION) == [{"study_version": "1.1", "people": 12}]
    await office.settle()
    hours = await office.rows("SELECT DISTINCT extract(hour FROM due_local)::int AS hour, study_version FROM occasion"
                              " WHERE assessment = 'weekly-symptoms' AND state = 'planned'")  # fmt: skip
    assert all(row["study_version"] == "1.1" for row in hours)
    assert await office.one("SELECT count(*) FROM outbox WHERE type = 'study.amended'") == 12


async def test_whoever_was_not_reached_is_planned_by_their_version_until_a_worker_goes_on(office: Office) -> None:
    await office.enrol("RT-1")
    await office.enrol("RT-2", phone="+12025550177")
    person = await office.one("SELECT id FROM participant WHERE code = 'RT-2'")
    async with in_use(office, person) as (_, applying):
        applying.cancel()
        await asyncio.gather(applying, return_exceptions=True)
    await office.happened("treatment_start", date(2026, 3, 3), "RT-1")
    await office.happened("treatment_start", date(2026, 3, 3), "RT-2")
    asked = """
        SELECT DISTINCT p.code, extract(hour FROM o.due_local)::int AS hour, o.study_version AS version
        FROM occasion o JOIN participant p ON p.id = o.participant_id
        WHERE o.assessment = 'weekly-symptoms' AND o.state = 'planned' ORDER BY 1, 2"""
    assert await office.rows(asked) == [
        {"code": "RT-1", "hour": 11, "version": "1.1"}, {"code": "RT-2", "hour": 10, "version": "1.0"}
    ]  # fmt: skip
    async with office.rt.database.transaction() as tx:
        (plan,) = await planning.compare_plans(tx, office.rt, [person])
    assert plan.diff.empty, "the nightly check finds nothing wrong with them"

    jobs = await office.of_process("jobs")
    assert (await finish_moving(jobs), await finish_moving(jobs)) == (1, 0)
    await office.settle()
    assert {(row["hour"], row["version"]) for row in await office.rows(asked)} == {(11, "1.1")}


async def test_a_reply_is_handled_while_others_are_being_planned(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_conversation(office)
    await office.crowd(20)
    await office.apply(AN_HOUR_LATER)
    (amended,) = (await office.published("study.amended")).values()
    asked = await office.one("SELECT id FROM participant WHERE code = 'RT-1'")
    others = [event for event in amended if event.participant_id != asked]
    planned, replied = asyncio.Event(), asyncio.Event()

    async def held(tx: Tx, rt: Runtime, plans: Sequence[PlanChange], cause: str) -> None:
        planned.set()
        await replied.wait()
        await planning.apply(tx, rt, plans, cause)

    monkeypatch.setattr(study_amended, "apply", held)
    batch = asyncio.ensure_future(office.handle("study.amended", others))
    await planned.wait()
    await office.read("7")
    assert await office.one("SELECT count(*) FROM answer") == 1, "another one is locked, and RT-1 is not"
    assert not batch.done()
    replied.set()
    await batch
    await office.handle("study.amended", [event for event in amended if event.participant_id == asked])
    await office.settle()
