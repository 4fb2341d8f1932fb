"""The made-up year is what the product would have stored: the laws of the record hold, and it is the same each time."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from pro_collector.casework.alerting import subject_of
from pro_collector.domain.alert.raising import replay
from pro_collector.postgres.questions import person_history
from pro_collector.postgres.tables import participants
from pro_collector.runtime import Runtime, open_runtime
from tests.shared.clock import FixedClock
from tests.shared.databases import CLONE, own_database
from tests.shared.office import LAWS
from tests.shared.team_year import SeededYear, seed_year, settings_for

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ORDERS = {
    "occasion": "SELECT id, state, reason, ended_at FROM occasion ORDER BY id",
    "answer": "SELECT occasion_id, item, code, absent, answered_at FROM answer ORDER BY seq",
    "score": "SELECT response_id, scale, value FROM score ORDER BY response_id, scale",
    "task": "SELECT id, kind, done_at, note FROM task ORDER BY id",
    "alert": "SELECT id, state, repeats, closed_at FROM alert ORDER BY id",
}


@asynccontextmanager
async def runtime(url: str) -> AsyncIterator[Runtime]:
    """A runtime with keys of its own, whose clock stands still."""
    async with open_runtime(settings_for(url), FixedClock(NOW)) as opened:
        yield opened


@pytest.fixture
async def rt(database_url: str) -> AsyncIterator[Runtime]:
    """A runtime on a database of the test's own."""
    async with runtime(database_url) as opened:
        yield opened


async def rows(rt: Runtime, query: str) -> Sequence[Mapping[str, Any]]:
    async with rt.database.transaction() as tx:
        return await (await tx.execute(query.encode())).fetchall()


async def test_a_seeded_year_keeps_the_laws_and_raised_what_its_rules_raise(rt: Runtime) -> None:
    year = await seed_year(rt, people=25, days=150)
    assert len(year.people) == 25
    for table in ("answer", "score", "task", "message", "vault.inbound", "alert", "participant_state"):
        assert year.rows[table] > 0, table
    for law, breaches in LAWS.items():
        assert not await rows(rt, breaches), law
    assert {row["state"] for row in await rows(rt, "SELECT DISTINCT state FROM occasion")} >= {
        "planned", "completed", "partial", "missed", "cancelled",
    }  # fmt: skip
    late = "SELECT 1 FROM occasion_log WHERE at > %s UNION ALL SELECT 1 FROM answer WHERE answered_at > %s"
    assert not await rows(rt, late.replace("%s", f"'{NOW.isoformat()}'"))
    assert await _raised(rt) == await _would_raise(rt, year)


async def test_the_same_seed_gives_the_same_rows(postgres: str) -> None:
    found = []
    for seed in (7, 7, 8):
        with own_database(postgres, CLONE) as url:
            async with runtime(url) as opened:
                await seed_year(opened, people=4, days=60, seed=seed)
                found.append({name: await rows(opened, query) for name, query in ORDERS.items()})
    assert found[0] == found[1]
    assert found[0] != found[2]


async def _raised(rt: Runtime) -> set[tuple[str, str, str]]:
    found = await rows(rt, "SELECT participant_id, rule, occasion_id FROM alert_occasion")
    return {(str(row["participant_id"]), row["rule"], str(row["occasion_id"])) for row in found}


async def _would_raise(rt: Runtime, year: SeededYear) -> set[tuple[str, str, str]]:
    """What the rules of the study raise for the answers that are stored."""
    ids = list(year.people.values())
    async with rt.database.transaction() as tx:
        histories = await person_history.load(tx, ids)
        people = await participants.load_many(tx, ids)
        study = (await rt.studies.get(tx, year.study, "1.0")).study
    assert study.alerts is not None
    return {
        (str(id), found.rule, found.occasion)
        for id in ids
        for found in replay(study.alerts.rules, subject_of(people[id], histories[id]))
    }
