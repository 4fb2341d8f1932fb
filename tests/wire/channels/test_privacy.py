"""No phone number, mail address or word of a patient reaches a log, at any level, whatever happens."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from pro_collector.channels.redaction import redact
from pro_collector.channels.smtp import Smtp
from pro_collector.errors import Unavailable
from pro_collector.rehearsal.hostility import hostile
from pro_collector.rehearsal.mailbox import Mailbox, Trouble
from tests.shared.provider import (
    CLINIC,
    LONG,
    PATIENT,
    SHORT,
    START,
    Behaviour,
    LeapClock,
    answers,
    hangs,
    network,
    provider,
    resets,
    twilio,
    web_tier,
)
from tests.unit.channels.test_mail import mail

WORDS = "very " + "tired"  # in two halves, or the traceback of a test would show its own source
SECRETS = (PATIENT[1:], CLINIC[1:], "%2B1555", "ana.lopez", "mail.example", WORDS)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that is logged, on every logger, from the lowest level on."""
    caplog.set_level(1)
    loggers = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.NOTSET)
    yield caplog
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def said(log: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter("%(name)s %(message)s %(args)s")
    return "\n".join(formatter.format(record) for record in log.records)


def test_the_trap_works(log: pytest.LogCaptureFixture) -> None:
    logging.getLogger("twilio.http_client").debug("POST to %s", PATIENT)
    assert PATIENT in said(log)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(answers("201 Created", '{"sid": "SM1"}'), id="accepted"),
        pytest.param(answers("400 Bad Request", f'{{"code": 21211, "message": "{PATIENT}"}}'), id="refused"),
        pytest.param(answers("503 Service Unavailable"), id="503"),
        pytest.param(hangs, id="no answer"),
        pytest.param(resets, id="reset"),
    ],
)
async def test_texting_logs_nobody(log: pytest.LogCaptureFixture, behaviour: Behaviour) -> None:
    asyncio.get_running_loop().set_debug(True)
    limit = SHORT if behaviour is hangs else LONG
    async with provider(behaviour) as it, twilio(it.url, limit=limit) as channel:
        outcome = await channel.send(to=PATIENT, body=WORDS, delivery_id=uuid4())
        try:
            await channel.find(to=PATIENT, body=WORDS, since=START)
        except Unavailable:
            logging.getLogger("worker").exception("not reconciled")
        assert not any(secret in repr(outcome) for secret in SECRETS)
    assert not [secret for secret in SECRETS if secret in said(log)]


async def test_a_whole_rehearsal_logs_nobody(log: pytest.LogCaptureFixture) -> None:
    clock = LeapClock()
    async with (
        web_tier() as tier,
        network(clock, tier.url, hostility=hostile(3), silence=1.5) as (carrier, url),
        twilio(url, public_url=tier.url, limit=1.0) as channel,
    ):
        await asyncio.gather(*(channel.send(to=PATIENT, body=WORDS, delivery_id=uuid4()) for _ in range(40)))
        await carrier.reply(PATIENT, WORDS)
        await clock.run(carrier.idle, START + timedelta(days=2))
        assert tier.calls
    assert not [secret for secret in SECRETS if secret in said(log)]


async def test_mailing_logs_nobody(log: pytest.LogCaptureFixture) -> None:
    box = Mailbox()
    relay = Smtp("127.0.0.1", await box.start(), security="none", timeout=1)
    address = "ana.lopez@mail.example"
    box.trouble(address, Trouble(f"550 5.1.1 <{address}> unknown"), Trouble("", at="data"))
    outcomes = await relay.send([mail(address), mail(address), mail(address)])
    await box.stop()
    assert not any(secret in repr(outcomes) for secret in SECRETS if "@" in secret or secret == "ana.lopez")
    assert not [secret for secret in SECRETS if secret in said(log)]


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("The number +1 (555) 123-4567 is bad", "The number [number] is bad"),
        ("To=%2B15551234567&x=1", "To=[number]&x=1"),
        ("<ana.lopez@mail.example>: no such user", "<[address]>: no such user"),
        ("josé@correo.example, quota", "[address], quota"),
        ("error 21610 at 09:30, 160 septets", "error 21610 at 09:30, 160 septets"),
    ],
)
def test_what_is_taken_out(words: str, kept: str) -> None:
    assert redact(words) == kept
