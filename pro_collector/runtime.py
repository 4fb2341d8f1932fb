"""Opens and closes all connections to the outside, and keeps them in one value, the runtime."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import psycopg

from pro_collector.channels.mail import Sender
from pro_collector.channels.pacing import Pace, Pacer
from pro_collector.channels.site_reader import SiteReader
from pro_collector.channels.smtp import Smtp
from pro_collector.channels.twilio import Twilio
from pro_collector.clock import Clock, SteadyClock, SystemClock
from pro_collector.errors import Misconfigured, NotMigrated
from pro_collector.postgres.database import Database
from pro_collector.postgres.notifications import Listener
from pro_collector.postgres.questions import sealed
from pro_collector.postgres.tables import agenda, data_keys, jobs, outbox, webhook_deliveries
from pro_collector.postgres.tables.data_keys import LOOKUP
from pro_collector.postgres.tables.studies import Studies
from pro_collector.settings import Settings
from pro_collector.vault import Vault

WRONG_KEY = "PRO_VAULT_KEY is not the key this database was sealed with"
NO_KEYS = f"{WRONG_KEY}, or vault.data_key is empty: restore its newest copy"


@dataclass(frozen=True)
class Runtime:
    """The open connections, with settings and clock. `twilio`, `smtp` and `site_reader` are None if not configured."""

    settings: Settings
    clock: Clock
    database: Database
    listener: Listener
    vault: Vault
    twilio: Twilio | None
    smtp: Smtp | None
    mail_sender: Sender
    pacer: Pacer
    site_reader: SiteReader | None = None
    studies: Studies = field(default_factory=Studies)


@asynccontextmanager
async def open_runtime(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Runtime]:
    """Open the runtime, so that errors come before any part starts; close it in reverse order.

    Raises Misconfigured or Unavailable.
    """
    clock = clock or SystemClock()
    vault = vault_of(settings)
    url = settings.database_url.get_secret_value()
    async with AsyncExitStack() as stack:
        database = await Database(url).open()
        stack.push_async_callback(database.close)
        if settings.vault_key.get_secret_value():
            await _open_vault(database, vault)
        listener = Listener(url, (agenda.CHANNEL, outbox.CHANNEL, jobs.CHANNEL, webhook_deliveries.CHANNEL))
        stack.push_async_callback(listener.stop)
        twilio = _twilio(settings)
        if twilio is not None:
            stack.push_async_callback(twilio.close)
        site_reader = SiteReader(settings.second_reader) if settings.second_reader else None
        if site_reader is not None:
            stack.push_async_callback(site_reader.close)
        yield Runtime(
            settings=settings,
            clock=clock,
            database=database,
            listener=listener,
            vault=vault,
            twilio=twilio,
            smtp=_smtp(settings),
            mail_sender=_mail_sender(settings),
            pacer=Pacer(_pace(settings.sms_segments_per_second), SteadyClock().now()),
            site_reader=site_reader,
        )


@asynccontextmanager
async def acting_as(rt: Runtime, role: str, *, connections: int = 12) -> AsyncIterator[Runtime]:
    """The runtime with connections that may do only what `role` may do (`postgres/grants.yaml`)."""
    async with rt.database.acting_as(rt.settings.database_roles + role, connections=connections) as database:
        yield replace(rt, database=database)


def vault_of(settings: Settings) -> Vault:
    """The vault with the configured keys; without a key that no part of this process needs. Raises Misconfigured."""
    return Vault(settings.vault_key.get_secret_value() or None, settings.link_key.get_secret_value() or None)


async def _open_vault(database: Database, vault: Vault) -> None:
    """Take the key that hashes addresses from the database, and store it in an empty one.

    Raises Misconfigured for a wrong key: with it we could not tell who wrote an answer or a STOP. Raises NotMigrated
    for what an older version sealed.
    """
    try:
        async with database.transaction() as tx:
            lookup_key = await data_keys.find(tx, LOOKUP)
    except psycopg.errors.InsufficientPrivilege:
        return  # the login of a part that opens and hashes nothing
    except NotMigrated:
        lookup_key = None
    if lookup_key is None:
        lookup_key = await _first_key(database, vault)
    if lookup_key is None:
        return
    if not vault.seals_key(lookup_key):
        if vault.old is not None and vault.old.seals_key(lookup_key):
            raise Misconfigured("PRO_VAULT_KEY: everything is still sealed with the old key: run pro-collector migrate")
        raise Misconfigured(f"{WRONG_KEY}: set that key, or both of them: new,old")
    vault.lookup_key = vault.open_key(LOOKUP, lookup_key)


async def _first_key(database: Database, vault: Vault) -> bytes | None:
    """The key that hashes addresses, made for a database where nothing is sealed; None before `migrate`."""
    try:
        async with database.transaction() as tx:
            samples = await sealed.samples(tx)
            if not samples:
                return await data_keys.one(tx, LOOKUP, lambda owner: vault.seal_key(owner, vault.lookup_key))
    except NotMigrated:
        return None  # an empty database: whoever sets it up derives the same key
    except psycopg.errors.InsufficientPrivilege:  # a part's own login, which reads no sealed value; `migrate` makes one
        samples = []
    if not any(each.before.sealed_any(samples) for each in (vault, vault.old) if each):
        raise Misconfigured(NO_KEYS)
    raise NotMigrated("everything is still sealed as an earlier version did it: run pro-collector migrate")


def _pace(rate: float) -> Pace:
    """The rate limit, with a burst of one second: so claimed messages are sent within a second."""
    return Pace(rate, burst=max(1.0, min(rate, 50.0)))


def _twilio(settings: Settings) -> Twilio | None:
    token = settings.twilio_auth_token.get_secret_value()
    needed = {"ACCOUNT_SID": settings.twilio_account_sid, "AUTH_TOKEN": token, "SENDER": settings.twilio_sender}
    missing = [f"PRO_TWILIO_{name}" for name, value in needed.items() if not value]
    if len(missing) == len(needed):
        return None
    if missing:
        raise Misconfigured("\n".join(f"{name}: is not set, but other PRO_TWILIO_ settings are" for name in missing))
    tokens = [part.strip() for part in token.split(",")]
    return Twilio(
        settings.twilio_account_sid,
        tokens,
        sender=settings.twilio_sender,
        public_url=settings.public_url,
        base_url=settings.twilio_url,
    )


def _smtp(settings: Settings) -> Smtp | None:
    url = settings.smtp_url.get_secret_value()
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps", "smtp+plain") or not parts.hostname:
        raise Misconfigured("PRO_SMTP_URL: expected smtp://user:password@host:587, smtps://...:465 or smtp+plain://...")
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return Smtp(
        parts.hostname,
        parts.port or (465 if parts.scheme == "smtps" else 587),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        security="tls" if parts.scheme == "smtps" else "none" if local or parts.scheme == "smtp+plain" else "starttls",
    )


def _mail_sender(settings: Settings) -> Sender:
    name, address = parseaddr(settings.email_from)
    if settings.smtp_url.get_secret_value() and "@" not in address:
        raise Misconfigured('PRO_EMAIL_FROM: expected "Name <address@domain>"')
    return Sender(name or "pro-collector", address, address.rpartition("@")[2])
