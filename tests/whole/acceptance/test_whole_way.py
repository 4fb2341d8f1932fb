"""Through the real command line, on real parts, in real time: study, due, text, replies, score, view."""

import asyncio
import csv
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from pro_collector.clock import SystemClock
from pro_collector.domain.conversation.phone_turn import MIN_REPLY_TIME
from pro_collector.embedded.servers import Servers
from pro_collector.rehearsal.world import World, rehearsal
from tests.shared.product import TIMEOUT, bring_forward, command, environment, process

pytestmark = pytest.mark.timeout(900)

STUDY = Path(__file__).parent / "study.yaml"
PHONE = "+12025550101"


@pytest.fixture
async def world(servers: Servers, prefix: str) -> AsyncIterator[World]:
    """A quick carrier and a mail catcher for processes of their own, on an empty database."""
    clock = SystemClock()
    async with rehearsal(servers, clock, prefix=prefix, prepared=True, sending=0.1, delivering=0.2) as opened:
        yield opened


async def eventually(look: Callable[[], Any | Awaitable[Any]], what: str) -> Any:
    """The first true answer of `look`."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        found = look()
        found = await found if isinstance(found, Awaitable) else found
        if found:
            return found
        await asyncio.sleep(0.1)
    pytest.fail(f"waited {TIMEOUT} s for {what}")


def record(world: World) -> str:
    """The URL of the database."""
    return world.rt.settings.database_url.get_secret_value()


def rows(world: World, query: str) -> list[DictRow]:
    """What the record says."""
    with psycopg.connect(record(world), row_factory=dict_row) as connection:
        return connection.execute(query.encode()).fetchall()


def texts(world: World) -> list[str]:
    """What came to the phone."""
    return [text.body for text in world.carrier.phones[PHONE] if text.direction == "in"]


async def answer(world: World, reply: str, expected: str) -> None:
    """Reply as fast as a person can, and wait for the text that follows."""
    await asyncio.sleep(MIN_REPLY_TIME.total_seconds() + 0.5)  # faster, and it may have crossed the question on its way
    before = len(texts(world))
    await world.carrier.reply(PHONE, reply)
    await eventually(lambda: len(texts(world)) > before, f"a text after {reply!r}")
    assert expected in texts(world)[-1]


def noon() -> tuple[str, date]:
    """A zone where it is about noon, and the date there: midnight must not fall into the minutes that a test takes."""
    now = datetime.now(UTC)
    return f"Etc/GMT{now.hour - 12:+}", now.date()  # the sign in such a name says how far UTC is ahead


async def enrolled(world: World, folder: Path) -> tuple[dict[str, str], str]:
    """Apply the study and enrol one person whose treatment began three weeks ago and whose second cycle is today.

    The settings, and today's date.
    """
    env = environment(world)
    zone, today = noon()
    people = folder / "people.csv"
    with people.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "zone", "language", "enrolled_on", "birth_date", "phone"])
        writer.writerow(["P-1", zone, "en", today - timedelta(days=21), "1970-05-04", PHONE])
    assert "up to date" in await command(env, "migrate")
    assert "is in force" in await command(env, "study", "apply", str(STUDY))
    assert "enrolled 1" in await command(env, "participant", "import", "--yes", str(people))
    await command(env, "timeline", "add", "P-1", "cycle", str(today - timedelta(days=21)))
    await command(env, "timeline", "add", "P-1", "cycle", str(today))
    return env, str(today)


async def ends_at_once(env: dict[str, str], running: subprocess.Popen[str]) -> None:
    """Nothing was laid aside, and Ctrl-C ends the process within seconds."""
    began = time.monotonic()
    assert await command(env, "dead-letters", "list") == ""
    busy = time.monotonic() - began  # a second where nothing else is done
    stopped = time.monotonic()
    running.send_signal(signal.SIGINT)
    assert await asyncio.to_thread(running.wait, TIMEOUT) == 0
    assert time.monotonic() - stopped < 4 + busy


async def test_from_a_study_file_to_a_score_beside_its_treatment(world: World, tmp_path: Path) -> None:
    env, today = await enrolled(world, tmp_path)
    async with process(env, "run", "all") as running:
        assert "1 added" in await command(env, "timeline", "add", "P-1", "treatment_start", today)
        await bring_forward(record(world), planned=1)
        await eventually(lambda: texts(world), "the invitation")
        assert "Test Clinic: your check-in, 6 short questions" in texts(world)[0]
        await answer(world, "7ish", "2/6")
        await answer(world, "three", "3/6")
        await answer(world, "took 2 pills", "one short answer")
        await answer(world, "not at all", "4/6")
        await answer(world, "a little", "5/6")
        await answer(world, "2", "6/6")
        await answer(world, "0", "Thank you")
        found = await eventually(lambda: rows(world, "SELECT * FROM score_on_treatment"), "scores")
        assert {row["scale"]: row["value"] for row in found}["symptom_burden"] == (70 + 30 + 12.5 + 50 + 0) / 5
        assert {(row["study_day"], row["cycle"], row["cycle_day"]) for row in found} == {(22, 2, 1)}
        why = await command(env, "why", "P-1", "now")
        assert "symptom-diary/pain answered by text message" in why
        assert "completed: every question answered" in why
        assert PHONE not in why
        assert "nothing is missing" in await command(env, "reconcile")
        await ends_at_once(env, running)


@pytest.mark.kafka
async def test_a_killed_worker_loses_nothing_and_asks_nothing_twice(world: World, tmp_path: Path) -> None:
    env, today = await enrolled(world, tmp_path)
    async with process(env, "run", "scheduler", "relay", "sender", "web") as others:
        async with process(env, "run", "worker") as worker:
            await command(env, "timeline", "add", "P-1", "treatment_start", today)
            await bring_forward(record(world), planned=1)
            await eventually(lambda: texts(world), "the invitation")
            await answer(world, "4", "2/6")
            worker.kill()
            worker.wait()
        await asyncio.sleep(MIN_REPLY_TIME.total_seconds() + 0.5)
        await world.carrier.reply(PHONE, "5")  # while nobody is there to read it
        await eventually(lambda: len(rows(world, "SELECT FROM vault.inbound")) == 2, "the text to be stored")
        assert len(texts(world)) == 2
        async with process(env, "run", "worker"):
            await eventually(lambda: len(texts(world)) == 3, "the question after it")
            assert texts(world)[2].startswith("3/6")
        await ends_at_once(env, others)
    given = rows(world, "SELECT item, value FROM answer ORDER BY seq")
    assert [(row["item"], row["value"]) for row in given] == [("pain", 4.0), ("tiredness", 5.0)]
    assert len(set(texts(world))) == len(texts(world)), "nothing was asked twice"
