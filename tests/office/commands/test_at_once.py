"""Two people of the team at work at once: the second sees what the first did, and nobody's work is undone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest

from pro_collector.commands.apply_study import preview, read
from pro_collector.commands.change_person import change
from pro_collector.commands.enrol import enrol
from pro_collector.commands.reconcile import reconcile
from pro_collector.commands.record_treatment import record_event
from pro_collector.errors import BadInput, Conflict
from pro_collector.postgres.tables import participants, timelines
from tests.shared.office import DEMO, STUDY, Office, library

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
SECOND = DEMO.replace('version: "1.0"', 'version: "1.1"')


@asynccontextmanager
async def held_up(office: Office) -> AsyncIterator[None]:
    """Somebody else holds everybody who is enrolled, and lets go at the end."""
    async with office.rt.database.transaction() as tx:
        await participants.lock(tx, [row["id"] for row in await office.rows("SELECT id FROM participant")])
        yield


async def in_turn(office: Office, *work: Coroutine[Any, Any, Any]) -> list[Any]:
    """Begin one after the other while somebody holds everybody up; what became of each."""
    async with held_up(office):
        tasks = []
        for each in work:
            tasks.append(asyncio.ensure_future(each))
            while await office.one(WAITING) < sum(not task.done() for task in tasks):
                await asyncio.sleep(0.01)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_two_things_put_right_at_once_both_stay(office: Office) -> None:
    await office.enrol()
    await in_turn(
        office,
        change(office.rt, "RT-1", "language", "es", by="one"),
        change(office.rt, "RT-1", "birth_date", "1981-02-03", by="other"),
    )
    (row,) = await office.rows("SELECT language, birth_date FROM participant")
    assert (row["language"], row["birth_date"]) == ("es", date(1981, 2, 3))


async def test_what_happens_once_is_recorded_once(office: Office) -> None:
    await office.enrol()
    done = await in_turn(
        office,
        record_event(office.rt, "RT-1", "treatment_start", date(2026, 3, 3), by="one"),
        record_event(office.rt, "RT-1", "treatment_start", date(2026, 3, 4), by="other"),
    )
    assert [type(each) for each in done[1:]] == [Conflict]
    assert await office.one("SELECT count(*) FROM treatment_event") == 1


async def test_whoever_is_enrolled_while_a_study_is_amended_is_under_the_new_version(office: Office) -> None:
    await office.enrol()
    await in_turn(office, office.apply(SECOND), enrol(office.rt, STUDY, [office.person("RT-2")]))
    await office.settle()
    versions = await office.rows("SELECT code, study_version FROM participant ORDER BY code")
    assert [row["study_version"] for row in versions] == ["1.1", "1.1"], versions


async def test_one_code_is_enrolled_once(office: Office) -> None:
    await office.enrol("RT-0")
    twice = [enrol(office.rt, STUDY, [office.person("RT-1")]) for _ in range(2)]
    done = await asyncio.gather(*twice, return_exceptions=True)
    refused = [each for each in done if isinstance(each, BaseException)]
    assert [(type(each), "RT-1 is enrolled already" in str(each)) for each in refused] == [(BadInput, True)]
    await office.settle()


@pytest.mark.parametrize("look", [preview, reconcile], ids=["amendment", "reconcile"])
async def test_whoever_only_looks_holds_nobody_up(
    office: Office, monkeypatch: pytest.MonkeyPatch, look: Callable[..., Coroutine[Any, Any, Any]]
) -> None:
    """While everybody's plan is drawn up to be looked at, replies and STOP of each can be taken."""
    await office.crowd(3)
    at_work, go_on, load = asyncio.Event(), asyncio.Event(), timelines.history

    async def slow(*given: Any) -> Any:
        at_work.set()
        await go_on.wait()
        return await load(*given)

    monkeypatch.setattr(timelines, "history", slow)
    shelf = library()
    amended = (read(SECOND, "study.yaml", shelf), shelf) if look is preview else ()
    task = asyncio.ensure_future(look(office.rt, *amended))
    await asyncio.wait_for(at_work.wait(), 60)
    held = await office.rows("SELECT id FROM participant FOR UPDATE NOWAIT")
    await office.rows("UPDATE participant SET language = 'es' WHERE id = %s RETURNING 1", held[0]["id"])
    go_on.set()
    await task
    assert len(held) == 3
