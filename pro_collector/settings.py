"""Every setting, read once from the environment (prefix `PRO_`); the description is the documentation."""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pro_collector.errors import Misconfigured
from pro_collector.home import SETTINGS_FILE, home

_SENDER = r"(\+[1-9]\d{6,14}|MG[0-9a-fA-F]{32}|\d{5,6}|(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9 ]{1,11})?"
"""A number with its country code, a messaging service, a short code, or letters (which take no replies)."""


def _sender(sender: str) -> str:
    if not re.fullmatch(_SENDER, sender):
        raise ValueError("expected a number with its country code (+12025550100), or a messaging service (MG...)")
    return sender


class Settings(BaseSettings):
    """What differs between a laptop and a hospital; nothing else does. A variable that is empty is not set."""

    model_config = SettingsConfigDict(env_prefix="PRO_", env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: SecretStr = Field(description="PostgreSQL 15 or newer: postgresql://user:password@host/name")
    kafka_bootstrap: str = Field(description="Kafka brokers: host:port[,host:port]")
    kafka_prefix: str = Field("pro.", description="what every topic and consumer group begins with")
    kafka_partitions: int = Field(
        6, ge=1, description="partitions of a topic made by `migrate`; workers scale up to this"
    )
    kafka_replication: int = Field(1, ge=1, description="copies of a topic made by `migrate`; 3 on a real cluster")
    kafka_idempotent: bool = Field(True, description="idempotent producer; the embedded broker does not know it")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="as Kafka names it: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_ca_file: str = Field(
        "", description="certificates (PEM) that brokers are checked against; empty: the system's"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_username: str = Field("", description="with SASL: who we say we are")
    kafka_password: SecretStr = Field(SecretStr(""), description="with SASL: the password")
    vault_key: SecretStr = Field(
        description="32 bytes as 64 hex digits: seals contacts and raw inbound texts; `new,old` while replacing it"
    )
    link_key: SecretStr = Field(description="32 bytes as 64 hex digits: derives the links in messages")
    public_url: str = Field(description="how patients and Twilio reach the web process: https://pro.example.org")
    api_token: SecretStr = Field(description="what the team's browser and programs present to the API and dashboards")
    web_host: str = Field("127.0.0.1", description="where the web process listens")
    web_port: int = Field(8080, ge=0, le=65535, description="where the web process listens")
    twilio_account_sid: str = Field("", description="Twilio account; empty: no text messages")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="its token; two, with a comma, while rotating")
    twilio_sender: Annotated[str, AfterValidator(_sender)] = Field(
        "", description="number (+1...) or messaging service (MG...) that texts come from"
    )
    twilio_answers_keywords: bool = Field(
        True,
        description="Twilio answers STOP and START alone by itself (its default), so that we do not answer them too",
    )
    twilio_url: str = Field("https://api.twilio.com", description="the API; the rehearsal carrier sets its own")
    sms_segments_per_second: float = Field(1.0, gt=0, description="pace of the sender (a US long code: 1)")
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="smtp://user:password@host:587, smtps://, smtp+plain:// (closed network); empty: no email",
    )
    email_from: str = Field("", description='sender of email: "City Clinic <pro@example.org>"')
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)] = Field(
        "info", description="debug, info, warning or error"
    )

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """Without a slash at its end: links and Twilio's signatures are made by putting a path behind it."""
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("expected https://host, with a path or without")
        return value.rstrip("/")

    @field_validator("api_token")
    @classmethod
    def _some_password(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise ValueError("is empty, and would let everybody in")
        return value

    @classmethod
    def load(cls, **given: object) -> Self:
        """Read the environment, then the file that `up` wrote; raises Misconfigured naming every unusable setting."""
        file = home() / SETTINGS_FILE
        wrong = list(cls._misspelt())
        try:
            settings = cls(_env_file=file if file.is_file() else None, **given)  # type: ignore[arg-type]  # pydantic checks them, and says which is wrong
        except ValidationError as error:
            raise Misconfigured("\n".join([*wrong, *map(cls._told, error.errors())])) from error
        if wrong:
            raise Misconfigured("\n".join(wrong))
        return settings

    @classmethod
    def _told(cls, mistake: Mapping[str, Any]) -> str:
        field = str(mistake["loc"][0])
        said = "is not set" if mistake["type"] == "missing" else mistake["msg"].removeprefix("Value error, ")
        return f"PRO_{field.upper()}: {said} ({cls.model_fields[field].description})"

    @classmethod
    def _misspelt(cls) -> Iterator[str]:
        """A setting that nobody reads is a setting that is not in force, and looks as if it were."""
        known = [f"PRO_{field.upper()}" for field in cls.model_fields]
        for name in sorted(os.environ):
            meant = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
            if meant and name != meant[0]:
                yield f"{name}: there is no such setting; did you mean {meant[0]}?"
