"""A database that takes no changes for a while, as after a failover or with a full disk: every part waits it out."""

import asyncio
from datetime import date

import aiohttp
import psycopg
import pytest
from psycopg import sql

from pro_collector.clock import SystemClock
from pro_collector.commands.apply_study import apply_study
from pro_collector.commands.enrol import Enrolment, enrol
from pro_collector.embedded.servers import Servers
from pro_collector.library import load_library
from pro_collector.postgres.connection import TRANSIENT
from pro_collector.processes import PARTS, run_parts
from pro_collector.rehearsal.world import World, rehearsal
from pro_collector.runtime import Runtime
from tests.shared.office import DEMO, STUDY

pytestmark = pytest.mark.kafka

BOUND = 90.0


async def test_every_part_waits_for_a_read_only_database_and_goes_on(servers: Servers, prefix: str) -> None:
    async with rehearsal(servers, SystemClock(), prefix=prefix) as world:
        await apply_study(world.rt, DEMO, "study.yaml", load_library(), "test")
        async with run_parts(world.rt, PARTS) as parts:
            await _joins(world.rt, "RO-1")
            _take_changes(servers.database_url, False)
            assert await _healthz(world) == 503
            for _ in range(8):
                await asyncio.sleep(0.5)
                assert not parts.done(), "a part ended"
                with pytest.raises(TRANSIENT):
                    await _enrolled(world.rt, "RO-2")
            assert await _healthz(world) == 503
            _take_changes(servers.database_url, True, keep_sessions=True)
            await _joins(world.rt, "RO-2")
            assert await _healthz(world) == 200
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


async def _healthz(world: World) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"{world.rt.settings.public_url}/healthz") as answer:
        return answer.status
