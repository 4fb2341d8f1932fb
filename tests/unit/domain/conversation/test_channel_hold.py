"""A channel on hold: the time until the next try, and the reason as text for people."""

from datetime import timedelta

import pytest

from pro_collector.domain.conversation.channel_hold import NOT_CONFIGURED, UNREACHABLE, back_off, reason_text


@pytest.mark.parametrize(("tries", "seconds"), [(0, 10), (1, 20), (2, 40), (4, 160), (5, 300), (6, 300), (10_000, 300)])
def test_the_wait_doubles_from_ten_seconds_to_five_minutes(tries: int, seconds: int) -> None:
    assert back_off(tries, reported=False) == timedelta(seconds=seconds)


@pytest.mark.parametrize("tries", [0, 1, 9])
def test_a_try_that_may_be_charged_for_waits_a_quarter_of_an_hour(tries: int) -> None:
    assert back_off(tries, reported=True) == timedelta(minutes=15)


def test_the_reason_as_text_for_people() -> None:
    assert reason_text(NOT_CONFIGURED) == "it is not set up here"
    assert reason_text(UNREACHABLE) == "the provider cannot be reached"
    assert reason_text("20003") == "the provider refuses our account or our settings (code 20003)"
