"""The limit of replies: whoever writes is answered within the hour, and two machines fall silent."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.permission import MessagePurpose
from pro_collector.domain.conversation.reply_limit import (
    DAY,
    HOUR,
    MORE_QUICK_REPLIES,
    MOST_A_DAY,
    QUICK_REPLIES_A_DAY,
    REPLIES_A_DAY,
    Sent,
    last_reply,
    may_reply,
)

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
gaps = st.lists(st.integers(0, 5400).map(lambda seconds: timedelta(seconds=seconds)), max_size=300)
purposes = st.sampled_from(["review", "help", "emergency", "again", "nothing_open"])


def replies(purpose: MessagePurpose, times: Sequence[datetime]) -> list[datetime]:
    """When an address that writes at these times is answered."""
    given: list[datetime] = []
    for now in times:
        today = [at for at in given if now - at < DAY]
        if may_reply(purpose, len(today), today[-1] if today else None, now):
            given.append(now)
    return given


def every(gap: timedelta, count: int) -> list[datetime]:
    return [NOON + n * gap for n in range(count)]


def test_three_texts_at_once_are_answered_and_no_more() -> None:
    assert len(replies("review", every(SECOND, 50))) == QUICK_REPLIES_A_DAY


@pytest.mark.parametrize(("purpose", "most"), MORE_QUICK_REPLIES.items())
def test_some_purposes_are_answered_more_often(purpose: MessagePurpose, most: int) -> None:
    assert len(replies(purpose, every(SECOND, 50))) == most


def test_whoever_writes_after_minutes_is_answered_twelve_times() -> None:
    assert replies("review", every(5 * MINUTE, 12)) == every(5 * MINUTE, 12)
    assert len(replies("review", every(5 * MINUTE - SECOND, 12))) < 12


def test_after_that_once_an_hour() -> None:
    answered = replies("review", every(5 * MINUTE, 24 * 12))
    assert [after - before for before, after in pairwise(answered[11:])] == [HOUR] * 23


def test_a_machine_that_answers_each_reply_falls_silent() -> None:
    """It writes only when it was written to: after our silence it has nothing to answer."""
    now, answered = NOON, 0
    last: datetime | None = None
    while may_reply("review", answered, last, now):
        answered, last, now = answered + 1, now, now + 3 * SECOND
        assert answered <= QUICK_REPLIES_A_DAY
    assert answered == QUICK_REPLIES_A_DAY


@given(purposes, gaps)
def test_every_text_has_a_reply_within_the_hour_before_it_or_now(
    purpose: MessagePurpose, between: list[timedelta]
) -> None:
    times = list(accumulate(between, lambda at, gap: at + gap, initial=NOON))
    answered = replies(purpose, times)
    assert all(any(now - HOUR < at <= now for at in answered) for now in times)


@given(purposes, gaps)
def test_nobody_gets_more_than_the_limit_in_a_day(purpose: MessagePurpose, between: list[timedelta]) -> None:
    answered = replies(purpose, list(accumulate(between, lambda at, gap: at + gap, initial=NOON)))
    most = max(MOST_A_DAY, MORE_QUICK_REPLIES.get(purpose, 0) + DAY // HOUR)
    assert all(sum(at <= each < at + DAY for each in answered) <= most for at in answered)
    assert REPLIES_A_DAY < MOST_A_DAY <= 36


def test_an_invitation_is_no_reply_and_a_reminder_only_where_a_link_is_sent_again() -> None:
    sent: dict[MessagePurpose, Sent] = {
        "invitation": Sent(1, NOON), "reminder": Sent(1, NOON), "review": Sent(2, NOON - HOUR)
    }  # fmt: skip
    assert last_reply("review", sent, [], NOON) == NOON - HOUR
    assert last_reply("reminder", sent, [], NOON) == NOON
    assert last_reply("review", {}, ["reminder"], NOON) is None
    assert last_reply("reminder", {}, ["reminder"], NOON) == NOON
    assert last_reply("help", {}, ["review"], NOON) == NOON
