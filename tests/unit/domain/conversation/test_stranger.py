"""When teams are alerted about a stranger: at once, once per interval, and with a rate limit."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.stranger import (
    ALERT_INTERVAL,
    ALERTS_PER_HOUR,
    HOUR,
    SEVERAL_STRANGERS,
    stranger_id,
    when_to_alert,
)
from tests.shared.clock import START

WRITTEN = st.lists(st.tuples(st.timedeltas(timedelta(0), timedelta(days=1)), st.integers(0, 30)), max_size=200)


def test_an_id_is_made_from_the_hash_alone_and_does_not_show_it() -> None:
    assert stranger_id(b"one") == stranger_id(b"one") != stranger_id(b"two")
    assert stranger_id(b"one").hex not in b"one".hex()


def test_the_first_alert_is_at_once() -> None:
    assert when_to_alert(UUID(int=1), {}, START) == START


def test_no_second_alert_about_an_address_within_the_interval() -> None:
    assert when_to_alert(UUID(int=1), {UUID(int=1): START}, START + ALERT_INTERVAL - timedelta(seconds=1)) is None
    assert when_to_alert(UUID(int=1), {UUID(int=1): START}, START + ALERT_INTERVAL) == START + ALERT_INTERVAL


def test_strangers_beyond_the_limit_are_alerted_at_the_full_hour() -> None:
    now = START.replace(minute=20)
    told = {UUID(int=n): now - timedelta(minutes=10) for n in range(ALERTS_PER_HOUR)}
    assert when_to_alert(UUID(int=99), told, now) == START.replace(minute=0) + HOUR
    assert when_to_alert(UUID(int=99), told, now + HOUR) == now + HOUR


@given(WRITTEN)
def test_every_stranger_is_alerted_within_an_hour_and_alerts_are_limited(written: list[tuple[timedelta, int]]) -> None:
    alerts: list[tuple[datetime, UUID]] = []
    for after, who in sorted(written):
        now, whom = START + after, UUID(int=who)
        told = {each: at for at, each in sorted(alerts, key=str) if at <= now}
        at = when_to_alert(whom, told, now)
        mine = whom if at == now else SEVERAL_STRANGERS
        if at is not None and (at, mine) not in alerts:
            alerts.append((at, mine))
        assert at is None or now <= at <= now + HOUR
        assert at is not None or now - told[whom] < ALERT_INTERVAL
    moments = [at for at, _ in alerts]
    assert all(sum(at <= each < at + HOUR for each in moments) <= ALERTS_PER_HOUR + 1 for at in moments)
