"""What is fixed when an occasion opens: its language, its reminders, the later rungs of its ladder."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pro_collector.domain.conversation import opening
from pro_collector.library import load_library
from scheduler.rules import Rung

OPENED = datetime(2027, 3, 27, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("own", "offered", "asked"),
    [
        ("es", ("en", "es"), "es"),
        ("da", ("en", "es"), "en"),  # nobody worded the diaries in Danish
        (None, ("es", "en"), "es"),
        ("da", ("da", "es"), "es"),
        ("da", ("da", "sv"), "da"),  # and where no language serves, the first
    ],
)
def test_everybody_is_asked_in_a_language_that_all_the_questions_have(
    own: str | None, offered: tuple[str, ...], asked: str
) -> None:
    diaries = [load_library().get(name) for name in ("symptom-diary", "well-being-diary")]
    assert opening.language(own, offered, diaries, "self") == asked


def test_the_language_must_have_texts_for_the_reporter() -> None:
    diary = load_library().get("symptom-diary").model_copy(update={"reporters": ("self",)})
    assert opening.language("es", ("en",), [diary], "proxy") == "en"


def test_reminders_are_those_still_to_come_while_it_takes_answers() -> None:
    planned = [OPENED + 3 * DAY, OPENED - DAY, OPENED, OPENED + DAY, OPENED + 4 * DAY]
    assert opening.reminders(planned, OPENED, OPENED + 4 * DAY) == [OPENED + DAY, OPENED + 3 * DAY]


def test_later_rungs_follow_the_clock_of_the_participant() -> None:
    """In Madrid the clocks go forward in between, so that a day later is 23 hours later."""
    ladder = (Rung(channel="sms"), Rung(channel="email", after="1d"), Rung(channel="call", after="4d"))
    found = opening.later_rungs(ladder, OPENED, OPENED + 4 * DAY, ZoneInfo("Europe/Madrid"))
    assert found == [(1, OPENED + timedelta(hours=23)), (2, OPENED + timedelta(hours=95))]
    assert opening.later_rungs(ladder, OPENED, OPENED + timedelta(hours=95), ZoneInfo("Europe/Madrid")) == found[:1]
