"""What a send means, for everything a provider and a network can do; and never more than one POST."""

import asyncio
import json
import socket
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
import pytest

from pro_collector.channels.outcome import Accepted, NotSent, Outcome, Policy, Rejected, Unknown
from pro_collector.channels.policies import twilio_codes
from pro_collector.channels.twilio import Twilio
from pro_collector.errors import Misconfigured
from tests.shared.provider import (
    ACCOUNT,
    CLINIC,
    LONG,
    PATIENT,
    SHORT,
    TOKEN,
    Behaviour,
    answers,
    cuts_body,
    hangs,
    provider,
    resets,
    twilio,
)

DELIVERY = UUID("11111111-2222-3333-4444-555555555555")
CREATED = json.dumps({"sid": "SM" + "b" * 32, "num_segments": "2", "status": "queued"})


async def send(
    base_url: str, *, validity: timedelta | None = None, limit: float = LONG, connecting: float = LONG
) -> Outcome:
    async with twilio(base_url, limit=limit, connecting=connecting) as channel:
        return await channel.send(
            to=PATIENT, body="How tired are you today, 0-10?", delivery_id=DELIVERY, validity=validity
        )


async def test_a_message_taken_over() -> None:
    async with provider(answers("201 Created", CREATED)) as it:
        assert await send(it.url) == Accepted("SM" + "b" * 32, 2)
    assert len(it.requests) == 1


async def test_what_the_request_says() -> None:
    async with provider(answers("201 Created", CREATED)) as it:
        await send(it.url, validity=timedelta(minutes=90, microseconds=5))
    request = it.requests[0]
    assert (request.method, request.target) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert request.headers["authorization"].startswith("Basic ")
    assert request.fields == {
        "To": PATIENT,
        "From": CLINIC,
        "Body": "How tired are you today, 0-10?",
        "StatusCallback": f"https://pro.clinic.example/webhooks/twilio/reports/{DELIVERY}#rc=5&rp=all",
        "ValidityPeriod": "5400",
    }


async def test_a_messaging_service_as_sender_and_the_longest_validity() -> None:
    service = "MG" + "c" * 32
    async with provider(answers("201 Created", CREATED)) as it, twilio(it.url, sender=service) as channel:
        await channel.send(to=PATIENT, body="Hi", delivery_id=DELIVERY, validity=timedelta(days=3))
    assert it.requests[0].fields["MessagingServiceSid"] == service
    assert it.requests[0].fields["ValidityPeriod"] == "36000"
    assert "From" not in it.requests[0].fields


async def test_a_window_that_has_closed_sends_nothing() -> None:
    async with provider(answers("201 Created", CREATED)) as it:
        outcome = await send(it.url, validity=timedelta(milliseconds=400))
    assert isinstance(outcome, Rejected)
    assert outcome.policy is Policy.WINDOW_PASSED
    assert it.requests == []


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(hangs, id="no answer in time"),
        pytest.param(resets, id="reset after the request"),
        pytest.param(cuts_body, id="broken off in the answer"),
        pytest.param(answers("500 Internal Server Error"), id="500"),
        pytest.param(answers("502 Bad Gateway", "<html>"), id="502 from a proxy"),
        pytest.param(answers("503 Service Unavailable", '{"code": 20503}'), id="503"),
        pytest.param(answers("408 Request Timeout"), id="408 from a proxy"),
        pytest.param(answers("303 See Other", "{}", "Location: /elsewhere"), id="a redirect, not followed"),
        pytest.param(answers("201 Created", "<html>thanks</html>"), id="accepted in words nobody can read"),
        pytest.param(answers("201 Created", "{}"), id="accepted without a sid"),
        pytest.param(answers("201 Created", "[]"), id="accepted with another shape"),
        pytest.param(answers("201 Created", ""), id="accepted with nothing"),
        pytest.param(answers("400 Bad Request", '{"code": 30410}'), id="a code that leaves it open"),
    ],
)
async def test_unknown_and_posted_exactly_once(behaviour: Behaviour) -> None:
    async with provider(behaviour) as it:
        outcome = await send(it.url, limit=SHORT if behaviour is hangs else LONG)
        await asyncio.sleep(0.05)
        assert [request.method for request in it.requests] == ["POST"]
    assert isinstance(outcome, Unknown), outcome


async def test_the_time_out_is_kept() -> None:
    async with provider(hangs) as it:
        began = time.monotonic()
        await send(it.url, limit=SHORT)
        assert time.monotonic() - began < 5.0


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = await send(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert isinstance(outcome, NotSent)


async def test_a_connection_that_is_never_made() -> None:
    """A full backlog: the system drops our attempts to connect, as a firewall would."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(deaf.getsockname())
            await asyncio.sleep(0.05)
            outcome = await send(f"http://127.0.0.1:{deaf.getsockname()[1]}", connecting=SHORT)
        finally:
            for one in waiting:
                one.close()
    assert isinstance(outcome, NotSent)


async def test_too_many_requests_says_when_to_come_back() -> None:
    async with provider(answers("429 Too Many Requests", '{"code": 20429}', "Retry-After: 7")) as it:
        assert await send(it.url) == NotSent("HTTP 429", timedelta(seconds=7))
    async with provider(answers("429 Too Many Requests", "", "Retry-After: Mon, 02 Mar 2026 09:00:00 GMT")) as it:
        assert await send(it.url) == NotSent("HTTP 429", None)


async def test_every_code_in_the_table_means_what_the_table_says() -> None:
    codes = {code: ruling for code, ruling in twilio_codes().codes.items() if code > 999 and code != 20429}
    assert len(codes) > 40
    given: list[int] = []

    async def refuse(writer: asyncio.StreamWriter) -> None:
        await answers("400 Bad Request", json.dumps({"code": given[-1], "message": "no", "status": 400}))(writer)

    async with provider(refuse) as it, twilio(it.url) as channel:
        for code, ruling in codes.items():
            given.append(code)
            outcome = await channel.send(to=PATIENT, body="Hi", delivery_id=uuid4())
            if ruling.policy is Policy.AMBIGUOUS:
                assert isinstance(outcome, Unknown)
            elif ruling.policy is Policy.RETRY_LATER:
                assert outcome == NotSent(f"error {code}", ruling.wait)
            else:
                assert outcome == Rejected(str(code), ruling.policy, "no")
        assert len(it.requests) == len(codes)


@pytest.mark.parametrize(
    ("status", "body", "code", "policy"),
    [
        ("400 Bad Request", '{"code": 99999, "message": "new"}', "99999", Policy.ALERT),
        ("401 Unauthorized", "<html>sign in</html>", "401", Policy.HALT_ACCOUNT),
        ("413 Payload Too Large", "", "413", Policy.ALERT),
        (
            "400 Bad Request",
            '{"type": "https://x.example", "title": "Bad", "status": 400, "code": 21614}',
            "21614",
            Policy.STOP_ADDRESS,
        ),
    ],
)
async def test_refusals_that_are_not_in_the_table_are_not_tried_again(
    status: str, body: str, code: str, policy: Policy
) -> None:
    async with provider(answers(status, body)) as it:
        outcome = await send(it.url)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.policy) == (code, policy)


async def test_what_is_kept_of_a_refusal_names_nobody() -> None:
    body = json.dumps({"code": 21211, "message": f"The 'To' number {PATIENT} is not valid (ana@mail.example)"})
    async with provider(answers("400 Bad Request", body)) as it:
        outcome = await send(it.url)
    assert isinstance(outcome, Rejected)
    assert outcome.detail == "The 'To' number [number] is not valid ([address])"


async def test_a_kept_connection_that_died_repeats_nothing() -> None:
    """The provider hangs up between two messages: the second may be unknown, but is on the wire at most once."""
    async with provider(answers("201 Created", CREATED, close=True)) as it, twilio(it.url) as channel:
        for _ in range(5):
            outcome = await channel.send(to=PATIENT, body="Hi", delivery_id=uuid4())
            assert isinstance(outcome, Accepted | Unknown)
        callbacks = [request.fields["StatusCallback"] for request in it.requests]
    assert len(callbacks) == len(set(callbacks)) >= 1


async def test_each_of_many_at_once_gets_its_own_answer() -> None:
    """One client for all sends: the SDK's own can hand one caller another's answer."""
    seen = 0

    async def echo(writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        request, seen = it.requests[-1], seen + 1
        await asyncio.sleep(0.001 * (seen % 7))
        delivery = request.fields["StatusCallback"].partition("#")[0].rpartition("/")[2]
        await answers("201 Created", json.dumps({"sid": "SM" + delivery.replace("-", "")}))(writer)

    async with provider(echo) as it, twilio(it.url) as channel:
        ids = [uuid4() for _ in range(200)]
        outcomes = await asyncio.gather(
            *(channel.send(to=PATIENT, body="Hi", delivery_id=delivery) for delivery in ids)
        )
    assert outcomes == [Accepted("SM" + delivery.hex) for delivery in ids]
    assert len(it.connections) <= 32


async def test_a_cancelled_send_is_the_callers_to_call_unknown() -> None:
    async with provider(hangs) as it, twilio(it.url) as channel:
        task = asyncio.create_task(channel.send(to=PATIENT, body="Hi", delivery_id=uuid4()))
        while not it.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(it.requests) == 1


@pytest.mark.parametrize("tokens", ["", (), ("good", "")])
def test_an_empty_token_is_refused(tokens: str | tuple[str, ...]) -> None:
    """With one, anybody could sign a webhook."""
    with pytest.raises(Misconfigured):
        Twilio(ACCOUNT, tokens, sender=CLINIC, public_url="https://pro.clinic.example")


@pytest.mark.parametrize("base_url", ["", "api.twilio.com", "ftp://x", "http://"])
def test_a_base_url_must_be_one(base_url: str) -> None:
    with pytest.raises(Misconfigured):
        Twilio(ACCOUNT, TOKEN, sender=CLINIC, public_url="https://pro.clinic.example", base_url=base_url)


async def test_a_hospitals_proxy_is_used_and_its_refusal_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with provider(answers("407 Proxy Authentication Required")) as it:
        monkeypatch.setenv("HTTPS_PROXY", it.url)
        outcome = await send("https://api.provider.example")
        assert (it.requests[0].method, it.requests[0].target) == ("CONNECT", "api.provider.example:443")
        assert "authorization" not in it.requests[0].headers
    assert isinstance(outcome, NotSent)


@pytest.mark.parametrize(("variable", "value"), [("HTTP_PROXY", "http://127.0.0.1:9"), ("HTTPS_PROXY", "http://x:9")])
async def test_a_rehearsal_on_loopback_needs_no_proxy(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    async with provider(answers("201 Created", CREATED)) as it:
        assert isinstance(await send(it.url), Accepted)


async def test_credentials_in_a_netrc_do_not_get_in_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with provider(answers("201 Created", CREATED)) as it:
        assert isinstance(await send(it.url), Accepted)
    assert it.requests[0].headers["authorization"] == aiohttp.encode_basic_auth(ACCOUNT, TOKEN)
