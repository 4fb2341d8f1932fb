"""A wish to be asked later: read only when it is certain, and kept within the window and outside quiet hours."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector import languages
from pro_collector.domain.conversation.put_off import BEFORE_CLOSING, ask_again_at
from pro_collector.domain.reply.times import TimeWish, read_time
from pro_collector.domain.reply.tokens import tokens
from scheduler.calendar import silence, wall_time

ENGLISH = languages.language("en")
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)  # 10:00 there
CLOSES = NOW + timedelta(days=3)
USUAL = time(10)
QUIET = silence(((time(21), time(8)),))


def wish(text: str) -> TimeWish | None:
    return read_time(tokens(text), ENGLISH)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow", "03-04 10:00"),
        ("tonight", "03-03 19:00"),
        ("at 6pm", "03-03 18:00"),
        ("text me at 6:30 pm please", "03-03 18:30"),
        ("tomorrow at 9", "03-04 09:00"),
        ("remind me tomorrow at 6", "03-04 18:00"),
        ("in an hour", "03-03 11:00"),
        ("in 20 minutes", "03-03 10:20"),
        ("after lunch", "03-03 14:00"),
        ("mañana", "03-04 10:00"),
        ("a las 6", "03-03 18:00"),
        ("mañana a las 9", "03-04 09:00"),
        ("demain", "03-04 10:00"),
        ("à 18h", "03-03 18:00"),
        ("18h30", "03-03 18:30"),
        ("morgen", "03-04 10:00"),
        ("bitte morgen früh", "03-04 09:00"),
        ("um 18 Uhr", "03-03 18:00"),
        ("6 Uhr abends", "03-03 18:00"),
        ("fragen Sie mich morgen um 9 noch einmal", "03-04 09:00"),
        ("in 20 Minuten", "03-03 10:20"),
        ("heute nach dem Mittagessen", "03-03 14:00"),
        ("amanhã", "03-04 10:00"),
        ("às 6 da tarde", "03-03 18:00"),
        ("daqui a uma hora", "03-03 11:00"),
        ("hoje depois do almoço", "03-03 14:00"),
        ("at 11pm", "03-03 20:45"),
        ("at 3am", "03-03 20:45"),
    ],
)
def test_a_time_in_the_words_of_a_person(text: str, expected: str) -> None:
    found = wish(text)
    assert found is not None
    at = ask_again_at(found, NOW, ZONE, USUAL, CLOSES, QUIET)
    assert at is not None
    assert wall_time(at, ZONE).strftime("%m-%d %H:%M") == expected


@pytest.mark.parametrize(
    "text",
    ["at 6", "6", "7", "about 7", "tomorrow i see the doctor", "after lunch i threw up", "i took it at 6pm", "at 25",
     "in 3", "5 hours", "tomorrow or tonight at 3 or 4", "", "?", "later", "6pm 7pm", "in 2 hours at 6pm", "um 6",
     "guten Morgen", "heute Morgen", "morgen habe ich Chemo", "6 Stunden", "amanhã tenho consulta", "um"],
)  # fmt: skip
def test_what_may_be_an_answer_or_says_more_is_no_such_wish(text: str) -> None:
    assert wish(text) is None


def test_never_beyond_the_end_of_the_window() -> None:
    soon = NOW + timedelta(hours=6)
    at = ask_again_at(TimeWish(day=1), NOW, ZONE, USUAL, soon, QUIET)
    assert at is not None
    assert NOW < at <= soon - BEFORE_CLOSING
    assert ask_again_at(TimeWish(day=1), NOW, ZONE, USUAL, NOW + timedelta(minutes=30), QUIET) is None


@given(
    st.builds(
        TimeWish,
        st.none() | st.integers(0, 3),
        st.none() | st.integers(0, 1439),
        st.booleans(),
        st.none() | st.integers(0, 600),
    ),
    st.integers(0, 60 * 24 * 30),
    st.integers(0, 60 * 24 * 5),
)
def test_it_is_always_in_the_window_and_never_in_quiet_hours(asked: TimeWish, start: int, window: int) -> None:
    now = NOW + timedelta(minutes=start)
    closes = now + timedelta(minutes=window)
    at = ask_again_at(asked, now, ZONE, USUAL, closes, QUIET)
    if at is not None:
        assert now < at <= closes - BEFORE_CLOSING
        assert QUIET.covers(wall_time(at, ZONE)) is None


@given(st.text(max_size=40))
def test_any_text_is_read(text: str) -> None:
    read_time(tokens(text), ENGLISH)
