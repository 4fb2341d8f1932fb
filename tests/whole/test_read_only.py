"""A database that takes no changes for a while, as after a failover or with a full disk: every part waits it out."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import aiohttp
import psycopg
import pytest
from psycopg import sql

from pro_collector.clock import SystemClock
from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.embedded.port import free_port
from pro_collector.embedded.servers import Servers
from pro_collector.health import KEEP_FOR
from pro_collector.library import load_library
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.postgres.database import READ_ONLY
from pro_collector.processes import PARTS, run_parts
from pro_collector.rehearsal.world import rehearsal
from pro_collector.runtime import Runtime
from pro_collector.settings import Settings
from tests.shared.office import DEMO, STUDY

pytestmark = pytest.mark.kafka

BOUND = 90.0


async def test_every_part_waits_for_a_read_only_database_and_goes_on(servers: Servers, prefix: str) -> None:
    async with rehearsal(servers, SystemClock(), prefix=prefix) as world:
        await apply_study(world.rt, DEMO, "study.yaml", load_library(), "test")
        settings = world.rt.settings.model_copy(update={"health_port": free_port()})
        async with run_parts(replace(world.rt, settings=settings), PARTS) as parts:
            await _joins(world.rt, "RO-1")
            await _ready(settings)
            _take_changes(servers.database_url, False)
            await asyncio.sleep(KEEP_FOR)
            for port, names in ((settings.web_port, ["web"]), (settings.health_port, PARTS)):
                assert await _asked(port, "healthz") == (200, {"status": "ok"})
                why = {part: [READ_ONLY] for part in names}
                assert await _asked(port, "readyz") == (503, {"status": "not ready", "parts": why})
            for _ in range(8):
                await asyncio.sleep(0.5)
                assert not parts.done(), "a part ended"
                with pytest.raises(TRANSIENT):
                    await _enrolled(world.rt, "RO-2")
            assert (await _asked(settings.health_port, "readyz"))[0] == 503
            _take_changes(servers.database_url, True, keep_sessions=True)
            await _joins(world.rt, "RO-2")
            await _ready(settings)
            assert not parts.done()


def _take_changes(url: str, yes: bool, *, keep_sessions: bool = False) -> None:
    with psycopg.connect(f"{url}&options=-c%20default_transaction_read_only%3Doff", autocommit=True) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
        name = sql.Identifier(row[0] if row else "")
        value = sql.SQL("off" if yes else "on")
        connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(name, value))
        if not keep_sessions:  # those that are there keep what they began with
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


async def _enrolled(rt: Runtime, code: str) -> None:
    person = Enrolment(
        code=code, zone="Europe/Paris", language="en", enrolled_on=date.today(), phone=f"+1202555010{code[-1]}",  # noqa: DTZ011  # any day will do
    )  # fmt: skip
    await enrol(rt, STUDY, [person])


async def _joins(rt: Runtime, code: str) -> None:
    """Somebody enrols, and the parts together plan for them."""
    async with asyncio.timeout(BOUND):
        while True:
            try:
                await _enrolled(rt, code)
                break
            except TRANSIENT:
                await asyncio.sleep(0.2)
        while True:
            async with rt.database.transaction() as tx:
                rows = await tx.execute("SELECT planned_until FROM participant WHERE code = %s", (code,))
                row = await rows.fetchone()
            if row and row["planned_until"]:
                return
            await asyncio.sleep(0.1)


async def _asked(port: int, what: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/{what}") as answer:
        return answer.status, await answer.json()


async def _ready(settings: Settings) -> None:
    """Every part can work, and says so."""
    async with asyncio.timeout(BOUND):
        while (told := await _asked(settings.health_port, "readyz"))[0] != 200:
            await asyncio.sleep(0.2)
    assert told[1] == {"status": "ready", "parts": {part: [] for part in PARTS}}
    assert (await _asked(settings.web_port, "readyz"))[0] == 200
