"""All settings, read once from the environment (prefix `PRO_`); their descriptions are the documentation."""

import difflib
import ipaddress
import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pro_collector.errors import Misconfigured
from pro_collector.home import SETTINGS_FILE, home

_SENDER = r"(\+[1-9]\d{6,14}|MG[0-9a-fA-F]{32}|\d{5,6}|(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9 ]{1,11})?"
"""A number with its country code, a messaging service, a short code, or letters (nobody can reply to these)."""

NEEDED: Mapping[str, frozenset[str]] = {
    "migrate": frozenset({"vault_key"}),
    "scheduler": frozenset({"audit_key"}),
    "relay": frozenset(),
    "worker": frozenset({"vault_key", "link_key", "twilio_auth_token"}),
    "sender": frozenset({"vault_key", "link_key", "twilio_auth_token", "smtp_url"}),
    "web": frozenset({"vault_key", "link_key", "twilio_auth_token", "oidc_client_secret"}),
}
"""The secrets of each part, besides its logins to PostgreSQL and Kafka; give it no others. Commands need all."""

COMMAND_TIMEOUT = 30.0
"""The seconds after which a command that should print a secret is killed."""


def _sender(sender: str) -> str:
    if not re.fullmatch(_SENDER, sender):
        raise ValueError("expected a number with its country code (+12025550100), or a messaging service (MG...)")
    return sender


def _networks(listed: str) -> str:
    try:
        for each in filter(None, map(str.strip, listed.split(","))):
            ipaddress.ip_network(each)
    except ValueError:
        raise ValueError("expected networks with commas: 10.20.0.0/16,192.168.7.5") from None
    return listed


class DatabaseSettings(BaseSettings):
    """The one setting of a command that only reads the database. An empty variable counts as not set."""

    model_config = SettingsConfigDict(env_prefix="PRO_", env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: SecretStr = Field(description="PostgreSQL 15 or newer: postgresql://user:password@host/name")

    @classmethod
    def load(cls, parts: Iterable[str] = (), /, **values: object) -> Self:
        """Read the environment, then the file that `up` wrote. Raises Misconfigured with every invalid setting.

        `parts`: those that this process runs; a secret that none of them needs (NEEDED) may be missing.
        """
        file = home() / SETTINGS_FILE
        mistakes = list(cls._misspelt())
        given = {**cls._from_elsewhere(mistakes), **values}
        try:
            try:
                settings = cls._of(file, given)
            except ValidationError as error:
                spared = cls._spared(error, parts)
                if not spared:
                    raise
                settings = cls._of(file, {**given, **spared})
        except ValidationError as error:
            raise Misconfigured("\n".join([*mistakes, *map(cls._message, error.errors())])) from error
        if mistakes:
            raise Misconfigured("\n".join(mistakes))
        return settings

    @classmethod
    def _of(cls, file: Path, given: Mapping[str, object]) -> Self:
        return cls(_env_file=file if file.is_file() else None, **given)  # type: ignore[arg-type]  # pydantic checks

    @classmethod
    def _spared(cls, error: ValidationError, parts: Iterable[str]) -> dict[str, str]:
        """The missing secrets that these parts do not need, as empty keys."""
        chosen = list(parts)
        if not chosen or any(part not in NEEDED for part in chosen):
            return {}
        needed = frozenset[str]().union(*(NEEDED[part] for part in chosen))
        missing = {str(mistake["loc"][0]) for mistake in error.errors() if mistake["type"] == "missing"}
        spared = missing & (cls._secrets().keys() - needed - {"database_url"})
        return dict.fromkeys(spared, "")

    @classmethod
    def _from_elsewhere(cls, mistakes: list[str]) -> dict[str, str]:
        """The secrets that are in a file (`..._FILE`) or that a command prints (`..._COMMAND`); adds to `mistakes`."""
        values = {}
        for field, variable in cls._secrets().items():
            ways = [name for name in (variable, *_elsewhere(variable)) if os.environ.get(name)]
            if len(ways) > 1:
                mistakes.append(f"{ways[0]}: is set, and so is {ways[1]}; keep one")
            elif ways and ways[0] != variable:
                try:
                    values[field] = _secret_at(ways[0])
                except (OSError, ValueError, subprocess.SubprocessError) as error:
                    mistakes.append(f"{ways[0]}: cannot be read ({type(error).__name__})")
        return {field: value for field, value in values.items() if value}

    @classmethod
    def _secrets(cls) -> dict[str, str]:
        """The settings that are secrets, each with its variable."""
        return {
            name: f"PRO_{name.upper()}" for name, field in cls.model_fields.items() if field.annotation is SecretStr
        }

    @classmethod
    def _message(cls, mistake: Mapping[str, Any]) -> str:
        field = str(mistake["loc"][0])
        reason = "is not set" if mistake["type"] == "missing" else mistake["msg"].removeprefix("Value error, ")
        return f"PRO_{field.upper()}: {reason} ({cls.model_fields[field].description})"

    @classmethod
    def _misspelt(cls) -> Iterator[str]:
        """Yield a message for each misspelt setting: it has no effect, but looks as if it had one."""
        known = [f"PRO_{field.upper()}" for field in cls.model_fields]
        known += [name for variable in cls._secrets().values() for name in _elsewhere(variable)]
        for name in sorted(os.environ):
            matches = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
            if matches and name != matches[0]:
                yield f"{name}: there is no such setting; did you mean {matches[0]}?"


class ShareSettings(DatabaseSettings):
    """The settings of a command that makes a bundle for other institutions."""

    share_key: SecretStr = Field(
        SecretStr(""),
        description="32 bytes as 64 hex digits: signs bundles for other institutions, and gives their pseudonyms; "
        "only `export share` needs it",
    )


class Settings(ShareSettings):
    """Everything that differs between a laptop and a hospital."""

    database_roles: str = Field(
        "pro_collector_",
        pattern="[a-z_][a-z0-9_]{0,39}",
        description="prefix of the PostgreSQL roles that `migrate` makes; choose another for a second installation on "
        "the same server",
    )
    kafka_bootstrap: str = Field(description="Kafka brokers: host:port[,host:port]")
    kafka_prefix: str = Field("pro.", description="prefix of every topic and consumer group")
    kafka_partitions: int = Field(
        6, ge=1, description="partitions of a topic made by `migrate` or the relay; workers scale up to this"
    )
    kafka_replication: int = Field(
        1,
        ge=1,
        description="replicas of a topic made by `migrate` or the relay; on a cluster 3, of which 2 have each event",
    )
    kafka_idempotent: bool = Field(True, description="idempotent producer; the embedded broker does not support it")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="as Kafka names it: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_ca_file: str = Field(
        "", description="CA certificates (PEM) to verify brokers with; empty: those of the system"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_username: str = Field("", description="with SASL: the user name")
    kafka_password: SecretStr = Field(SecretStr(""), description="with SASL: the password")
    vault_key: SecretStr = Field(
        description="32 bytes as 64 hex digits: encrypts contacts and raw inbound texts; `new,old` while replacing it"
    )
    link_key: SecretStr = Field(description="32 bytes as 64 hex digits: derives the links in messages")
    audit_key: SecretStr = Field(
        SecretStr(""),
        description="32 bytes as 64 hex digits: signs the audit chain; `new,old` while replacing it; empty: it is "
        "derived from the link key",
    )
    audit_head_file: str = Field(
        "",
        description="file to which each night appends the end of the audit chain; keep it away from the database; "
        "empty: only the log has it",
    )
    public_url: str = Field(
        description="address at which patients and Twilio reach the web process: https://pro.example.org"
    )
    oidc_issuer: str = Field(
        "", description="identity provider of the hospital (OpenID Connect): https://login.example.org; empty: none"
    )
    oidc_client_id: str = Field("", description="the id under which the provider knows this installation")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="the secret that the provider gave it")
    oidc_groups: str = Field("groups", description="the claim that lists the groups of somebody")
    web_host: str = Field("127.0.0.1", description="address on which the web process listens")
    web_port: int = Field(8080, ge=0, le=65535, description="port on which the web process listens")
    web_hosts: str = Field(
        "",
        description="further host names under which the web process answers, with commas: for a proxy that does not "
        "pass on the name that a browser asked for",
    )
    web_proxies: str = Field(
        "127.0.0.1",
        description="addresses or networks of the reverse proxies, with commas: who a client is (`X-Forwarded-For`) is "
        "believed from these only",
    )
    twilio_account_sid: str = Field("", description="Twilio account; empty: no text messages")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="its auth token; two with a comma while rotating")
    twilio_sender: Annotated[str, AfterValidator(_sender)] = Field(
        "", description="number (+1...) or messaging service (MG...) that sends texts"
    )
    twilio_answers_keywords: bool = Field(
        True,
        description="Twilio itself answers the texts STOP and START (its default), so that we do not answer them too",
    )
    twilio_url: str = Field(
        "https://api.twilio.com", description="URL of the Twilio API; the rehearsal carrier sets its own"
    )
    sms_segments_per_second: float = Field(1.0, gt=0, description="rate limit of the sender (a US long code: 1)")
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="smtp://user:password@host:587, smtps://, smtp+plain:// (closed network); empty: no email",
    )
    email_from: str = Field("", description='sender of email: "City Clinic <pro@example.org>"')
    second_reader: str = Field(
        "",
        description="a reader of your own for texts that may be a stop or an emergency: a command line or a URL; the "
        "words of patients go there (docs/replies.md); empty: none",
    )
    webhook_networks: Annotated[str, AfterValidator(_networks)] = Field(
        "",
        description="private networks that webhooks may be sent to, with commas: 10.20.0.0/16; empty: none, public "
        "addresses only",
    )
    keep_strangers_days: int = Field(
        180, ge=0, description="days after which texts and mails of unknown senders are deleted; 0: never"
    )
    keep_dead_letters_days: int = Field(
        90, ge=0, description="days after which a settled dead letter is deleted; 0: never"
    )
    instruments: str = Field(
        "", description="a folder with questionnaires and words of your own; commands also take it as --instruments"
    )
    stall_seconds: float = Field(
        600.0,
        ge=0,
        description="seconds after which a part that does nothing although work waits ends its process, so that the "
        "service manager starts it again; 0: never",
    )
    health_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="port on which every process answers `/healthz` and `/readyz`; 0: only the web process does, on "
        "its own port",
    )
    health_host: str = Field("127.0.0.1", description="address of that port")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)] = Field(
        "info", description="debug, info, warning or error"
    )

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """Remove a slash at the end: links and Twilio's signatures are made by appending a path."""
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("expected https://host, with or without a path")
        return value.rstrip("/")


def _elsewhere(variable: str) -> tuple[str, str]:
    """The variables that say where the secret of `variable` is, if it is not in it."""
    return f"{variable}_FILE", f"{variable}_COMMAND"


def _secret_at(name: str) -> str:
    """The secret in the file, or printed by the command, that a variable names; what it complains of is not hidden.

    Raises OSError, ValueError or subprocess.SubprocessError.
    """
    where = os.environ[name]
    if name.endswith("_FILE"):
        return Path(where).read_text(encoding="utf-8").strip()
    command = shlex.split(where)
    done = subprocess.run(  # noqa: S603  # whoever sets our environment may run commands
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=COMMAND_TIMEOUT, check=True
    )
    return done.stdout.decode().strip()
