"""Wall time and instants: gaps, folds, the date line, and the hours in which nothing is sent."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler.calendar import Silence, later, next_allowed, resolve, silence, wall_time, whole_minute
from scheduler.duration import Duration
from tests.unit.scheduler.cases import at

NEW_YORK = ZoneInfo("America/New_York")
NIGHT = silence(((time(21), time(8)),))


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "shown", "instant"),
    [
        ("America/New_York", "2027-01-15 10:00", "2027-01-15 15:00"),
        ("America/New_York", "2027-07-15 10:00", "2027-07-15 14:00"),
        ("America/New_York", "2027-03-14 02:30", "2027-03-14 07:30"),  # gap: shown as 03:30
        ("America/New_York", "2027-11-07 01:30", "2027-11-07 05:30"),  # fold: the first
        ("Europe/Madrid", "2027-03-28 02:15", "2027-03-28 01:15"),  # gap: shown as 03:15
        ("Australia/Lord_Howe", "2027-10-03 02:10", "2027-10-02 15:40"),  # a gap of half an hour
        ("Pacific/Apia", "2011-12-30 10:00", "2011-12-30 20:00"),  # a day that never was: shown as the 31st
        ("Asia/Kathmandu", "2027-05-05 12:00", "2027-05-05 06:15"),
        ("Pacific/Kiritimati", "2027-05-05 12:00", "2027-05-04 22:00"),
    ],
)
def test_the_wall_clock_of_a_zone_names_one_instant(zone: str, shown: str, instant: str) -> None:
    assert resolve(wall(shown), ZoneInfo(zone)) == at(instant)


def test_a_gap_moves_forward_by_its_length() -> None:
    assert wall_time(resolve(wall("2027-03-14 02:30"), NEW_YORK), NEW_YORK) == wall("2027-03-14 03:30")
    apia = ZoneInfo("Pacific/Apia")
    assert wall_time(resolve(wall("2011-12-30 10:00"), apia), apia) == wall("2011-12-31 10:00")


def test_a_second_hour_is_told_apart_only_by_its_instant() -> None:
    second = wall_time(at("2027-11-07 06:30"), NEW_YORK)
    assert (second.fold, second) == (1, wall("2027-11-07 01:30"))
    assert resolve(second, NEW_YORK) == at("2027-11-07 05:30")


def test_days_are_calendar_days_and_hours_are_elapsed_hours() -> None:
    evening_before = wall("2027-03-13 22:00")
    assert later(evening_before, Duration(days=1), NEW_YORK) == at("2027-03-15 02:00")  # 22:00 again, 23 hours on
    assert later(evening_before, Duration(seconds=24 * 3600), NEW_YORK) == at("2027-03-15 03:00")  # shown as 23:00


@pytest.mark.parametrize(
    ("shown", "goes", "cause"),
    [
        ("2027-05-05 10:00", "2027-05-05 10:00", None),
        ("2027-05-05 20:59", "2027-05-05 20:59", None),
        ("2027-05-05 21:00", "2027-05-06 08:00", "quiet_hours"),
        ("2027-05-05 23:30", "2027-05-06 08:00", "quiet_hours"),
        ("2027-05-05 00:00", "2027-05-05 08:00", "quiet_hours"),
        ("2027-05-05 07:59", "2027-05-05 08:00", "quiet_hours"),
        ("2027-05-05 08:00", "2027-05-05 08:00", None),
    ],
)
def test_quiet_hours_move_a_message_to_the_next_allowed_minute(shown: str, goes: str, cause: str | None) -> None:
    found = next_allowed(resolve(wall(shown), NEW_YORK), wall(shown), NEW_YORK, NIGHT)
    assert found == (resolve(wall(goes), NEW_YORK), wall(goes), cause)


def test_quiet_hours_within_a_day_end_on_that_day() -> None:
    nap = silence(((time(13), time(15, 30)),))
    found = next_allowed(resolve(wall("2027-05-05 13:20"), NEW_YORK), wall("2027-05-05 13:20"), NEW_YORK, nap)
    assert found is not None
    assert found[1] == wall("2027-05-05 15:30")


def test_a_blackout_day_ends_at_midnight_and_the_quiet_hours_after_it_still_hold() -> None:
    christmas = silence(((time(21), time(8)),), {date(2027, 12, 26)}, {(12, 25)})
    start = wall("2027-12-25 10:00")
    found = next_allowed(resolve(start, NEW_YORK), start, NEW_YORK, christmas)
    assert found == (resolve(wall("2027-12-27 08:00"), NEW_YORK), wall("2027-12-27 08:00"), "blackout")


def test_a_silence_without_end_is_said_to_have_none() -> None:
    whole_day = silence(((time(8), time(8)),))
    start = wall("2027-05-05 10:00")
    assert next_allowed(resolve(start, NEW_YORK), start, NEW_YORK, whole_day) is None


def test_a_gap_that_leads_into_quiet_hours_waits_for_their_end() -> None:
    # 02:30 does not exist that night; it would be 03:30, which is quiet.
    early = silence(((time(3), time(6)),))
    instant = resolve(wall("2027-03-14 02:30"), NEW_YORK)
    found = next_allowed(instant, wall_time(instant, NEW_YORK), NEW_YORK, early)
    assert found is not None
    assert found[1] == wall("2027-03-14 06:00")


def test_quiet_hours_that_end_in_a_gap_end_after_it() -> None:
    until_half_past_two = silence(((time(22), time(2, 30)),))
    start = wall("2027-03-14 01:00")
    found = next_allowed(resolve(start, NEW_YORK), start, NEW_YORK, until_half_past_two)
    assert found is not None
    assert found[1] == wall("2027-03-14 03:30")


def test_quiet_hours_that_end_in_a_second_hour_never_send_before_now() -> None:
    until_half_past_one = silence(((time(22), time(1, 30)),))
    now = at("2027-11-07 06:10")  # 01:10 for the second time
    found = next_allowed(now, wall_time(now, NEW_YORK), NEW_YORK, until_half_past_one)
    assert found is not None
    assert found[0] == at("2027-11-07 06:30")


def test_a_silence_that_does_not_cover_a_moment_has_no_cause() -> None:
    assert Silence().covers(wall("2027-05-05 03:00")) is None
    assert NIGHT.covers(wall("2027-05-05 03:00")) == "quiet_hours"


def test_a_moment_within_a_minute_waits_for_the_next_whole_one() -> None:
    whole = datetime(2027, 5, 5, 10, 0, tzinfo=UTC)
    assert whole_minute(whole) == whole
    assert whole_minute(whole + timedelta(microseconds=1)) == whole + timedelta(minutes=1)


def test_quiet_hours_that_meet_cover_the_whole_day() -> None:
    assert not NIGHT.whole_day
    assert silence(((time(21), time(8)), (time(8), time(21)))).whole_day
    assert silence(((time(9), time(9)),)).whole_day
