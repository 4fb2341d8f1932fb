"""The carrier's message log pages and filters as Twilio's does."""

from datetime import datetime, timedelta

import pytest

from pro_collector.rehearsal.texts import Message, MessageLog
from tests.shared.provider import ACCOUNT, CLINIC, PATIENT, START


def log(count: int = 5) -> MessageLog:
    """One message an hour from the start on, sent at once except the last, which is still waiting."""
    kept = MessageLog()
    for number in range(count):
        add(kept, number, None if number == count - 1 else START + timedelta(hours=number))
    return kept


def add(kept: MessageLog, number: int, sent: datetime | None) -> None:
    created = START + timedelta(hours=number)
    to = PATIENT if number % 2 == 0 else "+15557654321"
    kept.add(Message(f"SM{number}", "outbound-api", CLINIC, to, str(number), "sent", created, 1, sent=sent))


def bodies(kept: MessageLog, **query: str) -> list[str]:
    return [message["body"] for message in kept.page(query, ACCOUNT)["messages"]]


def test_the_newest_come_first() -> None:
    assert bodies(log()) == ["4", "3", "2", "1", "0"]


def test_filters() -> None:
    assert bodies(log(), To=PATIENT) == ["4", "2", "0"]
    assert bodies(log(), To="+15550000000") == []
    assert bodies(log(), From=CLINIC, To=PATIENT) == ["4", "2", "0"]
    assert bodies(log(), From=PATIENT) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DateSent>", "2026-03-02T11:00:00Z", ["3", "2"]),
        ("DateSent>", "2026-03-02", ["3", "2", "1", "0"]),
        ("DateSent>", "2026-03-03", []),
        ("DateSent<", "2026-03-02T10:00:00Z", ["1", "0"]),
        ("DateSent<", "2026-03-01", []),
        ("DateSent", "2026-03-02", ["3", "2", "1", "0"]),
        ("DateSent", "2026-03-02T10:00:00Z", ["3", "2", "1"]),
    ],
)
def test_dates_include_their_limit_and_leave_out_what_is_unsent(name: str, value: str, expected: list[str]) -> None:
    assert bodies(log(), **{name: value}) == expected


def test_a_filter_that_is_none() -> None:
    with pytest.raises(ValueError, match="soon"):
        log().page({"DateSent>": "soon, I hope"}, ACCOUNT)


def test_new_messages_do_not_shift_the_pages() -> None:
    kept = log(5)
    first = kept.page({"PageSize": "2"}, ACCOUNT)
    add(kept, 9, None)
    token = first["next_page_uri"].partition("PageToken=")[2]
    second = kept.page({"PageSize": "2", "PageToken": token, "Page": "1"}, ACCOUNT)
    assert [message["body"] for message in first["messages"] + second["messages"]] == ["4", "3", "2", "1"]
    token = second["next_page_uri"].partition("PageToken=")[2]
    third = kept.page({"PageSize": "2", "PageToken": token, "Page": "2"}, ACCOUNT)
    assert [message["body"] for message in third["messages"]] == ["0"]
    assert third["next_page_uri"] is None


def test_a_removed_message_is_nowhere() -> None:
    kept = log()
    kept.remove("SM2")
    assert kept.get("SM2") is None
    assert bodies(kept, To=PATIENT) == ["4", "0"]
