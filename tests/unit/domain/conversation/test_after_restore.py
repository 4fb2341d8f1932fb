"""Which messages may have left before a database was restored: told case by case."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.after_restore import Restoration, WaitingSince, may_have_left
from pro_collector.domain.conversation.permission import MessagePurpose
from scheduler.rules import Channel

BACKUP = datetime(2026, 3, 2, 3, tzinfo=UTC)
RESTORED = BACKUP + timedelta(hours=12)
RESUMED = RESTORED + timedelta(hours=2)
HOUR = timedelta(hours=1)
INSTANTS = st.integers(-100, 200).map(lambda hours: BACKUP + hours * HOUR)


def doubtful(
    requested: datetime,
    *,
    due: datetime | None = None,
    asked: datetime | None = None,
    channel: Channel = "sms",
    purpose: MessagePurpose = "invitation",
    resumed: datetime | None = RESUMED,
) -> bool:
    message = WaitingSince(channel, purpose, requested, due, asked)
    return may_have_left(message, Restoration(BACKUP, RESTORED, resumed))


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_what_waited_in_the_backup_may_have_left(channel: Channel) -> None:
    assert doubtful(BACKUP - HOUR, channel=channel)


def test_an_overdue_survey_may_have_been_asked() -> None:
    assert doubtful(RESTORED + HOUR, due=BACKUP + HOUR)
    assert doubtful(RESTORED + HOUR, due=BACKUP + HOUR, channel="email")
    assert doubtful(RESUMED + 10 * HOUR, due=BACKUP + HOUR), "it waited for the end of quiet hours"


def test_a_reply_to_a_text_that_was_read_again_may_have_left() -> None:
    assert doubtful(RESTORED + HOUR, purpose="stop_confirmed")
    assert not doubtful(RESUMED + HOUR, purpose="stop_confirmed")
    assert not doubtful(RESTORED + HOUR, purpose="stop_confirmed", channel="email"), "mails are not read again"


def test_a_survey_that_became_due_afterwards_was_not_asked() -> None:
    assert not doubtful(RESUMED + HOUR, due=RESUMED)
    assert not doubtful(RESTORED + HOUR, due=RESTORED + HOUR, channel="email")


def test_a_conversation_goes_on_without_a_wait() -> None:
    assert not doubtful(RESUMED + HOUR, due=BACKUP + HOUR, purpose="clarification")
    assert not doubtful(RESUMED + 25 * HOUR, due=BACKUP + HOUR, purpose="reminder")


@given(INSTANTS, st.none() | INSTANTS, st.sampled_from(["sms", "email"]), st.none() | st.just(RESUMED))
def test_after_the_provider_was_asked_nothing_is_doubtful(
    requested: datetime, due: datetime | None, channel: Channel, resumed: datetime | None
) -> None:
    assert not doubtful(requested, due=due, asked=RESTORED + HOUR, channel=channel, resumed=resumed)


@given(INSTANTS, st.none() | INSTANTS, st.sampled_from(["sms", "email"]))
def test_a_question_of_before_the_restore_does_not_count(
    requested: datetime, due: datetime | None, channel: Channel
) -> None:
    asked = doubtful(requested, due=due, asked=BACKUP - HOUR, channel=channel)
    assert asked == doubtful(requested, due=due, channel=channel)
