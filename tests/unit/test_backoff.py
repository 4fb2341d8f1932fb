"""The waits between tries grow, have an end, and differ from one process to the next."""

from pro_collector.backoff import wait_seconds


def test_each_wait_is_twice_the_last_up_to_the_longest() -> None:
    assert [wait_seconds(n, least=1, most=15, dice=lambda: 1.0) for n in range(1, 7)] == [1, 2, 4, 8, 15, 15]
    assert wait_seconds(10_000, least=1, most=15, dice=lambda: 1.0) == 15


def test_the_dice_shorten_it_by_half_at_most() -> None:
    assert wait_seconds(3, least=1, most=15, dice=lambda: 0.0) == 2
    assert all(4 <= wait_seconds(4, least=1, most=15) <= 8 for _ in range(100))
