"""The life of an occasion in sentences: each step, and what a step adds where there is something to add."""

from typing import Any

import pytest

from pro_collector.display.history import reason, sentence
from scheduler.occasion import PLAN_REASONS

PLANNED = {
    "due_local": "2026-03-09T10:00:00",
    "zone": "America/New_York",
    "point": "7d",
    "anchor": "treatment_start",
    "anchor_on": "2026-03-02",
    "study_version": "1.0",
    "cause": "timeline.changed",
}


def test_every_reason_of_the_plan_has_words() -> None:
    assert [code for code in sorted(PLAN_REASONS) if reason(code) == code] == []


def test_a_reason_in_words_stays_as_it_is() -> None:
    assert (reason("holiday"), reason("no answer came"), reason(None)) == (
        "the participant was away",
        "no answer came",
        "",
    )


@pytest.mark.parametrize(
    ("what", "detail", "said"),
    [
        (
            "planned",
            PLANNED,
            "planned for 2026-03-09 10:00:00 America/New_York: 7d after treatment_start on 2026-03-02, "
            "study version 1.0 (because of timeline.changed)",
        ),
        (
            "planned",
            PLANNED | {"moved_by": "quiet_hours"},
            "planned for 2026-03-09 10:00:00 America/New_York, moved by quiet_hours: 7d after treatment_start on "
            "2026-03-02, study version 1.0 (because of timeline.changed)",
        ),
        (
            "moved",
            PLANNED | {"from": "2026-03-08"},
            "moved to 2026-03-09 10:00:00 America/New_York (because of timeline.changed); it was 2026-03-08",
        ),
        (
            "moved",
            PLANNED,
            "moved to 2026-03-09 10:00:00 America/New_York (because of timeline.changed); it was elsewhere",
        ),
        ("due", {"late_seconds": 59}, "due, and opened"),
        ("due", {"late_seconds": 60}, "due, and opened 60 s late"),
        ("rung", {"rung": 0, "channel": "sms"}, "channel ladder, step 1: text message"),
        (
            "rung_skipped",
            {"rung": 1, "channel": "email", "reason": "no address"},
            "channel ladder, step 2: email is left out: no address",
        ),
        ("call", {"rung": 2}, "channel ladder, step 3: the study team is asked to call"),
        (
            "postponed",
            {"reason": "quiet_hours", "until": "8:00"},
            "not sent yet: no minute of its window lay outside quiet hours; again at 8:00",
        ),
        (
            "said",
            {"purpose": "question", "channel": "sms", "item": "a/pain"},
            "question (a/pain) handed to the sender, by text message",
        ),
        (
            "said",
            {"purpose": "invitation", "channel": "email"},
            "invitation handed to the sender, by email",
        ),
        ("sent", {"purpose": "invitation", "channel": "sms"}, "invitation by text message accepted by the provider"),
        (
            "sent",
            {"purpose": "invitation", "channel": "sms", "code": None},
            "invitation by text message passed on by the provider",
        ),
        (
            "failed",
            {"purpose": "reminder", "channel": "sms", "code": "30003", "reason": "unreachable"},
            "reminder by text message failed, code 30003: unreachable",
        ),
        (
            "refused",
            {"purpose": "reminder", "channel": "email", "code": "550"},
            "reminder by email refused by the provider, code 550",
        ),
        (
            "refused",
            {"purpose": "reminder", "channel": "sms", "policy": "altered"},
            "reminder by text message not sent: the address in the database is not the one that was recorded",
        ),
        (
            "held",
            {"purpose": "reminder", "channel": "sms", "reason": "20003"},
            "reminder by text message waits: 20003; it leaves when that is mended, and no other way is taken meanwhile",
        ),
        (
            "opted_out",
            {"channel": "sms", "way": "page", "reporter": "self"},
            "self stopped texts to this address on the page behind a link",
        ),
        (
            "opted_out",
            {"channel": "email", "way": "one-click", "reporter": "proxy"},
            "proxy stopped mails to this address with the button of a mail program",
        ),
        ("answered", {"item": "a/pain", "mode": "sms"}, "a/pain answered by text message"),
        (
            "answered",
            {"item": "a/pain", "mode": "call", "late": True},
            "a/pain answered by telephone, written down by the team, late",
        ),
        ("missed", {"reason": "withdrew"}, "missed: the participant withdrew"),
        ("something_new", {"n": 3, "why": None}, "something_new n 3"),
    ],
)
def test_each_step_is_one_sentence(what: str, detail: dict[str, Any], said: str) -> None:
    assert sentence(what, detail) == said


def test_a_detail_of_any_name_is_no_argument_of_ours() -> None:
    assert sentence("call", {"rung": 0, "key": "x", "self": "y"}) == sentence("call", {"rung": 0})
