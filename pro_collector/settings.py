"""Every setting, read once from the environment (prefix `PRO_`); the description is the documentation."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pro_collector.errors import Misconfigured
from pro_collector.home import SETTINGS_FILE, home


class Settings(BaseSettings):
    """What differs between a laptop and a hospital; nothing else does."""

    model_config = SettingsConfigDict(env_prefix="PRO_", frozen=True, extra="ignore")

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
    twilio_sender: str = Field("", description="number (+1...) or messaging service (MG...) that texts come from")
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
    log_level: str = Field("info", description="debug, info, warning or error")

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
        try:
            return cls(_env_file=file if file.is_file() else None, **given)  # type: ignore[arg-type]  # pydantic checks them, and says which is wrong
        except ValidationError as error:
            lines = [
                f"PRO_{str(item['loc'][0]).upper()}: "
                + ("is not set" if item["type"] == "missing" else str(item["msg"]).removeprefix("Value error, "))
                + f" ({cls.model_fields[str(item['loc'][0])].description})"
                for item in error.errors()
            ]
            raise Misconfigured("\n".join(lines)) from error
