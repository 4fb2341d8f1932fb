"""The rules of signing in: time-outs, limits of attempts, passwords, short names, codes of an app."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.domain.account.credentials import handle_problem, password_problem, unused_step
from pro_collector.domain.account.throttling import (
    OF_ACCOUNT,
    OF_ACCOUNT_FROM_ADDRESS,
    OF_ADDRESS,
    WITHIN,
    Attempt,
    limit_reached,
)
from pro_collector.domain.account.visiting import IDLE, LONGEST, is_signed_out

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def failed(n: int, *, account: bool = True, address: bool = True, ago: timedelta = SECOND) -> list[Attempt]:
    """So many failed attempts."""
    return [Attempt(NOW - ago, account, address, succeeded=False)] * n


def signed_in(ago: timedelta = SECOND) -> list[Attempt]:
    """The account signed in from the same address."""
    return [Attempt(NOW - ago, same_account=True, same_address=True, succeeded=True)]


@pytest.mark.parametrize(
    ("attempts", "limit"),
    [
        ([], None),
        (failed(OF_ACCOUNT_FROM_ADDRESS - 1), None),
        (failed(OF_ACCOUNT_FROM_ADDRESS), "account"),
        (failed(OF_ACCOUNT_FROM_ADDRESS, ago=WITHIN), None),
        (failed(OF_ACCOUNT_FROM_ADDRESS, ago=2 * SECOND) + signed_in(), None),
        (failed(OF_ACCOUNT_FROM_ADDRESS) + signed_in(2 * SECOND), "account"),
        (failed(OF_ACCOUNT - 1, address=False), None),
        (failed(OF_ACCOUNT, address=False), "account"),
        (failed(OF_ADDRESS - 1, account=False), None),
        (failed(OF_ADDRESS, account=False), "address"),
    ],
)
def test_attempts_are_limited_for_a_while(attempts: list[Attempt], limit: str | None) -> None:
    assert limit_reached(attempts, NOW) == limit


def test_strangers_cannot_shut_out_somebody_where_they_signed_in_before() -> None:
    strangers = failed(1000, address=False)
    assert limit_reached(strangers, NOW) == "account"
    assert limit_reached(strangers + signed_in(timedelta(days=20)), NOW) is None


ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        st.integers(0, 40 * 60).map(lambda seconds: NOW - timedelta(seconds=seconds)),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    max_size=100,
)


@given(ATTEMPTS)
def test_no_limit_lasts_for_ever(attempts: list[Attempt]) -> None:
    assert limit_reached(attempts, NOW + WITHIN) is None


@given(st.integers(0, 3600 * 14), st.integers(0, 3600))
def test_a_session_ends_by_itself(began: int, seen: int) -> None:
    start, last = NOW - timedelta(seconds=began), NOW - timedelta(seconds=min(seen, began))
    assert is_signed_out(start, last, NOW) == (NOW - last >= IDLE or NOW - start >= LONGEST)
    assert is_signed_out(start, last, start + LONGEST)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("correct horse battery", None),
        ("eleven.sign", "at least 12"),
        ("a" * 300, "at most 256"),
        ("aaaaaaaaaaaa", "more different"),
        ("nurse.garcia is here", "Leave your name"),
        ("I am garcia@CLINIC.example", "Leave your name"),
        ("пароль с пробелами", None),
    ],
)
def test_a_password_is_long_and_not_ones_own_name(password: str, problem: str | None) -> None:
    said = password_problem(password, ["nurse.garcia", "garcia@clinic.example", "ng"])
    assert (said is None) if problem is None else (said is not None and problem in said)


@pytest.mark.parametrize("handle", ["n1", "maria.garcia", "a-b_c", "7up", "a" * 32])
def test_short_names_that_work(handle: str) -> None:
    assert handle_problem(handle) is None


@pytest.mark.parametrize("handle", ["", "a", "Maria", "maria garcia", ".x", "a" * 33, "m@x", "é1", "a\n", "proxy"])
def test_short_names_that_do_not(handle: str) -> None:
    assert handle_problem(handle) is not None


@given(st.lists(st.integers(0, 10), max_size=3), st.none() | st.integers(0, 10))
def test_a_code_counts_once(matching: list[int], last: int | None) -> None:
    step = unused_step(matching, last)
    if step is None:
        assert all(last is not None and each <= last for each in matching)
    else:
        assert step in matching
        assert last is None or step > last
        assert unused_step([step], step) is None
