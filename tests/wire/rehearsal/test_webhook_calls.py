"""How the carrier calls webhooks: repeated as the connection overrides say, within fifteen seconds in all."""

import socket
from datetime import timedelta

import pytest

from pro_collector.rehearsal.twilio_webhooks import Overrides
from tests.shared.provider import PATIENT, START, LeapClock, network, web_tier


async def called(suffix: str, script: list[int]) -> tuple[int, int, timedelta]:
    """How often a webhook with this suffix is called, how many calls failed for good, and how long that took."""
    clock = LeapClock()
    async with web_tier() as tier, network(clock, f"{tier.url}/in{suffix}") as (carrier, _):
        tier.script = list(script)
        await carrier.reply(PATIENT, "7")
        await clock.run(carrier.idle)
        assert len({call.token for call in tier.calls}) == 1
        assert all(call.signed for call in tier.calls)
        return len(tier.calls), carrier.tally["webhooks_failed"], clock.now() - START


@pytest.mark.parametrize(
    ("suffix", "script", "calls", "failed"),
    [
        ("", [], 1, 0),
        ("", [500], 1, 1),
        ("", [403], 1, 1),
        ("#rc=5&rp=all", [], 1, 0),
        ("#rc=5&rp=all", [500, 403], 3, 0),
        ("#rc=5&rp=all", [500] * 9, 6, 1),
        ("#rc=9&rp=all", [500] * 9, 6, 1),
        ("#rc=3&rp=5xx", [500, 500], 3, 0),
        ("#rc=3&rp=5xx", [403], 1, 1),
        ("#rc=3&rp=4xx,5xx", [403, 500], 3, 0),
        ("#rc=5&rp=all&tt=2000", [500] * 9, 3, 1),
    ],
)
async def test_how_often(suffix: str, script: list[int], calls: int, failed: int) -> None:
    count, lost, taken = await called(suffix, script)
    assert (count, lost) == (calls, failed)
    assert taken < timedelta(seconds=20)


async def test_a_web_tier_that_is_down_goes_to_the_fallback_then_to_the_debugger() -> None:
    clock = LeapClock()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/in"
        async with web_tier() as tier, network(clock, dead, fallback_url=f"{tier.url}/spare") as (carrier, _):
            await carrier.reply(PATIENT, "7")
            await clock.run(carrier.idle)
            assert [call.path for call in tier.calls] == ["/spare"]
            assert carrier.debugger == []
            carrier.fallback_url = ""
            await carrier.reply(PATIENT, "8")
            await clock.run(carrier.idle)
        assert carrier.debugger == [(11200, "ct")]
        assert [message.body for message in carrier.log.all()] == ["7", "8"]


async def test_without_a_webhook_a_reply_is_only_in_the_log() -> None:
    async with network() as (carrier, _):
        await carrier.reply(PATIENT, "7")
        await carrier.settle()
        assert carrier.tally["webhooks"] == 0
        assert [message.body for message in carrier.log.all()] == ["7"]


def test_overrides_are_read_in_milliseconds() -> None:
    assert Overrides.of("https://x.example/in") == Overrides()
    asked = Overrides.of("https://x.example/in?a=b#rc=2&rp=ct,rt&ct=900&rt=2500&tt=99000")
    assert asked == Overrides(2, frozenset({"ct", "rt"}), 0.9, 2.5, 15.0)
    assert asked.repeats("rt")
    assert not asked.repeats("5xx")
