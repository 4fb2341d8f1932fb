"""The environment of a rehearsal on this machine: a carrier, a mail catcher, and a runtime connected to them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr

from pro_collector.casework.inbound.receiving import receive_mail
from pro_collector.channels.twilio import INBOUND_PATH, OVERRIDES
from pro_collector.clock import Clock
from pro_collector.embedded.port import free_port
from pro_collector.embedded.servers import Servers, ShowProgress
from pro_collector.prepare import prepare
from pro_collector.rehearsal.carrier import Carrier
from pro_collector.rehearsal.hostility import CALM, Hostility
from pro_collector.rehearsal.mailbox import Mailbox
from pro_collector.runtime import Runtime, open_runtime
from pro_collector.settings import Settings

ACCOUNT = "AC" + "0" * 31 + "1"
NUMBER = "+12025550100"
"""The study's own number at the rehearsal carrier (reserved for fiction)."""


@dataclass(frozen=True)
class World:
    """The runtime of the product, with the carrier and the mail catcher that it uses."""

    rt: Runtime
    carrier: Carrier
    mailbox: Mailbox

    def quiet(self) -> bool:
        """Whether the carrier has no running work."""
        return self.carrier.idle()


@asynccontextmanager
async def rehearsal(
    servers: Servers,
    clock: Clock,
    *,
    port: int = 0,
    prefix: str = "pro.",
    hostility: Hostility = CALM,
    sending: float = 0.5,
    delivering: float = 1.5,
    partitions: int = 6,
    prepared: bool = False,
    key: str | None = None,
    say: ShowProgress = lambda _: None,
) -> AsyncIterator[World]:
    """Start a carrier and a mail catcher, migrate the database, create topics, open the runtime. No part runs yet.

    `sending` and `delivering` are times of the carrier, in seconds on `clock`. Each topic has `partitions` partitions.
    `prepared`: the database is already migrated, and either the topics exist or Kafka is not used. `key`: the key (64
    hex digits) with which something in the database is sealed already; None: a new one.
    """
    port = port or free_port()
    public_url = f"http://127.0.0.1:{port}"
    token = secrets.token_hex(16)
    async with AsyncExitStack() as stack:
        carrier = Carrier(
            clock=clock,
            account_sid=ACCOUNT,
            auth_token=token,
            senders=[NUMBER],
            inbound_url=f"{public_url}{INBOUND_PATH}{OVERRIDES}",
            hostility=hostility,
            sending=sending,
            delivering=delivering,
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
            kafka_prefix=prefix,
            kafka_partitions=partitions,
            vault_key=SecretStr(key or secrets.token_hex(32)),
            link_key=SecretStr(key or secrets.token_hex(32)),
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
        if not prepared:
            say("migrating the database")
            await prepare(settings)
        rt = await stack.enter_async_context(open_runtime(settings, clock))
        mailbox.receive = partial(receive_mail, rt)
        yield World(rt, carrier, mailbox)
