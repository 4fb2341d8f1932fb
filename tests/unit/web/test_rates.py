"""How many requests one address may send: pure arithmetic."""

import pytest

from pro_collector.web import rates
from pro_collector.web.rates import BURST, PASSWORDS, PASSWORDS_PER_SECOND, PER_SECOND, Rates

CLIENT = "8.8.8.8"


def allowed(counted: Rates, address: str, requests: int, now: float = 0.0) -> int:
    """How many of so many requests at one instant are allowed."""
    return sum(counted.take(address, 1, now) for _ in range(requests))


def test_an_address_has_a_burst_and_then_a_rate() -> None:
    counted = Rates()
    assert allowed(counted, CLIENT, 1_000) == BURST
    assert allowed(counted, CLIENT, 1_000, now=2.0) == 2 * PER_SECOND
    assert allowed(counted, CLIENT, 1_000, now=3_600.0) == BURST
    assert allowed(counted, "8.8.4.4", 1) == 1, "another address has a bucket of its own"


@pytest.mark.parametrize("address", [CLIENT, "10.1.2.3", "127.0.0.1", "::1", "a socket"])
def test_wrong_passwords_are_few_for_any_address(address: str) -> None:
    counted = Rates(PASSWORDS_PER_SECOND, PASSWORDS, limits_private=True)
    for now, most in ((0.0, 20), (10.0, 5)):
        tries = 0
        while not counted.used_up(address, now):
            assert counted.take(address, 1, now)
            tries += 1
        assert tries == most
    assert not counted.used_up("9.9.9.9", 10.0)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "::ffff:10.0.0.1", "a socket", ""])
def test_a_proxy_or_the_hospitals_own_network_has_no_limit(address: str) -> None:
    assert allowed(Rates(), address, 1_000) == 1_000


def test_a_network_of_ipv6_is_one_address() -> None:
    counted = Rates()
    assert allowed(counted, "2a00:1450:4001:80b::1", 1_000) == BURST
    assert allowed(counted, "2a00:1450:4001:80b:ffff::2", 1) == 0
    assert allowed(counted, "2a00:1450:4001:80c::1", 1) == 1
    assert allowed(counted, "::ffff:8.8.8.8", 1_000) == BURST
    assert allowed(counted, CLIENT, 1) == 0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    counted = Rates()
    assert allowed(counted, CLIENT, 1_000, now=100.0) == BURST
    assert allowed(counted, CLIENT, 1, now=50.0) == 0


def test_many_addresses_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_ADDRESSES", 3)
    counted = Rates()
    assert allowed(counted, CLIENT, 1_000) == BURST
    for last in range(10):
        assert allowed(counted, f"9.9.9.{last}", 1) == 1
        assert allowed(counted, CLIENT, 1) == 0, "who goes on asking is not forgotten"
    assert len(counted._buckets) == 3
