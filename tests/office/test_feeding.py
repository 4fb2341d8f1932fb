"""A feed that is read by itself: its schedule, looks and readings that somebody asks for; nobody is ended by a slip."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from pro_collector.commands.apply_feed import FeedRequest, apply_feed, ask_feed, silent_feeds, stop_feed
from pro_collector.errors import BadInput, Conflict, NotFound
from pro_collector.feeding import read_next
from pro_collector.postgres.tables import applied_feeds, feeds
from pro_collector.postgres.tables.applied_feeds import AppliedFeed
from pro_collector.postgres.tables.feeds import FeedRun
from tests.shared.office import STUDY, Office
from tests.shared.redcap import TOKEN, StandInRedcap, serving

MAPPING = f"""
feed: lisbon
study: {STUDY}
schedule: {{every_minutes: 30, requests_per_minute: 600}}
redcap: {{url: "URL", token: LISBON, time_zone: Europe/Lisbon, code: code}}
events:
  surgery: {{date: surgery_date}}
  cycle: {{date: given_on, number: instance, near_days: 0}}
"""
DYING = MAPPING.replace("surgery: ", "death: ")


@pytest.fixture
async def redcap(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> (
    AsyncIterator[tuple[StandInRedcap, str]]
):  # fmt: skip
    """A project with one participant, and its URL; its token is in a file."""
    token = tmp_path_factory.mktemp("secrets") / "lisbon"
    token.write_text(f"{TOKEN}\n")
    monkeypatch.setenv("LISBON_FILE", str(token))
    await office.enrol("RT-1")
    project = StandInRedcap(lambda: office.rt.clock.now().replace(microsecond=0))
    project.put("7", code="RT-1", surgery_date="2026-02-02")
    async with serving(project) as url:
        yield project, url


async def read(office: Office, minutes: int = 31) -> bool:
    """Let time pass; whether a worker then reads a feed."""
    await office.run(office.rt.clock.now() + timedelta(minutes=minutes))
    did = await read_next(await office.of_process("worker"))
    await office.settle()
    return did


async def newest(office: Office) -> FeedRun:
    async with office.rt.database.transaction() as tx:
        return (await feeds.newest_runs(tx, STUDY, "lisbon", 1))[0]


async def shown(office: Office, look: FeedRun) -> list[Mapping[str, Any]]:
    """What a look has shown, those who would be ended first."""
    async with office.rt.database.transaction() as tx:
        found = [each.changes for each in await feeds.shown_in(tx, look.id)]
    return sorted(found, key=lambda each: each["ends"] is None)


async def feed(office: Office) -> AppliedFeed:
    async with office.rt.database.transaction() as tx:
        return (await applied_feeds.of_study(tx, STUDY, "lisbon"))[0]


async def ask(office: Office, what: str, confirmed: UUID | None = None, *, whole: bool = False) -> None:
    team = await office.of_process("team")
    request = FeedRequest("look" if what == "look" else "read", whole, confirmed)
    await ask_feed(team, STUDY, "lisbon", request, by="garcia")


async def stands(office: Office) -> set[tuple[str, str]]:
    rows = await office.rows(
        "SELECT kind, happened_on::text AS day FROM treatment_event WHERE superseded_at IS NULL AND NOT retracted"
    )
    return {(row["kind"], row["day"]) for row in rows}


async def test_a_feed_is_read_when_it_is_due_and_looked_at_when_somebody_asks(
    office: Office, redcap: tuple[StandInRedcap, str]
) -> None:
    project, url = redcap
    team, nightly = await office.of_process("team"), await office.of_process("nightly")
    text = MAPPING.replace("URL", url)
    with pytest.raises(BadInput, match="say how often the feed is read"):
        await apply_feed(team, text.replace("schedule", "# schedule"), "lisbon.yaml", "admin")
    with pytest.raises(NotFound, match="no feed 'lisbon' is applied"):
        await ask(office, "look")
    await apply_feed(team, text, "lisbon.yaml", "admin")
    assert await read(office, 0)
    first = await newest(office)
    assert (first.run_by, first.counts, first.whole, first.failure) == ("the schedule", {"add": 1}, True, "")
    assert not await read(office, 10), "it is not due"

    project.put("7", "1", given_on="2026-02-20")
    await ask(office, "look")
    with pytest.raises(Conflict, match="garcia has asked"):
        await ask(office, "read")
    assert await read(office, 1)
    look = await newest(office)
    assert (look.kind, look.run_by, look.counts) == ("look", "garcia", {"add": 1, "unchanged": 1})
    (changed,) = await shown(office, look)
    assert changed["events"] == [{"what": "add", "kind": "cycle", "on": "2026-02-20", "was": None}]
    assert await stands(office) == {("surgery", "2026-02-02")}, "a look takes nothing"
    assert (await feed(office)).due_at == first.ended_at + timedelta(minutes=30), "a look leaves the schedule"
    assert await read(office)
    assert (await newest(office)).whole is False
    assert await stands(office) == {("surgery", "2026-02-02"), ("cycle", "2026-02-20")}

    project.answers = [lambda: web.Response(status=503)]
    assert await read(office)
    assert (await newest(office)).failure == "REDCap answered with HTTP 503"
    assert await silent_feeds(nightly) == []
    project.withheld = {"surgery_date"}
    await office.run(office.rt.clock.now() + timedelta(hours=25))
    assert await read(office)
    assert [(each.feed, each.conflicts) for each in await silent_feeds(nightly)] == [("lisbon", 0)]
    await stop_feed(team, None, "lisbon")
    assert (await silent_feeds(nightly), await read(office, 60)) == ([], False)
    assert TOKEN not in str(await office.rows("SELECT * FROM feed_run")) + str(await office.rows("SELECT * FROM feed"))


async def test_who_would_be_ended_and_what_is_gone_in_numbers_wait_for_a_person(
    office: Office, redcap: tuple[StandInRedcap, str]
) -> None:
    project, url = redcap
    await office.enrol("RT-2", phone="+12025550133")
    for n in range(6):
        project.put("8", str(n + 1), code="RT-2", given_on=f"2026-02-{10 + n}")
    await apply_feed(await office.of_process("team"), DYING.replace("URL", url), "lisbon.yaml", "admin")
    assert await read(office, 0)
    assert {kind for kind, _ in await stands(office)} == {"cycle"}
    assert await office.one("SELECT count(*) FROM participant_state WHERE kind = 'paused'") == 1
    assert await office.one("SELECT count(*) FROM task WHERE kind = 'treatment'") == 1
    await ask(office, "read")
    assert await read(office, 1)
    assert {kind for kind, _ in await stands(office)} == {"cycle"}, "asking for a reading confirms nothing"

    project.rows = [row for row in project.rows if row["study_id"] == "7"]
    await ask(office, "look", whole=True)
    assert await read(office, 1)
    look = await newest(office)
    assert (look.gone, [each["ends"] for each in await shown(office, look)]) == (6, ["death", None])
    await ask(office, "read", whole=True)
    assert await read(office, 1)
    refused = await newest(office)
    assert refused.failure == "6 of 6 records are gone: confirm that they are retracted"
    assert len(await stands(office)) == 6
    with pytest.raises(Conflict, match="not what was shown last"):
        await ask(office, "read", look.id)
    await ask(office, "look", whole=True)
    assert await read(office, 1)
    await ask(office, "read", (await newest(office)).id, whole=True)
    assert await read(office, 1)
    assert (await newest(office)).counts == {"add": 1, "retract": 6}
    assert await stands(office) == {("death", "2026-02-02")}


async def test_a_process_that_ends_leaves_its_feed_to_another(
    office: Office, redcap: tuple[StandInRedcap, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url = redcap
    await apply_feed(office.rt, MAPPING.replace("URL", url), "lisbon.yaml", "admin")
    async with office.rt.database.transaction() as tx:
        assert await applied_feeds.claim(tx, office.rt.clock.now(), timedelta(minutes=2))
        assert await applied_feeds.claim(tx, office.rt.clock.now(), timedelta(minutes=2)) is None, (
            "one process reads it"
        )
    assert not await read(office, 1)
    await office.rows("UPDATE feed SET seen_at = clock_timestamp() - interval '3 minutes' RETURNING 1")

    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as broken:
        broken.setattr("pro_collector.commands.read_feed.preview_feed", fails)
        with pytest.raises(RuntimeError):
            await read(office, 1)
    assert await read(office, 1)
    assert (await newest(office)).counts == {"add": 1}
