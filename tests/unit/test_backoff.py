"""The waits between tries grow, have an end, and differ from one process to the next."""

import pytest

from pro_collector.backoff import LONGEST_REST, rest, wait_seconds


def test_each_wait_is_twice_the_last_up_to_the_longest() -> None:
    assert [wait_seconds(n, least=1, most=15, dice=lambda: 1.0) for n in range(1, 7)] == [1, 2, 4, 8, 15, 15]
    assert wait_seconds(10_000, least=1, most=15, dice=lambda: 1.0) == 15


def test_the_dice_shorten_it_by_half_at_most() -> None:
    assert wait_seconds(3, least=1, most=15, dice=lambda: 0.0) == 2
    assert all(4 <= wait_seconds(4, least=1, most=15) <= 8 for _ in range(100))


async def test_a_rest_is_as_long_as_the_batch_took_and_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []

    async def slept(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr("pro_collector.backoff.asyncio.sleep", slept)
    monkeypatch.setattr("pro_collector.backoff.time.monotonic", lambda: 100.0)
    await rest(100.0 - LONGEST_REST / 2)
    await rest(90.0)
    assert rests == [pytest.approx(LONGEST_REST / 2), LONGEST_REST]
