"""The tables of provider codes: complete, readable, and cautious about what they do not hold."""

import json
from datetime import timedelta

import pytest

from pro_collector.channels.outcome import Policy
from pro_collector.channels.policies import smtp_codes, smtp_ruling, twilio_codes, twilio_ruling
from tests.shared.places import ROOT

COLLECTED = ROOT.parent / "shared" / "facts" / "twilio-error-policy.json"


def test_every_collected_code_is_classified() -> None:
    if not COLLECTED.is_file():
        pytest.skip("the collected list of Twilio codes (../shared/facts) is not here")
    collected = {entry["code"] for entry in json.loads(COLLECTED.read_text(encoding="utf-8"))["codes"]}
    assert collected - set(twilio_codes().codes) == set()


def test_what_may_be_tried_again_says_how_long_to_wait() -> None:
    assert twilio_ruling(30003).wait == timedelta(hours=4)
    assert twilio_ruling(20429).wait == timedelta(minutes=1)
    assert smtp_ruling("4.7.1").wait == timedelta(minutes=10)
    assert smtp_ruling("4.2.2").wait == timedelta(minutes=15)


@pytest.mark.parametrize("code", [None, "", "abc", 0, "123456789", -5])
def test_an_unknown_code_is_never_tried_again(code: int | str | None) -> None:
    ruling = twilio_ruling(code)
    assert (ruling.policy, ruling.retries) == (Policy.ALERT, 0)


def test_only_what_may_be_tried_again_says_how_often() -> None:
    for ruling in [*twilio_codes().codes.values(), *smtp_codes().statuses.values()]:
        assert (ruling.retries > 0) is (ruling.policy is Policy.RETRY_LATER), ruling


@pytest.mark.parametrize(
    ("status", "policy"),
    [
        ("4.2.2", Policy.RETRY_LATER),
        ("4.99.99", Policy.RETRY_LATER),
        ("5.1.1", Policy.STOP_ADDRESS),
        ("5.1.8", Policy.FIX_CONFIG),
        ("5.2.2", Policy.STOP_ADDRESS),
        ("5.7.1", Policy.FIX_CONFIG),
        ("5.7.8", Policy.HALT_ACCOUNT),
        ("5.0.0", Policy.ALERT),
        ("9.9.9", Policy.ALERT),
        ("", Policy.ALERT),
    ],
)
def test_the_longest_beginning_of_a_mail_status_decides(status: str, policy: Policy) -> None:
    assert smtp_ruling(status).policy is policy
