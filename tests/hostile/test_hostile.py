"""A small hostile run in every test run; the full one is `python -m tests.hostile` (figures in docs/states.md)."""

from tests.hostile.run import bad_carrier, hostile_office, play
from tests.hostile.totals import totals


async def test_a_bad_month_loses_nothing_and_asks_nothing_twice(database_url: str) -> None:
    async with hostile_office(database_url, bad_carrier(1)) as office:
        crowd = await play(office, 112, 1, lambda _: None)
        found = await totals(office, crowd)
    print("\n".join(found.lines()))
    assert not found.wrong
