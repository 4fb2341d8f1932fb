"""The agenda: what is due leaves once, soonest first, by the index, whoever else is at it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from pro_collector.domain.events import OccasionRef, SurveyDue, SurveyRetryDue, TimelineChanged
from pro_collector.postgres.database import Database
from pro_collector.postgres.tables import agenda
from tests.record.postgres.statements import numbered

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> Database:
    """A database of the test's own."""
    return await Database(database_url).open()


def entries(count: int, at: datetime = NOW) -> list[SurveyDue]:
    """Events a second apart, the last one at `at`."""
    moments = [at - timedelta(seconds=count - 1 - n) for n in range(count)]
    return [SurveyDue.of(OccasionRef(uuid4(), uuid4()), moment) for moment in moments]


def test_the_claim_goes_by_the_index(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO agenda (event_id, due_at, type, participant_id)"
            " SELECT gen_random_uuid(), timestamptz '2026-03-02 12:00Z' + n * interval '1 minute', 'survey.due',"
            " gen_random_uuid() FROM generate_series(1, 20000) n"
        )
        connection.execute("ANALYZE agenda")
        rows = connection.execute(
            "EXPLAIN " + agenda.FIRE.replace("%(now)s", "timestamptz '2026-03-02 13:00Z'").replace("%(limit)s", "1000")
        ).fetchall()
        plan = "\n".join(row[0] for row in rows)
        assert "Index Scan using agenda_due" in plan or "Index Only Scan using agenda_due" in plan, plan
        assert "Seq Scan on agenda" not in plan, plan
        following = connection.execute("EXPLAIN SELECT due_at FROM agenda ORDER BY due_at LIMIT 1").fetchall()
        assert "agenda_due" in following[1][0]
    assert numbered(agenda.FIRE).count("$1") == 3


async def test_what_is_due_leaves_soonest_first_and_the_rest_stays(database: Database) -> None:
    due, later = entries(7), entries(3, NOW + timedelta(hours=1))
    async with database.transaction() as tx:
        await agenda.put(tx, [*later, *reversed(due)])
        assert await agenda.fire(tx, NOW, 5) == 5
        assert await agenda.fire(tx, NOW, 5) == 2
        assert await agenda.fire(tx, NOW, 5) == 0
        rows = await (await tx.execute("SELECT event_id FROM outbox ORDER BY id")).fetchall()
        assert [row["event_id"] for row in rows] == [entry.id for entry in due]
        assert await agenda.next_due(tx) == later[0].occurred_at
    await database.close()


async def test_put_again_it_moves(database: Database) -> None:
    (entry,) = entries(1)
    moved = entry.model_copy(update={"occurred_at": NOW + timedelta(days=1)})
    async with database.transaction() as tx:
        await agenda.put(tx, [entry])
        await agenda.put(tx, [moved])
        assert await agenda.next_due(tx) == moved.occurred_at
        assert await agenda.fire(tx, NOW, 10) == 0
    await database.close()


async def test_several_schedulers_share_the_work_and_fire_each_entry_once(database: Database) -> None:
    due = entries(500)
    async with database.transaction() as tx:
        await agenda.put(tx, due)

    async def scheduler() -> int:
        fired = 0
        while True:
            async with database.transaction() as tx:
                found = await agenda.fire(tx, NOW, 20)
                await asyncio.sleep(0)
            if not found:
                return fired
            fired += found

    counts = await asyncio.gather(*(scheduler() for _ in range(4)))
    assert sum(counts) == 500
    async with database.transaction() as tx:
        rows = await (await tx.execute("SELECT event_id FROM outbox")).fetchall()
    assert {row["event_id"] for row in rows} == {entry.id for entry in due}
    await database.close()


async def test_fired_it_carries_what_it_was_put_with(database: Database) -> None:
    entry = SurveyRetryDue.of(OccasionRef(UUID(int=2), UUID(int=1)), NOW, "test", rung=3)
    async with database.transaction() as tx:
        await agenda.put(tx, [entry])
        await agenda.fire(tx, NOW, 10)
        rows = await (await tx.execute("SELECT payload FROM outbox")).fetchall()
    assert rows[0]["payload"] == {
        "id": str(entry.id), "participant_id": str(UUID(int=1)), "occasion_id": str(UUID(int=2)),
        "occurred_at": "2026-03-02T12:00:00+00:00", "rung": 3,
    }  # fmt: skip
    await database.close()


async def test_taken_off_with_its_occasion_or_its_person(database: Database) -> None:
    one, other = entries(2)
    horizon = TimelineChanged.of(other.participant_id, NOW, "horizon", "test")
    async with database.transaction() as tx:
        await agenda.put(tx, [one, other, horizon])
        await agenda.drop(tx, [one.occasion_id])
        await agenda.drop_for(tx, [other.participant_id], "timeline.changed")
        rows = await (await tx.execute("SELECT event_id FROM agenda")).fetchall()
    assert [row["event_id"] for row in rows] == [other.id]
    await database.close()
