"""A small hostile run in every test run; the full one is `python -m tests.hostile` (figures in docs/states.md)."""

import pytest

from tests.hostile.run import bad_carrier, hostile_office, play
from tests.hostile.totals import totals


@pytest.mark.timeout(900)
async def test_a_bad_month_loses_nothing_and_asks_nothing_twice(database_url: str) -> None:
    async with hostile_office(database_url, bad_carrier(1)) as office:
        crowd = await play(office, 64, 1, lambda _: None)
        found = await totals(office, crowd)
    assert found.wrong == []
    assert found.counts["answers stored twice"] == 0
    assert found.counts["texts that the carrier took after a stop"] == 0
    assert found.counts["attempts whose outcome was unknown"] > 10, "the carrier was unkind"
    assert found.counts["answers that people gave by text"] > 100
