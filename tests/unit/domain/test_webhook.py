"""Webhooks: the signature of the specification, where they may lead, and for how long a message is tried."""

import base64
import hashlib
import hmac
import ipaddress
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_collector.backoff import wait_seconds
from pro_collector.domain.webhook import (
    LEAST,
    MOST,
    TRIED_FOR,
    WebhookMessage,
    may_reach,
    networks_of,
    next_try,
    secret_of,
    spoken_secret,
    url_problem,
)  # fmt: skip

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MESSAGE = WebhookMessage(UUID(int=7), "alert.changed", NOW, {"rule": "severe", "é": None})
OURS = networks_of("10.20.0.0/16, 127.0.0.0/8")


def test_a_message_is_signed_as_the_specification_says_with_each_secret() -> None:
    old, new = b"o" * 32, b"n" * 32
    headers = MESSAGE.headers([new, old], NOW + timedelta(seconds=5.5))
    assert headers["webhook-id"] == "00000000-0000-0000-0000-000000000007"
    assert headers["webhook-timestamp"] == "1772452805"
    # HMAC by hand (RFC 2104), so that it is not our own computation that is compared with itself
    signed = b"00000000-0000-0000-0000-000000000007.1772452805." + MESSAGE.body
    expected = []
    for secret in (new, old):
        key = secret.ljust(64, b"\0")
        inner = hashlib.sha256(bytes(each ^ 0x36 for each in key) + signed).digest()
        outer = hashlib.sha256(bytes(each ^ 0x5C for each in key) + inner).digest()
        expected.append("v1," + base64.b64encode(outer).decode())
    assert headers["webhook-signature"] == " ".join(expected)
    assert not hmac.compare_digest(expected[0], expected[1])


def test_the_body_has_the_type_the_time_and_the_event() -> None:
    assert json.loads(MESSAGE.body) == {
        "type": "alert.changed", "timestamp": "2026-03-02T12:00:00+00:00", "data": {"rule": "severe", "é": None}
    }  # fmt: skip


def test_a_secret_is_spoken_with_its_prefix() -> None:
    assert spoken_secret(b"\xff" * 32).startswith("whsec_//")
    assert secret_of(spoken_secret(bytes(range(32)))) == bytes(range(32))


@given(st.lists(st.floats(0, 1), min_size=60, max_size=60), st.floats(0, 10))
def test_a_message_is_tried_again_later_and_later_for_a_day_and_not_for_ever(dice: list[float], slow: float) -> None:
    now, tries, waits = NOW, 0, []
    while True:
        tries += 1
        now += timedelta(seconds=slow)  # how long the receiver takes to fail
        due = next_try(NOW, now, wait_seconds(tries, least=LEAST, most=MOST, dice=dice.pop))
        if due is None:
            break
        waits.append((due - now).total_seconds())
        now = max(now, due)
    assert now >= NOW + TRIED_FOR
    assert now <= NOW + TRIED_FOR + timedelta(seconds=slow)
    assert 15 <= tries <= 35
    assert waits[0] <= LEAST
    assert max(waits) <= MOST


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("10.20.3.4", True), ("127.0.0.1", True),
        ("::ffff:10.20.3.4", True),
        ("10.21.0.1", False), ("192.168.1.1", False), ("172.16.0.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("::1", False), ("::", False), ("fe80::1", False), ("fd00::1", False), ("ff02::1", False),
        ("::ffff:192.168.1.1", False), ("64:ff9b::c0a8:101", False), ("2002:c0a8:101::", False),
    ],
)  # fmt: skip
def test_only_public_addresses_and_those_that_are_allowed_are_reached(address: str, *, reached: bool) -> None:
    assert may_reach(ipaddress.ip_address(address), OURS) is reached


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://example.org/hook?x=1", None), ("https://10.20.0.9:8443/", None), ("http://127.0.0.1:9/x", None),
        ("http://localhost:9/x", None),
        ("http://example.org/", "https"), ("http://10.20.0.9/", "https"), ("ftp://example.org/", "https"),
        ("file:///etc/passwd", "https://host"), ("https://", "https://host"), ("example.org", "https://host"),
        ("https://[bad/", "https://host"), ("https://example.org:99999/", "https://host"),
        ("https://exam ple.org/", "https://host"), ("https://example.org/" + "x" * 2000, "at most"),
        ("https://a:b@example.org/", "password"), ("https://example.org/#x", "without #"),
        ("https://192.168.1.1/", "PRO_WEBHOOK_NETWORKS"), ("https://[::1]/", "PRO_WEBHOOK_NETWORKS"),
    ],
)  # fmt: skip
def test_a_url_is_https_without_a_password_and_leads_outside(url: str, said: str | None) -> None:
    found = url_problem(url, OURS)
    assert found is None if said is None else said in (found or "")
