"""The rules of the door to an own page: how many codes, which code opens it, how long a visit lasts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.conversation.own_page import (
    CODE_VALID,
    CODES_A_DAY,
    CODES_AN_HOUR,
    DAY,
    HOUR,
    IDLE,
    LONGEST_VISIT,
    MAX_WRONG,
    MAX_WRONG_A_DAY,
    SECOND_TAP,
    SentCode,
    digits_of,
    is_over,
    may_send,
    tries_left,
    verdict,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AGO = st.integers(0, 2 * 24 * 3600).map(lambda seconds: NOW - timedelta(seconds=seconds))


def code(ago: timedelta = SECOND, *, wrong: int = 0, used: timedelta | None = None, matches: bool = True) -> SentCode:
    """A code that was sent so long ago, and used so long ago."""
    sent = NOW - ago
    return SentCode(sent, sent + CODE_VALID, wrong, None if used is None else NOW - used, matches)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([code()], "right"),
        ([code(CODE_VALID - SECOND)], "right"),
        ([code(CODE_VALID)], "expired"),
        ([code(matches=False)], "wrong"),
        ([], "none"),
        ([code(CODE_VALID, matches=False)], "none"),
        ([code(HOUR, used=HOUR)], "used"),
        ([code(used=SECOND)], "right"),
        ([code(used=SECOND_TAP)], "used"),
        ([code(wrong=MAX_WRONG - 1)], "right"),
        ([code(wrong=MAX_WRONG)], "none"),
        ([code(5 * SECOND), code(matches=False)], "right"),
        ([code(wrong=MAX_WRONG), code(matches=False)], "wrong"),
        ([code(), *[code(HOUR, wrong=MAX_WRONG, matches=False)] * 4], "locked"),
        ([code(), *[code(HOUR, wrong=MAX_WRONG, matches=False)] * 3, code(HOUR, wrong=4, matches=False)], "right"),
    ],
)
def test_what_an_entered_code_is(codes: list[SentCode], expected: str) -> None:
    assert verdict(codes, NOW) == expected


@given(st.lists(st.builds(code, st.timedeltas(timedelta(), DAY), wrong=st.integers(0, MAX_WRONG)), max_size=10))
def test_nothing_but_an_open_code_that_matches_opens_the_page(codes: list[SentCode]) -> None:
    right = verdict(codes, NOW) == "right"
    assert right == (sum(each.wrong for each in codes) < MAX_WRONG_A_DAY and any(each.is_open(NOW) for each in codes))
    nothing = [SentCode(each.sent_at, each.expires_at, each.wrong, each.used_at) for each in codes]
    assert verdict(nothing, NOW) != "right"


def test_the_tries_left_are_those_of_the_best_open_code() -> None:
    assert tries_left([code(wrong=4), code(wrong=2)], NOW) == MAX_WRONG - 2
    assert tries_left([code(wrong=MAX_WRONG), code(HOUR), code(used=SECOND)], NOW) == 0
    assert tries_left([], NOW) == 0


def test_how_many_codes_an_address_gets() -> None:
    soon = [NOW - SECOND] * CODES_AN_HOUR
    assert may_send(soon[1:], NOW)
    assert not may_send(soon, NOW)
    assert may_send([NOW - HOUR] * CODES_AN_HOUR, NOW)
    assert may_send([NOW - HOUR] * (CODES_A_DAY - 1), NOW)
    assert not may_send([NOW - HOUR] * CODES_A_DAY, NOW)
    assert may_send([NOW - DAY] * 100, NOW)


@given(st.lists(AGO, max_size=30))
def test_never_more_codes_than_the_limits(sent: list[datetime]) -> None:
    """Whenever one more is allowed, the limits hold with it."""
    if may_send(sent, NOW):
        assert sum(at > NOW - HOUR for at in sent) + 1 <= CODES_AN_HOUR
        assert sum(at > NOW - DAY for at in sent) + 1 <= CODES_A_DAY
    else:
        assert sum(at > NOW - HOUR for at in sent) >= CODES_AN_HOUR or len(sent) >= CODES_A_DAY


def test_a_visit_ends_when_idle_and_in_any_case() -> None:
    assert not is_over(NOW, NOW, NOW + IDLE - SECOND)
    assert is_over(NOW, NOW, NOW + IDLE)
    late = NOW + LONGEST_VISIT
    assert not is_over(NOW, late - SECOND, late - SECOND)
    assert is_over(NOW, late - SECOND, late)


@pytest.mark.parametrize(
    ("entered", "digits"),
    [("123456", "123456"), (" 12 34-56\n", "123456"), ("١٢٣٤٥٦", "123456"), ("code: 007 001", "007001"), ("", "")],
)
def test_the_digits_of_what_was_typed(entered: str, digits: str) -> None:
    assert digits_of(entered) == digits
