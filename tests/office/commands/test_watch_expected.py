"""An event that was expected and is not recorded: one task, which ends when it is recorded or no longer expected."""

from datetime import timedelta

from pro_collector.commands.watch_expected import watch_expected
from tests.shared.office import DEMO, Office
from tests.shared.scenes import DAY

EXPECTING = DEMO.replace("    every: 21d\n", "    every: 21d\n    expect: next\n    until: end_of_treatment\n")


async def open_tasks(office: Office) -> list[str]:
    rows = await office.rows("SELECT detail FROM task WHERE kind = 'unconfirmed' AND done_at IS NULL")
    return [row["detail"]["reason"] for row in rows]


async def test_a_cycle_that_nobody_recorded_is_one_task_until_it_is(office: Office) -> None:
    await office.apply(EXPECTING.replace('version: "1.0"', 'version: "1.1"'))
    await office.enrol()
    began = office.clock.now().date()
    await office.happened("cycle", began)
    await office.run(office.clock.now() + 21 * DAY)
    assert await watch_expected(office.rt) == 0, "it is only due today"
    await office.run(office.clock.now() + DAY)
    assert [await watch_expected(office.rt), await watch_expected(office.rt)] == [1, 1]
    assert await open_tasks(office) == [f"cycle 2, on {began + timedelta(days=21)}"]
    await office.happened("cycle", began + timedelta(days=22))
    assert await watch_expected(office.rt) == 0
    assert await open_tasks(office) == []
    note = await office.one("SELECT note FROM task WHERE kind = 'unconfirmed'")
    assert note == "it is recorded now, or no longer expected"


async def test_nobody_is_reminded_of_a_person_who_left(office: Office) -> None:
    await office.apply(EXPECTING.replace('version: "1.0"', 'version: "1.1"'))
    await office.enrol()
    began = office.clock.now().date()
    await office.happened("cycle", began)
    await office.happened("death", began + timedelta(days=9))
    await office.run(office.clock.now() + 30 * DAY)
    assert await watch_expected(office.rt) == 0
    assert await open_tasks(office) == []
