"""What several requests ask for at once is done in one go; a mistake of one is nobody else's."""

import asyncio
from collections.abc import Sequence

import psycopg
import pytest

from pro_collector.web.gathering import Gathering


class Doubling:
    """Doubles numbers, and remembers its batches; refuses `poison`, and everything while it is `lost`."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.poison: set[int] = set()
        self.lost = False

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        await asyncio.sleep(0)
        if self.lost:
            raise psycopg.OperationalError("the connection is lost")
        if self.poison & set(numbers):
            raise ValueError("poison")
        return [2 * number for number in numbers]


async def test_one_request_alone_is_answered_alone() -> None:
    doubling = Doubling()
    gathering = Gathering(doubling)
    assert [await gathering.add(1), await gathering.add(2)] == [2, 4]
    assert doubling.batches == [[1], [2]]


async def test_what_comes_meanwhile_is_done_together_in_its_order_and_in_bounded_batches() -> None:
    doubling = Doubling()
    gathering = Gathering(doubling, most=4)
    answers = await asyncio.gather(*(gathering.add(n) for n in range(10)))
    assert answers == [2 * n for n in range(10)]
    assert doubling.batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


async def test_who_spoils_a_batch_alone_gets_the_error() -> None:
    doubling = Doubling()
    doubling.poison = {1}
    gathering = Gathering(doubling)
    answers = await asyncio.gather(*(gathering.add(n) for n in range(3)), return_exceptions=True)
    assert answers[0::2] == [0, 4]
    assert isinstance(answers[1], ValueError)


async def test_without_the_database_all_of_a_batch_fail_after_one_try_and_later_ones_are_tried_again() -> None:
    doubling = Doubling()
    doubling.lost = True
    gathering = Gathering(doubling)
    answers = await asyncio.gather(*(gathering.add(n) for n in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [psycopg.OperationalError] * 3
    assert len(doubling.batches) == 1
    doubling.lost = False
    assert await gathering.add(3) == 6


async def test_a_request_that_was_given_up_spoils_nothing() -> None:
    gathering = Gathering(Doubling())
    given_up, other = asyncio.ensure_future(gathering.add(1)), asyncio.ensure_future(gathering.add(2))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await other == 4
    with pytest.raises(asyncio.CancelledError):
        await given_up
