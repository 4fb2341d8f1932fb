"""The chain over what only grows, on a real record: every kind of tampering is found and named; erasure is none."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from pro_collector.clock import SystemClock
from pro_collector.commands import key_file
from pro_collector.commands.audit import close_chain, verify_chain
from pro_collector.commands.back_up import back_up
from pro_collector.commands.erase import erase
from pro_collector.commands.forget_old import forget_old
from pro_collector.commands.key_file import back_up_keys
from pro_collector.commands.restore import restore
from pro_collector.domain.audit_chain import AuditFault
from pro_collector.postgres.database import Database
from pro_collector.runtime import acting_as
from tests.shared.databases import CLONE, own_database
from tests.shared.office import Office
from tests.shared.scenes import in_conversation

STRANGER = "+12025550199"
NEW_KEY = SecretStr("44" * 32)


class LaterClock(SystemClock):
    """A clock that shows one instant, a year after another."""

    def __init__(self, at: datetime) -> None:
        self._at = at + timedelta(days=365)

    def now(self) -> datetime:
        return self._at


@pytest.fixture
def elsewhere(postgres: str) -> Iterator[str]:
    """Another database, migrated and empty."""
    with own_database(postgres, CLONE) as url:
        yield url


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = await Database(url).open()
    try:
        yield database
    finally:
        await database.close()


async def findings(office: Office) -> Counter[tuple[str, str]]:
    async with acting_as(office.rt, "auditor") as limited:
        return Counter((each.source, each.fault) for each in (await verify_chain(limited)).findings)


async def test_tampering_is_found_and_named(office: Office) -> None:
    async with acting_as(office.rt, "nightly") as nightly:
        assert (await close_chain(nightly)).entries == 0
        await in_conversation(office)
        await office.reply("7", "3", "0", "1", "2", "0")
        closed = await close_chain(nightly)
        empty = await close_chain(nightly)
        assert (closed.n, empty.n, empty.entries, empty.link) == (2, 3, closed.entries, closed.link)
    assert closed.entries > 20
    assert not await findings(office)

    (answer,) = await office.by_force("UPDATE answer SET value = 1, code = '1' WHERE item = 'pain' RETURNING seq")
    assert await findings(office) == {("answer", "row changed"): 1}
    async with acting_as(office.rt, "team") as team:
        (named,) = [each for each in (await verify_chain(team)).findings if each.source == "answer"]
    assert f", {answer['seq']}, " in named.key

    await office.by_force("DELETE FROM score WHERE scale = 'pain' RETURNING 1")
    await office.by_force("UPDATE treatment_event SET happened_on = happened_on + 1 RETURNING 1")
    await office.by_force("DELETE FROM audit_entry WHERE position = 5 RETURNING 1")
    await office.by_force("UPDATE audit_checkpoint SET signature = 'x' WHERE n = 2 RETURNING 1")
    found = await findings(office)
    assert found[("score", "row removed")] == 1
    assert found[("treatment_event", "row changed")] == 1
    assert found[("audit_entry", "entry missing")] == 1
    assert found[("audit_checkpoint", "checkpoint changed")] == 1  # the third, whose signature includes it


async def test_an_erasure_breaks_nothing_and_leaves_no_key(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3")
    entries = (await close_chain(office.rt)).entries
    await erase(office.rt, "RT-1", keep_answers=False, by="tester")
    assert not await findings(office)
    erased = await office.one("SELECT count(*) FROM audit_entry WHERE key IS NULL AND salt IS NULL")
    assert 0 < erased <= entries
    assert await office.rows("SELECT 1 FROM audit_entry WHERE key IS NOT NULL") == []
    assert (await close_chain(office.rt)).entries == entries + 1  # the erasure itself


async def test_a_change_cannot_be_hidden_as_an_erasure(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3")
    await erase(office.rt, "RT-1", keep_answers=True, by="tester")
    await close_chain(office.rt)
    assert not await findings(office)
    async with office.rt.database.transaction() as tx:  # what the owner can do
        await tx.execute("SET LOCAL pro_collector.erasing = 'yes'")
        await tx.execute("UPDATE answer SET value = 1, code = '1' WHERE item = 'pain'")
    assert await findings(office) == {("audit_entry", "emptied without an erasure"): 1}
    await office.by_force(
        "UPDATE audit_entry SET erased_at = (SELECT recorded_at FROM erasure) WHERE salt IS NULL RETURNING 1"
    )
    assert await findings(office) == {("audit_entry", "emptied without an erasure"): 1}
    await office.by_force("UPDATE erasure SET entries = entries + 1 RETURNING 1")
    assert await findings(office) == {("erasure", "row changed"): 1}


async def test_retention_and_new_keys_break_nothing(office: Office) -> None:
    await in_conversation(office)
    await office.reply("7", "3")
    await office.reply("Wrong number", number=STRANGER)
    await close_chain(office.rt)
    assert "texts of strangers" in await forget_old(replace(office.rt, clock=LaterClock(office.clock.now())))
    assert not await findings(office)
    signed_with_another = replace(office.rt, settings=office.rt.settings.model_copy(update={"audit_key": NEW_KEY}))
    assert not (await verify_chain(signed_with_another)).findings
    await close_chain(signed_with_another)
    old_is_gone = signed_with_another.settings.model_copy(update={"link_key": SecretStr("")})
    assert not (await verify_chain(replace(signed_with_another, settings=old_is_gone))).findings


async def test_the_end_is_kept_outside_and_a_restore_is_no_fault(
    office: Office, elsewhere: str, tmp_path: Path
) -> None:
    heads = tmp_path / "heads.jsonl"
    rt = replace(office.rt, settings=office.rt.settings.model_copy(update={"audit_head_file": str(heads)}))
    await in_conversation(office)
    await office.reply("7")
    await close_chain(rt)
    await back_up(rt.database, rt.vault, tmp_path / "backup", office.clock.now())
    await office.run(office.clock.now() + timedelta(hours=1))
    await erase(rt, "RT-1", keep_answers=False, by="tester")
    await close_chain(rt)
    await back_up_keys(rt.database, rt.vault, key_file.beside(tmp_path / "backup"), office.clock.now())
    assert (await verify_chain(rt)).kept_outside == 2
    assert not (await verify_chain(rt)).findings
    restored = await restore(elsewhere, rt.vault, tmp_path / "backup", "tester", office.clock.now())
    assert restored.erased == 1
    async with opened(elsewhere) as database:
        again = replace(rt, database=database)
        assert not (await verify_chain(again)).findings
        await close_chain(again)
        assert not (await verify_chain(again)).findings
    await office.by_force("DELETE FROM audit_checkpoint WHERE n = 2 RETURNING 1")
    cut_off = [AuditFault("audit_checkpoint", n, "not as it was kept outside") for n in ("2", "2")]
    assert [each for each in (await verify_chain(rt)).findings if each.source == "audit_checkpoint"] == cut_off
