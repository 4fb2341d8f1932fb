"""Gaps of a roster: watched hours in which nobody has a role."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pro_collector.domain.alert.coverage import Gap, gaps
from pro_collector.domain.alert.roster import Roster
from pro_collector.domain.alert.watching import WatchedHours, WatchedTime

MADRID = ZoneInfo("Europe/Madrid")
MONDAY = datetime(2026, 3, 2, 6, 17, tzinfo=UTC)


def roster(hours: list[dict[str, object]], **more: object) -> Roster:
    return Roster.model_validate(
        {
            "people": {"ana": {"mail": "ana@h.example"}},
            "duties": [{"role": "nurse", "who": ["ana"], "hours": hours}],
            **more,
        }
    )


def watched() -> WatchedTime:
    return WatchedTime(WatchedHours.model_validate({"hours": [{"from": "08:00", "until": "16:00"}]}), MADRID)


def test_hours_without_anybody_are_found_and_others_are_not() -> None:
    whole = roster([{"from": "08:00", "until": "16:00"}])
    assert list(gaps(whole, ["nurse"], {"madrid": watched()}, MONDAY)) == []
    short = roster([{"from": "08:00", "until": "14:30"}])
    found = list(gaps(short, ["nurse"], {"madrid": watched()}, MONDAY))
    assert found[0] == Gap("madrid", "nurse", datetime(2026, 3, 2, 13, 30, tzinfo=UTC), 1.5)
    assert len(found) == 10, "the working days of two weeks; nobody watches at the weekend"


def test_somebody_away_without_a_stand_in_leaves_a_gap() -> None:
    away = roster(
        [{"from": "08:00", "until": "16:00"}], away=[{"who": "ana", "from": "2026-03-03", "until": "2026-03-04"}]
    )
    (found,) = gaps(away, ["nurse"], {"madrid": watched()}, MONDAY)
    assert (found.begins, found.hours) == (datetime(2026, 3, 3, 7, tzinfo=UTC), 16.0)
