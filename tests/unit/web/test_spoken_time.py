"""Times as the team's pages say them."""

from datetime import UTC, datetime, timedelta

import pytest

from pro_collector.web.team.spoken_time import ago, lasted, local

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (None, "–"),
        (timedelta(seconds=20), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(minutes=90), "1.5 h"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=23.96), "24 h"),
        (timedelta(days=12.4), "12 d"),
    ],
)
def test_a_length(length: timedelta | None, said: str) -> None:
    assert lasted(length) == said


def test_an_instant_in_its_zone_and_from_now() -> None:
    assert local(NOW, "America/New_York") == "2026-03-03 10:00 New York"
    assert ago(NOW - timedelta(hours=3), NOW) == "3 h ago"
    assert ago(NOW + timedelta(days=2), NOW) == "in 2 days"
    assert ago(NOW, NOW) == "now"
