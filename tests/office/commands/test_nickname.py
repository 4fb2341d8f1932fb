"""The name that a family chose stays in the vault: messages have it when they leave, and nothing else has it."""

import pytest

from pro_collector.commands.change_person import change_nickname
from pro_collector.commands.write_to import write_to
from pro_collector.errors import BadInput
from tests.shared.office import FIVE_SECONDS, NURSE, Office
from tests.shared.scenes import in_conversation


async def test_a_nickname_is_sealed_and_its_change_is_recorded_without_it(office: Office) -> None:
    await in_conversation(office)
    await change_nickname(office.rt, "RT-1", " Lea ", by=NURSE.by, reason="the mother asked")
    (row,) = await office.rows("SELECT sealed FROM vault.nickname")
    assert b"Lea" not in bytes(row["sealed"])
    (change,) = await office.rows("SELECT * FROM participant_change WHERE field = 'nickname'")
    assert (change["was"], change["became"]) == (None, None)
    with pytest.raises(BadInput, match="names the participant"):
        await write_to(office.rt, "RT-1", "Is Lea well?", by=NURSE.by)
    await office.run(office.clock.now() + FIVE_SECONDS)
    await change_nickname(office.rt, "RT-1", "", by=NURSE.by)
    assert await office.rows("SELECT * FROM vault.nickname") == []


@pytest.mark.parametrize("name", ["{link}", "x" * 21, "+12025550123", "a@b.org", "http://a"])
async def test_what_is_no_name_is_refused(office: Office, name: str) -> None:
    with pytest.raises(BadInput):
        await change_nickname(office.rt, "RT-1", name, by=NURSE.by)
