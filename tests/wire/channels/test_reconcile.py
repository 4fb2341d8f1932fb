"""Finding a lost send in the provider's log, and inbound texts whose webhook never came."""

import asyncio
import json
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Self
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from pro_collector.channels.outcome import Accepted, Unknown
from pro_collector.channels.twilio import Departure, reconcile, transport
from pro_collector.channels.twilio.transport import PRODUCTION, Transport
from pro_collector.errors import Unavailable
from pro_collector.rehearsal.hostility import Hostility
from tests.shared.provider import (
    CLINIC,
    LONG,
    PATIENT,
    SERVICE,
    SHORT,
    START,
    Behaviour,
    LeapClock,
    answers,
    hangs,
    inbound,
    network,
    provider,
    resets,
    twilio,
)


async def test_a_message_whose_answer_was_lost_is_found() -> None:
    clock = LeapClock()
    async with network(clock, hostility=Hostility(reset_after=1.0)) as (it, url), twilio(url) as channel:
        assert isinstance(await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4()), Unknown)
        await clock.run(it.idle)
        found = await channel.find(to=PATIENT, body="0-10? ", since=START)
    assert found is not None
    assert (found.status, found.rank, found.error_code) == ("delivered", 70, None)
    assert found.provider_id == it.log.all()[0].sid


class HourAhead(datetime):
    """The clock of a machine that is an hour ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        real = datetime.now(tz) + timedelta(hours=1)
        return cls.fromtimestamp(real.timestamp(), tz)


async def test_the_log_is_read_by_the_providers_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a text that was sent is not found and is sent again, and a text whose webhook was lost stays unread."""
    monkeypatch.setattr(transport, "datetime", HourAhead)
    clock = LeapClock()
    hostility = Hostility(reset_after=1.0, reply_lost=1.0)
    async with network(clock, hostility=hostility) as (it, url), twilio(url) as channel, twilio(url) as started:
        assert isinstance(await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4()), Unknown)
        await clock.run(it.idle)
        await it.reply(PATIENT, "STOP")
        ours = START + timedelta(hours=1)
        assert await channel.find(to=PATIENT, body="0-10?", since=ours)
        assert [text.body for text in await inbound(started, ours - timedelta(minutes=15))] == ["STOP"]


async def test_a_message_that_never_arrived_is_not_found() -> None:
    async with network(hostility=Hostility(reset_before=1.0)) as (_, url), twilio(url) as channel:
        assert isinstance(await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4()), Unknown)
        assert await channel.find(to=PATIENT, body="0-10?", since=START) is None


async def test_only_our_own_new_unclaimed_message_counts() -> None:
    clock = LeapClock()
    async with network(clock) as (it, url), twilio(url) as channel, twilio(url, sender=SERVICE) as by_service:
        first = await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        await clock.run(it.idle, START + timedelta(hours=1))
        second = await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        third = await by_service.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)
        assert isinstance(third, Accepted)

        async def found(**change: object) -> str | None:
            asked = {"to": PATIENT, "body": "0-10?", "since": clock.now(), **change}
            message = await channel.find(**asked)  # type: ignore[arg-type]
            return message.provider_id if message else None

        assert await found() == second.provider_id
        assert await found(since=START) == first.provider_id
        assert await found(since=START, known={first.provider_id}) == second.provider_id
        assert await found(body="0-4?") is None
        assert await found(to="+15557654321") is None
        assert await found(since=clock.now() + timedelta(seconds=90)) == second.provider_id, "our clock is ahead"
        assert await found(since=clock.now() + timedelta(minutes=3)) is None
        await it.reply(PATIENT, "0-10?")
        assert await found(known={second.provider_id, third.provider_id}) is None
        by = await by_service.find(to=PATIENT, body="0-10?", since=START, known={first.provider_id})
        assert by is not None
        assert by.provider_id == third.provider_id


async def test_inbound_texts_over_many_pages_oldest_first() -> None:
    clock = LeapClock()
    async with network(clock) as (it, url), twilio(url) as channel:
        await it.reply(PATIENT, "too early")
        for number in range(450):
            await clock.run(it.idle, START + timedelta(minutes=1 + number))
            await it.reply(f"+1555200{number:04}", f"answer {number}")
        await it.reply(PATIENT, "to another number of ours", to="+15550002222")
        await channel.send(to=PATIENT, body="ours", delivery_id=uuid4())
        texts = await inbound(channel, START + timedelta(minutes=1))
    assert [text.body for text in texts] == [f"answer {number}" for number in range(450)]
    assert texts[0].at == START + timedelta(minutes=1)
    assert (texts[7].sender, texts[7].recipient) == ("+15552000007", CLINIC)


async def test_inbound_texts_to_every_number_of_a_messaging_service() -> None:
    ours = [CLINIC, "+15550002222", "24365"]
    async with network(senders=ours) as (it, url), twilio(url, sender=SERVICE) as channel:
        for number, to in enumerate([*ours, "+15550003333"]):
            await it.reply(f"+1555200{number:04}", f"to {to}", to=to)
        assert {text.body for text in await inbound(channel, START)} == {f"to {each}" for each in ours}
    async with network() as (_, url), twilio(url, sender="MG" + "0" * 32) as unknown:
        with pytest.raises(Unavailable, match="cannot be read"):
            await inbound(unknown, START)
    async with network() as (it, url), twilio(url, sender="City Clinic") as letters:
        await it.reply(PATIENT, "nobody can reply to letters", to=CLINIC)
        assert await inbound(letters, START) == []


async def test_a_page_that_fails_once_is_asked_for_again() -> None:
    page, left = json.dumps({"messages": [], "next_page_uri": None}), [2]

    async def sometimes(writer: asyncio.StreamWriter) -> None:
        left[0] -= 1
        await (answers("500 Internal Server Error") if left[0] >= 0 else answers("200 OK", page))(writer)

    async with provider(sometimes) as it, twilio(it.url) as channel:
        assert await inbound(channel, START) == []
        assert len(it.requests) == 3


def test_each_of_twilios_servers_is_asked_for_what_it_has() -> None:
    for base, server in ((PRODUCTION, "messaging.twilio.com"), ("http://127.0.0.1:1/x", "127.0.0.1")):
        address = Transport(base, timeout=1, connect_timeout=1)._address(
            "https://messaging.twilio.com/v1/Services", None
        )
        assert (address.host, address.path[-12:]) == (server, "/v1/Services")


async def test_a_lost_long_text_in_base64_is_read_from_the_log_too() -> None:
    words = "Hoy un 7 de cansancio, quizá 8 por la tarde; ayer me costó tragar y dormí mal."
    async with network(hostility=Hostility(reply_lost=1.0)) as (it, url), twilio(url) as channel:
        await it.reply(PATIENT, words, as_base64=True)
        texts = await inbound(channel, START)
    assert [text.body for text in texts] == [words]
    assert texts[0].raw["Body"] != words


@pytest.mark.parametrize(
    ("unkind", "left"),
    [
        pytest.param(Hostility(), True, id="delivered"),
        pytest.param(Hostility(undelivered={30003: 1.0}), False, id="lost"),
        pytest.param(Hostility(undelivered={30008: 1.0}), None, id="perhaps lost"),
        pytest.param(Hostility(slow_delivery=1.0, slowest_delivery=1e9), False, id="expired in the queue"),
    ],
)
async def test_how_far_a_text_of_ours_came(unkind: Hostility, left: bool | None) -> None:
    clock = LeapClock()
    async with network(clock, hostility=unkind) as (it, url), twilio(url) as channel:
        sent = await channel.send(to=PATIENT, body="0-10?", delivery_id=uuid4())
        assert isinstance(sent, Accepted)
        assert await channel.departure(sent.provider_id) == Departure(False), "it queues"
        await clock.run(it.idle)
        at = START if left else None
        assert await channel.departure(sent.provider_id) == Departure(left, at)


async def test_times_leave_in_utc() -> None:
    """The SDK prints a local time as if it were UTC; what we hand it is UTC already."""
    page = json.dumps({"messages": [], "next_page_uri": None})
    new_york = timezone(-timedelta(hours=5))
    async with provider(answers("200 OK", page)) as it, twilio(it.url) as channel:
        await inbound(channel, START.astimezone(new_york))
        query = parse_qs(urlsplit(it.requests[0].target).query)
        assert query["DateSent>"] == ["2026-03-02T09:00:00Z"]
        assert query["To"] == [CLINIC]
        with pytest.raises(ValueError, match="without a zone"):
            await inbound(channel, START.replace(tzinfo=None))
        with pytest.raises(ValueError, match="without a zone"):
            await channel.find(to=PATIENT, body="x", since=START.replace(tzinfo=None))
        assert len(it.requests) == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(hangs, id="time-out"),
        pytest.param(resets, id="reset"),
        pytest.param(answers("503 Service Unavailable"), id="503"),
        pytest.param(answers("429 Too Many Requests"), id="429"),
        pytest.param(answers("401 Unauthorized", '{"code": 20003, "message": "no"}'), id="401"),
        pytest.param(answers("200 OK", "<html>"), id="not JSON"),
        pytest.param(answers("200 OK", '{"a": 1, "b": 2}'), id="another shape"),
        pytest.param(answers("200 OK", '{"messages": [7]}'), id="another content"),
    ],
)
async def test_a_log_that_cannot_be_read_is_unavailable_and_names_nobody(
    behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never None: that would mean the message does not exist, and it would be sent twice."""
    monkeypatch.setattr(reconcile, "RETRY_WAITS", (0.0,))
    limit = SHORT if behaviour is hangs else LONG
    async with provider(behaviour) as it, twilio(it.url, limit=limit) as channel:
        with pytest.raises(Unavailable) as caught:
            await channel.find(to=PATIENT, body="0-10?", since=START)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        assert PATIENT[1:] not in str(caught.value)
        with pytest.raises(Unavailable):
            await inbound(channel, START)
        with pytest.raises(Unavailable):
            await channel.sent_at("SM" + "1" * 32)
        with pytest.raises(Unavailable):
            await channel.departure("SM" + "1" * 32)


async def test_the_words_of_a_message_are_erased_at_the_provider() -> None:
    async with network() as (it, url), twilio(url) as channel:
        sid = await it.reply(PATIENT, "I feel very low")
        assert await channel.erase(sid)
        assert [message.body for message in it.log.all()] == [""]
        assert not await channel.erase("SM" + "0" * 32)


async def test_words_that_were_not_erased_are_not_said_to_be() -> None:
    for refusal in (answers("400 Bad Request", '{"code": 20009, "message": "in progress"}'), resets):
        async with provider(refusal) as it, twilio(it.url) as channel:
            with pytest.raises(Unavailable):
                await channel.erase("SM" + "0" * 32)
