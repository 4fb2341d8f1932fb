"""What is laid aside: once, counted until somebody sends it again or dismisses it, and not after."""

from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest

from pro_collector.commands.reconcile import reconcile
from pro_collector.domain.events import TimelineChanged
from pro_collector.postgres.questions import gauges
from pro_collector.postgres.tables import dead_letters, outbox
from pro_collector.postgres.tables.dead_letters import UnreadableRecord
from tests.shared.clock import START
from tests.shared.office import Office

GARBAGE = UnreadableRecord(
    topic="survey.due", partition=2, offset=7, key=None, headers=[("x", "//4=")], value=b"{", fingerprint=b"1",
    reason="no JSON", event_id=None, participant_id=None,
)  # fmt: skip


async def add(office: Office, record: UnreadableRecord) -> bool:
    async with office.rt.database.transaction() as tx:
        return await dead_letters.add_unreadable(tx, record)


async def numbers(office: Office) -> list[int]:
    """Those that wait."""
    async with office.rt.database.transaction() as tx:
        return [row.id for row in await dead_letters.waiting(tx)]


async def dismiss(office: Office, *which: int) -> list[int]:
    async with office.rt.database.transaction() as tx:
        return await dead_letters.dismiss(tx, which, by="nurse", reason="a test of the network")


async def redrive(office: Office, *which: int) -> int:
    async with office.rt.database.transaction() as tx:
        return await dead_letters.redrive(tx, which)


async def counted(office: Office) -> tuple[float, float, int]:
    """Dead letters in the metrics, events the worker has not done, holes."""
    async with office.rt.database.transaction() as tx:
        aside = {each.kind: each.n for each in await gauges.exceptions(tx, START)}
        backlog = {each.kind: each.n for each in await gauges.backlog(tx, START)}
    return aside["dead_letter"], backlog["worker"], len((await reconcile(office.rt)).holes)


async def event(office: Office) -> UUID:
    """An event of ours, published and not handled."""
    made = TimelineChanged(id=uuid4(), participant_id=uuid4(), occurred_at=START, cause="x")
    async with office.rt.database.transaction() as tx:
        await outbox.add(tx, [made])
        await tx.execute("UPDATE outbox SET published_at = now() WHERE event_id = %s", (made.id,))
    return made.id


async def test_the_same_content_is_laid_aside_once_wherever_it_lies(office: Office) -> None:
    assert await add(office, GARBAGE)
    assert not await add(office, GARBAGE)
    assert not await add(office, replace(GARBAGE, partition=3, offset=9))
    assert await add(office, replace(GARBAGE, fingerprint=b"2"))
    assert await add(office, replace(GARBAGE, topic="survey.expired"))
    assert len(await numbers(office)) == 3
    assert await dismiss(office, *await numbers(office))


async def test_what_is_no_event_cannot_be_sent_again_and_can_be_dismissed(office: Office) -> None:
    await add(office, GARBAGE)
    (number,) = await numbers(office)
    assert await counted(office) == (1, 0, 1)
    assert await redrive(office, number) == 0
    async with office.rt.database.transaction() as tx:
        assert await dead_letters.no_events(tx, [number, number + 1]) == [number]
    assert await dismiss(office, number, number + 1) == [number]
    assert await counted(office) == (0, 0, 0)
    assert not await add(office, GARBAGE), "it stays dismissed when it comes again"
    assert await numbers(office) == []
    async with office.rt.database.transaction() as tx:
        kept = await dead_letters.find(tx, number)
    assert kept
    assert (kept.dismissed_by, kept.dismissed_because) == ("nurse", "a test of the network")
    assert kept.dismissed_at


async def test_who_and_why_are_kept_or_nothing_is(office: Office) -> None:
    await add(office, GARBAGE)
    with pytest.raises(psycopg.errors.CheckViolation):
        await office.one("UPDATE dead_letter SET dismissed_at = now() RETURNING id")
    await dismiss(office, *await numbers(office))


async def test_the_id_of_an_event_of_ours_makes_it_that_event(office: Office) -> None:
    ours = await event(office)
    assert await add(office, replace(GARBAGE, event_id=ours))
    assert not await add(office, replace(GARBAGE, event_id=ours, fingerprint=b"2"))
    assert await counted(office) == (1, 0, 1)
    (number,) = await numbers(office)
    assert await redrive(office, number) == 1
    assert await office.one("SELECT published_at FROM outbox WHERE event_id = %s", ours) is None
    await office.one("UPDATE outbox SET handled_at = now(), published_at = now() WHERE event_id = %s RETURNING 1", ours)
    assert await add(office, replace(GARBAGE, event_id=ours)), "a copy of what is handled is no event any more"
    (copy,) = await numbers(office)
    assert await office.one("SELECT event_id FROM dead_letter WHERE id = %s", copy) is None
    await dismiss(office, copy)


async def test_a_dismissed_event_is_not_published_again_until_somebody_sends_it(office: Office) -> None:
    ours = await event(office)
    async with office.rt.database.transaction() as tx:
        await dead_letters.add(tx, topic="timeline.changed", value=b"{}", reason="a fault", event_id=ours)
        (number,) = [row.id for row in await dead_letters.waiting(tx)]
    await dismiss(office, number)
    await office.one("UPDATE outbox SET published_at = '2020-01-01', recorded_at = '2020-01-01' WHERE event_id = %s"
                     " RETURNING 1", ours)  # fmt: skip
    assert await counted(office) == (0, 0, 0)
    async with office.rt.database.transaction() as tx:
        assert await outbox.republish(tx, START - START) == 0
    assert await redrive(office, number) == 1
    assert await office.one("SELECT published_at FROM outbox WHERE event_id = %s", ours) is None
    await office.one("UPDATE outbox SET handled_at = now(), published_at = now() WHERE event_id = %s RETURNING 1", ours)
