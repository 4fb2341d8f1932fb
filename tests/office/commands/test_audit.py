"""The chain over what only grows, on a real record: every kind of tampering is found and named; erasure is none."""

from collections import Counter

from pro_collector.commands.audit import close_chain, verify_chain
from pro_collector.commands.erase import erase
from pro_collector.runtime import acting_as
from tests.shared.office import Office
from tests.shared.scenes import in_conversation


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
    assert found[("audit_checkpoint", "checkpoint changed")] == 2  # the signature of the third includes it


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
