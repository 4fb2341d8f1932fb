"""A whole world on this machine: servers from wheels, a carrier, a mail catcher, and the product running in it."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from pro_collector.channels.twilio import INBOUND_PATH
from pro_collector.clock import Clock
from pro_collector.embedded.kafka import Kafka
from pro_collector.embedded.postgres import Postgres
from pro_collector.kafka.topics import create_topics
from pro_collector.postgres.migrate import migrate
from pro_collector.rehearsal.carrier import Carrier
from pro_collector.rehearsal.hostility import CALM, Hostility
from pro_collector.rehearsal.mailbox import Mailbox
from pro_collector.runtime import Runtime, opened
from pro_collector.settings import Settings

ACCOUNT = "AC" + "0" * 31 + "1"
NUMBER = "+12025550100"
"""The study's own number at the rehearsal carrier (reserved for fiction)."""

Say = Callable[[str], None]
"""Told what is being done, for long steps."""


@dataclass(frozen=True)
class Servers:
    """Addresses of PostgreSQL and Kafka."""

    database_url: str
    kafka_bootstrap: str
    kafka_idempotent: bool = False


@asynccontextmanager
async def embedded_servers(data: Path | None = None, say: Say = lambda _: None) -> AsyncIterator[Servers]:
    """PostgreSQL and a Kafka-protocol broker as child processes; with `data` the database is durable."""
    async with AsyncExitStack() as stack:
        postgres, kafka = Postgres(), Kafka()
        say("starting PostgreSQL")
        url = await asyncio.to_thread(postgres.start, data, durable=data is not None)
        stack.push_async_callback(asyncio.to_thread, postgres.stop)
        say("starting Kafka")
        bootstrap = await asyncio.to_thread(kafka.start)
        stack.push_async_callback(asyncio.to_thread, kafka.stop)
        yield Servers(url, bootstrap)


@dataclass(frozen=True)
class World:
    """The product with everything around it."""

    rt: Runtime
    carrier: Carrier
    mailbox: Mailbox

    def quiet(self) -> bool:
        """Whether carrier and catcher have nothing under way."""
        return self.carrier.idle()


@asynccontextmanager
async def rehearsal(
    servers: Servers, clock: Clock, *, port: int = 0, hostility: Hostility = CALM, say: Say = lambda _: None
) -> AsyncIterator[World]:
    """A carrier, a mail catcher, a migrated database, topics, and the outside world opened; nothing runs yet."""
    port = port or free_port()
    public_url = f"http://127.0.0.1:{port}"
    token = secrets.token_hex(16)
    async with AsyncExitStack() as stack:
        carrier = Carrier(
            clock=clock,
            account_sid=ACCOUNT,
            auth_token=token,
            senders=[NUMBER],
            inbound_url=f"{public_url}{INBOUND_PATH}",
            hostility=hostility,
        )
        carrier_url = await carrier.start()
        stack.push_async_callback(carrier.stop)
        mailbox = Mailbox()
        mail_port = await mailbox.start()
        stack.push_async_callback(mailbox.stop)
        settings = Settings(
            database_url=SecretStr(servers.database_url),
            kafka_bootstrap=servers.kafka_bootstrap,
            kafka_idempotent=servers.kafka_idempotent,
            vault_key=SecretStr(secrets.token_hex(32)),
            link_key=SecretStr(secrets.token_hex(32)),
            api_token=SecretStr(secrets.token_urlsafe(16)),
            public_url=public_url,
            web_port=port,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=SecretStr(token),
            twilio_sender=NUMBER,
            twilio_url=carrier_url,
            sms_segments_per_second=1000.0,
            smtp_url=SecretStr(f"smtp://127.0.0.1:{mail_port}"),
            email_from="The Story Team <check-in@rare-tumour-story.example.org>",
        )
        say("bringing the database up to date")
        await prepare(settings)
        yield World(await stack.enter_async_context(opened(settings, clock)), carrier, mailbox)


async def prepare(settings: Settings) -> tuple[Sequence[str], Sequence[str]]:
    """Migrate the database and create the topics; what was applied and created."""
    applied = await asyncio.to_thread(migrate, settings.database_url.get_secret_value())
    return applied, await create_topics(settings)


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
