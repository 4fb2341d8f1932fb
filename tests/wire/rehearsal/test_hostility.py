"""A hostile carrier is the same for the same seed, does what its figures say, and accounts for every message."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from pro_collector.channels.outcome import Accepted, NotSent, Outcome, Rejected, Unknown
from pro_collector.channels.twilio import Twilio
from pro_collector.rehearsal.carrier import Carrier
from pro_collector.rehearsal.hostility import Answer, DeliveryFate, Hostility, SendFate, hostile
from tests.shared.provider import START, LeapClock, WebTier, inbound, network, twilio, web_tier

KEYS = [f"message {number}" for number in range(4000)]


def test_the_same_seed_decides_the_same_and_another_does_not() -> None:
    def all_of(it: Hostility) -> list[object]:
        return [
            (it.send_fate(key), it.delivery_fate(key), it.report_delays(key, "sent"), it.reply_delays(key))
            for key in KEYS[:300]
        ]

    assert all_of(hostile(7)) == all_of(hostile(7))
    assert all_of(hostile(7)) != all_of(hostile(8))


def test_a_calm_carrier_does_nothing_odd() -> None:
    calm = Hostility(seed=3)
    for key in KEYS[:300]:
        assert calm.send_fate(key) == SendFate()
        assert calm.delivery_fate(key) == DeliveryFate()
        assert calm.report_delays(key, "sent") == calm.reply_delays(key) == (0.0,)
        assert not calm.swapped(key)


def test_answers_come_as_often_as_asked() -> None:
    it = Hostility(
        rate_limited=0.1, failed_before=0.05, failed_after=0.1, reset_before=0.05, reset_after=0.1, silent=0.1
    )
    counted = Counter(it.send_fate(key).answer for key in KEYS)
    shares = {answer: round(counted[answer] / len(KEYS), 2) for answer in Answer}
    for answer in (Answer.RATE_LIMITED, Answer.FAILED_AFTER, Answer.RESET_AFTER, Answer.SILENT):
        assert shares[answer] == pytest.approx(0.1, abs=0.02)
    for answer in (Answer.FAILED_BEFORE, Answer.RESET_BEFORE):
        assert shares[answer] == pytest.approx(0.05, abs=0.02)
    assert shares[Answer.REFUSED] == 0


def test_error_codes_come_as_often_as_asked() -> None:
    it = Hostility(rate_limited=0.2, refused={21611: 0.3, 21610: 0.1}, undelivered={30003: 0.25, 30005: 0.05})
    sends = Counter((fate.answer, fate.code) for fate in map(it.send_fate, KEYS))
    assert sends[Answer.REFUSED, 21611] / len(KEYS) == pytest.approx(0.3, abs=0.03)
    assert sends[Answer.REFUSED, 21610] / len(KEYS) == pytest.approx(0.1, abs=0.03)
    assert sends[Answer.RATE_LIMITED, 0] / len(KEYS) == pytest.approx(0.2, abs=0.03)
    deliveries = Counter(it.delivery_fate(key).code for key in KEYS)
    assert deliveries[30003] / len(KEYS) == pytest.approx(0.25, abs=0.03)
    assert deliveries[30005] / len(KEYS) == pytest.approx(0.05, abs=0.02)


def test_lost_repeated_and_late() -> None:
    it = Hostility(reply_lost=0.2, reply_repeated=0.5, reply_late=0.3, latest_reply=60)
    delays = [it.reply_delays(key) for key in KEYS]
    assert sum(not given for given in delays) / len(KEYS) == pytest.approx(0.2, abs=0.03)
    kept = [given for given in delays if given]
    assert sum(len(given) == 2 for given in kept) / len(kept) == pytest.approx(0.5, abs=0.03)
    single = [delay for given in kept for delay in given]
    assert sum(delay > 0 for delay in single) / len(single) == pytest.approx(0.3, abs=0.03)
    assert max(single) < 60


def test_a_stop_only_follows_what_was_accepted() -> None:
    it = Hostility(rate_limited=0.3, reset_before=0.3, stop_mid_send=1.0)
    for fate in map(it.send_fate, KEYS[:200]):
        assert fate.stop is (fate.answer is Answer.NORMAL)


SENDS = 200


async def hostile_run(seed: int) -> tuple[Counter[str], list[Outcome], list[str]]:
    """Many messages and replies through a hostile carrier; what it did, and what we saw of it."""
    clock, ids = LeapClock(), [uuid5(NAMESPACE_URL, str(number)) for number in range(SENDS)]
    async with (
        web_tier() as tier,
        network(clock, f"{tier.url}/in", hostility=hostile(seed), silence=0.3) as (carrier, url),
        twilio(url, public_url=tier.url) as channel,
    ):
        outcomes = await asyncio.gather(
            *(
                channel.send(to=phone(number), body=f"{number}: 0-10?", delivery_id=ids[number])
                for number in range(SENDS)
            )
        )
        for number in range(0, SENDS, 5):
            await carrier.reply(phone(number), str(number))
        await clock.run(carrier.idle)
        check_outcomes(carrier, outcomes)
        check_reports(carrier, tier)
        await check_reconciliation(carrier, channel, outcomes)
        await check_replies(carrier, channel, tier)
        return carrier.tally, outcomes, sorted(tier.statuses())


def phone(number: int) -> str:
    return f"+1555300{number:04}"


def check_outcomes(carrier: Carrier, outcomes: list[Outcome]) -> None:
    """Each answer was understood as what it was, and nothing was posted twice."""
    tally, seen = carrier.tally, Counter(type(outcome) for outcome in outcomes)
    assert tally["requests"] == SENDS
    unknown = ("silent", "reset_before", "reset_after", "failed_before", "failed_after")
    assert seen[Unknown] == sum(tally[name] for name in unknown)
    assert seen[NotSent] + seen[Rejected] == tally["rate_limited"] + tally["refused"]
    assert seen[NotSent] >= tally["rate_limited"]
    not_accepted = ("rate_limited", "refused", "failed_before", "reset_before")
    assert tally["accepted"] == SENDS - sum(tally[name] for name in not_accepted)
    assert all(tally[name] > 0 for name in (*unknown, *not_accepted))


def check_reports(carrier: Carrier, tier: WebTier) -> None:
    """Every accepted message met one end, and every report was sent, dropped or repeated as counted."""
    tally = carrier.tally
    assert tally["accepted"] == sum(tally[end] for end in ("delivered", "undelivered", "expired", "blocked"))
    sent_and_ended = 2 * tally["accepted"] - tally["expired"] - tally["blocked"]
    assert len(tier.statuses()) == sent_and_ended - tally["report_dropped"] + tally["report_repeated"]
    assert all(call.signed for call in tier.calls)
    assert tally["report_dropped"] > 0 < tally["report_repeated"]
    assert tally["reports_swapped"] > 0 < tally["report_late"]


async def check_reconciliation(carrier: Carrier, channel: Twilio, outcomes: list[Outcome]) -> None:
    """The log tells which unknown sends were accepted: all of those, and no other."""
    found = 0
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, Unknown):
            message = await channel.find(to=phone(number), body=f"{number}: 0-10?", since=START)
            found += message is not None
    assert found == sum(carrier.tally[name] for name in ("silent", "reset_after", "failed_after"))
    assert carrier.tally["accepted"] == found + sum(isinstance(outcome, Accepted) for outcome in outcomes)


async def check_replies(carrier: Carrier, channel: Twilio, tier: WebTier) -> None:
    """Replies that were never handed to us are in the log, with every other one."""
    texts = await inbound(channel, START - timedelta(seconds=1))
    assert len(texts) == carrier.tally["replies"] == SENDS // 5 + carrier.tally["stop_mid_send"]
    handed = {call.fields["MessageSid"] for call in tier.calls if "Body" in call.fields}
    assert len(handed) == carrier.tally["replies"] - carrier.tally["reply_lost"]
    assert len(tier.bodies()) == len(handed) + carrier.tally["reply_repeated"]
    assert handed <= {text.provider_id for text in texts}


async def test_a_hostile_week_adds_up() -> None:
    tally, outcomes, statuses = await hostile_run(seed=11)
    again, outcomes_again, statuses_again = await hostile_run(seed=11)
    assert (again, outcomes_again, statuses_again) == (tally, outcomes, statuses)


async def test_a_stop_in_the_middle_of_a_send_reaches_us_before_the_answer_does() -> None:
    clock = LeapClock()
    async with (
        web_tier() as tier,
        network(clock, f"{tier.url}/in", hostility=Hostility(stop_mid_send=1.0)) as (carrier, url),
        twilio(url, public_url=tier.url) as channel,
    ):
        outcome = await channel.send(to=phone(1), body="0-10?", delivery_id=UUID(int=1))
        assert isinstance(outcome, Accepted)
        assert tier.bodies() == ["STOP"]
        await clock.run(carrier.idle)
        assert [text.body for text in carrier.phones[phone(1)] if not text.automatic] == ["STOP"]
    assert carrier.tally["blocked"] == 1


async def test_swapped_reports_come_in_the_wrong_order() -> None:
    clock = LeapClock()
    async with (
        web_tier() as tier,
        network(clock, hostility=Hostility(reports_swapped=1.0)) as (carrier, url),
        twilio(url, public_url=tier.url) as channel,
    ):
        await channel.send(to=phone(1), body="0-10?", delivery_id=UUID(int=1))
        await clock.run(carrier.idle)
    assert tier.statuses() == ["delivered", "sent"]
    assert max((Twilio.parse_report(call.fields) for call in tier.calls), key=lambda r: r.rank).status == "delivered"
