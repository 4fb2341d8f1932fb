"""Background work: one job a study at a time, begun again after an interruption, stopped when somebody says so."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pro_collector import jobs
from pro_collector.commands.ask_job import ask_job, cancel_job
from pro_collector.errors import Conflict, NotFound
from pro_collector.jobs import JobProgress, work_once
from pro_collector.postgres import notifications
from pro_collector.postgres.tables import jobs as rows
from pro_collector.postgres.tables.jobs import JobRow
from pro_collector.runtime import Runtime
from tests.shared.office import DEMO, STUDY, Office
from tests.shared.scenes import treated

AN_HOUR_LATER = DEMO.replace('version: "1.0"', 'version: "1.1"').replace('at: "10:00"', 'at: "11:00"', 1)
FILE = {"text": AN_HOUR_LATER, "file": "next.yaml"}


class Waits:
    """A kind of job that waits until it may end."""

    def __init__(self) -> None:
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(self, _rt: Runtime, _job: JobRow, progress: JobProgress) -> Mapping[str, Any]:
        progress.tell(3, 10)
        self.begun.set()
        await self.may_end.wait()
        return {"all": "well"}


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    kind = Waits()
    monkeypatch.setattr(jobs, "KINDS", {**jobs.KINDS, "rehearse": kind})
    monkeypatch.setattr(jobs, "BEAT", 0.01)
    return kind


async def ask(office: Office, study: str = STUDY) -> UUID:
    office.clock._now += timedelta(seconds=1)
    return await ask_job(office.rt, study, "rehearse", {"file": "x"}, by="lead")


async def state(office: Office, id: UUID) -> tuple[str, int, int, int]:
    (row,) = await office.rows("SELECT state, starts, done, total FROM job WHERE id = %s", id)
    return row["state"], row["starts"], row["done"], row["total"]


async def test_one_job_a_study_at_a_time_and_progress_is_told(office: Office, waits: Waits) -> None:
    rt = await office.of_process("jobs")
    first, second, elsewhere = await ask(office), await ask(office), await ask(office, "another")
    working = [asyncio.ensure_future(work_once(rt))]
    await waits.begun.wait()
    while (await state(office, first))[2] != 3:
        await asyncio.sleep(0.01)
    assert [(await state(office, each))[0] for each in (first, second, elsewhere)] == ["running", "waiting", "waiting"]
    working.append(asyncio.ensure_future(work_once(rt)))
    while (await state(office, elsewhere))[0] != "running":
        await asyncio.sleep(0.01)
    assert not await work_once(rt), "the second of the study waits for the first"
    waits.may_end.set()
    assert await asyncio.gather(*working) == [True, True]
    assert await work_once(rt)
    assert {await state(office, each) for each in (first, second, elsewhere)} == {("done", 1, 10, 10)}
    assert not await work_once(rt)


async def test_a_job_is_begun_at_once(office: Office, waits: Waits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "POLL", 120.0)
    waits.may_end.set()
    running = asyncio.ensure_future(jobs.run(await office.of_process("jobs")))
    async with asyncio.timeout(60):
        for _ in range(3):  # the first ones may be found because it has just begun to listen
            id = await ask(office)
            while (await state(office, id))[0] != "done":
                await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_job_whose_process_ends_is_begun_again_but_not_for_ever(office: Office, waits: Waits) -> None:
    rt, id = await office.of_process("jobs"), await ask(office)
    working = asyncio.ensure_future(work_once(rt))
    await waits.begun.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert (await state(office, id))[:2] == ("waiting", 1), "whoever stops a worker loses no work"

    async with rt.database.transaction() as tx:  # a process begins it, and the machine loses its power
        assert await rows.claim(tx, jobs.LEASE)
    assert not await work_once(rt), "it may still live"
    await office.rows("UPDATE job SET seen_at = seen_at - interval '2 minutes' RETURNING id")
    waits.may_end.set()
    assert await work_once(rt)
    assert (await state(office, id))[:2] == ("done", 3)

    fatal = await ask(office)
    for _ in range(jobs.STARTS):
        async with rt.database.transaction() as tx:
            assert await rows.claim(tx, timedelta())
    async with rt.database.transaction() as tx:
        assert not await rows.beat(tx, fatal, 1, 5, 10), "a process that was away too long finds another at work"
    await office.rows("UPDATE job SET seen_at = seen_at - interval '2 minutes' RETURNING id")
    assert await work_once(rt)
    assert await office.one("SELECT error FROM job WHERE id = %s", fatal) == "the process that did this ended 3 times"


async def test_a_job_is_stopped(office: Office, waits: Waits) -> None:
    rt, id, later = await office.of_process("jobs"), await ask(office), await ask(office)
    team = await office.of_process("team")
    working = asyncio.ensure_future(work_once(rt))
    await waits.begun.wait()
    await cancel_job(team, STUDY, later, by="lead")
    await cancel_job(team, STUDY, id, by="lead")
    assert await working
    ended = await office.rows("SELECT state, cancelled_by, ended_at IS NOT NULL AS ended FROM job")
    assert ended == [{"state": "cancelled", "cancelled_by": "lead", "ended": True}] * 2
    with pytest.raises(Conflict):
        await cancel_job(team, STUDY, id, by="lead")
    with pytest.raises(NotFound):
        await cancel_job(team, "another", id, by="lead")


async def test_an_error_ends_the_job_and_says_no_word_of_a_patient(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> Mapping[str, Any]:
        raise ValueError("Maria wrote: I feel awful")

    monkeypatch.setattr(jobs, "KINDS", {"rehearse": fails})
    await ask(office)
    assert await work_once(await office.of_process("jobs"))
    (row,) = await office.rows("SELECT state, error FROM job")
    assert row == {"state": "failed", "error": "this failed here (ValueError); the log of the worker says where"}


async def test_a_study_is_rehearsed_previewed_and_put_in_force(office: Office) -> None:
    await treated(office)
    rt, team = await office.of_process("jobs"), await office.of_process("team")
    size = {"participants": 3, "years": 0.5, "price": 0.01, "starts": "2026-03-02"}
    rehearsal = await ask_job(team, STUDY, "rehearse", {**FILE, **size}, by="lead")
    preview = await ask_job(team, STUDY, "preview", FILE, by="lead")
    wrong = await ask_job(team, STUDY, "preview", {**FILE, "text": "id: 7"}, by="lead")
    apply = await ask_job(team, STUDY, "apply", FILE, by="lead")
    for _ in range(4):
        assert await work_once(rt)
    assert (await state(office, rehearsal)) == ("done", 1, 3, 3)
    found = await office.one("SELECT result FROM job WHERE id = %s", rehearsal)
    assert found["data"]["participants"] == 3
    assert len(found["plots"]) == 3
    assert found["person"]["calendar"]["rows"]
    (state_of_wrong,) = await office.rows("SELECT state, error FROM job WHERE id = %s", wrong)
    assert state_of_wrong["state"] == "failed"
    assert "next.yaml:1" in state_of_wrong["error"]

    shown = await office.one("SELECT result FROM job WHERE id = %s", preview)
    person = await office.one("SELECT id FROM participant")
    assert (shown["version"], shown["in_force"], list(shown["preview"]["affected"])) == ("1.1", "1.0", [str(person)])
    assert "RT-1" not in str(shown), "the result outlives an erasure: it has no code"
    assert await office.one("SELECT result FROM job WHERE id = %s", apply) == {
        "before": "1.0", "version": "1.1", "people": 1
    }  # fmt: skip
    assert await office.one("SELECT applied_by FROM study_application ORDER BY id DESC LIMIT 1") == "lead"
    await office.settle()
