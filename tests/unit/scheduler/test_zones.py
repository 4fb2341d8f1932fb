"""Every IANA zone at every transition from 2000 to 2037, and random moments against an independent search."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from scheduler.calendar import instant_and_wall_time, next_allowed, resolve, silence, wall_time
from scheduler.plan import plan
from tests.shared.properties import examples
from tests.unit.scheduler.cases import happened, person, rules, schedule

ZONES = sorted(available_timezones())
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
STEP = timedelta(days=4)  # no zone has had two changes of its clock that cancel out within four days (tried with 6 h)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    found = instant.astimezone(zone).utcoffset()
    assert found is not None
    return found


def ahead(wall: datetime, zone: ZoneInfo) -> timedelta:
    found = zone.utcoffset(wall)
    assert found is not None
    return found


def transitions(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Each instant at which the zone's clock is put forward or back, with the offsets before and after."""
    here, end = FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)
    before = ahead(here, zone)
    while here < end:
        there = here + STEP
        after = ahead(there, zone)
        if after != before:
            low, high = here, there
            while high - low > SECOND:
                middle = low + timedelta(seconds=(high - low) // SECOND // 2)
                low, high = (middle, high) if ahead(middle, zone) == before else (low, middle)
            yield (high - max(before, after)).replace(tzinfo=UTC), before, after  # a gap's end, or a fold's
        here, before = there, after


@cache
def every_transition() -> list[tuple[ZoneInfo, datetime, timedelta, timedelta]]:
    """Those of every zone; zones that share a clock count once."""
    seen: set[tuple[tuple[datetime, timedelta, timedelta], ...]] = set()
    found = []
    for name in ZONES:
        zone = ZoneInfo(name)
        its = tuple(transitions(zone))
        if its not in seen:
            seen.add(its)
            found += [(zone, *each) for each in its]
    return found


def test_the_search_finds_the_transitions_there_are() -> None:
    found = every_transition()
    assert len(found) > 5000
    new_york = {at for zone, at, _, _ in found if zone.utcoffset(datetime(2027, 7, 1)) == timedelta(hours=-4)}  # noqa: DTZ001
    assert datetime(2027, 3, 14, 7, tzinfo=UTC) in new_york


def test_at_every_transition_a_gap_moves_forward_and_a_fold_is_its_first_hour() -> None:
    for zone, at, before, after in every_transition():
        naive = at.replace(tzinfo=None)
        change = abs(after - before)
        for into in (timedelta(), MINUTE, change / 2, change - SECOND):
            shown = naive + min(before, after) + into  # inside the gap, or inside the fold
            instant = resolve(shown, zone)
            assert instant == (shown - before).replace(tzinfo=UTC), (zone, shown)
            moved = shown + max(after - before, timedelta())
            assert wall_time(instant, zone) == moved
            assert instant_and_wall_time(shown, zone) == (instant, moved)
        for around in (min(before, after) - SECOND, max(before, after)):
            shown = naive + around
            assert wall_time(resolve(shown, zone), zone) == shown, (zone, shown)
            assert instant_and_wall_time(shown, zone)[1] == shown


def test_at_every_transition_nothing_is_sent_in_quiet_hours_or_before_its_time() -> None:
    for zone, at, _, _ in every_transition():
        centre = wall_time(at, zone)
        start, end = (centre - timedelta(minutes=20)).time(), (centre + timedelta(minutes=70)).time()
        hush = silence(((start.replace(second=0), end.replace(second=0)),))
        for around in (-MINUTE * 15, timedelta(), MINUTE * 30):
            instant = at + around
            found = next_allowed(instant, wall_time(instant, zone), zone, hush)
            assert found is not None
            assert found[0] >= instant
            assert found[1] == wall_time(found[0], zone)
            assert hush.covers(found[1]) is None, (zone, instant)


def shown_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the zone shows `wall`, found by trying: the first that does, else by the clock before."""
    near = {offset(wall.replace(tzinfo=UTC) + timedelta(hours=h), zone) for h in range(-48, 49, 1)}
    tries = sorted(wall.replace(tzinfo=UTC) - each for each in near)
    showing = [each for each in tries if wall_time(each, zone) == wall]
    return showing[0] if showing else max(tries, key=lambda each: wall_time(each, zone) > wall and each)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001
)
@examples(300)
def test_any_wall_time_in_any_zone_is_where_a_search_finds_it(name: str, wall: datetime) -> None:
    zone = ZoneInfo(name)
    instant = resolve(wall, zone)
    if wall_time(instant, zone) == wall:
        assert instant == shown_at(wall, zone)
    else:
        assert wall_time(instant, zone) > wall  # only a gap changes what is shown, and only forward


@given(st.sampled_from(range(100_000)), st.integers(0, 1439), st.booleans())
@examples(200)
def test_a_daily_schedule_over_any_transition_asks_once_a_day_at_its_hour(pick: int, minute: int, hush: bool) -> None:
    found = every_transition()
    zone, at, before, after = found[pick % len(found)]
    middle = wall_time(at, zone).date()
    hour = f"{minute // 60:02}:{minute % 60:02}"
    daily = schedule(repeat={"every": "1d", "for": "9d"}, at=hour, window={"closes": "2d"})
    start = date.fromordinal(middle.toordinal() - 4)
    who = person(zone.key, enrolled_on=start)
    rulebook = rules(daily, quiet=("21:00", "08:00")) if hush else rules(daily)
    asked = plan(rulebook, who, happened(on=start), FIRST, LAST).occasions
    assert len({each.id for each in asked}) == len(asked) == 9
    for k, each in enumerate(asked):
        assert each.state == "planned"
        assert wall_time(each.due_at, zone) == each.due_local
        assert each.opens_at <= each.due_at < each.closes_at
        if hush:
            assert 8 <= each.due_local.hour < 21
        elif each.due_local != each.wanted_local:
            assert each.due_local - each.wanted_local == after - before  # in a gap
        else:
            assert each.due_local.toordinal() == start.toordinal() + k
