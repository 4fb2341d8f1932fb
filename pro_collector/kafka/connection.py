"""The settings of every Kafka client: addresses, encryption, login, client id."""

import ssl
from typing import Any, Final

from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from pro_collector.errors import Misconfigured
from pro_collector.settings import Settings

SOURCE: Final = "pro-collector"
UNREACHABLE: Final = (
    "PRO_KAFKA_BOOTSTRAP: no Kafka broker answers there with the PRO_KAFKA settings for encryption and login"
)
METADATA_MAX_AGE_MS: Final = 5_000
"""Every client sees new topics, and topics created again after a loss, within this time; the default is 5 minutes."""
_LOGINS: Final = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


def brokers(settings: Settings) -> list[str]:
    """The addresses of the bootstrap brokers."""
    return [address.strip() for address in settings.kafka_bootstrap.split(",")]


def security(settings: Settings) -> BaseSecurity | None:
    """Encryption and login in FastStream's form; None for PLAINTEXT. Raises Misconfigured."""
    protocol = settings.kafka_security_protocol
    if protocol == "PLAINTEXT":
        return None
    context = _context(settings.kafka_ca_file) if protocol.endswith("SSL") else None
    if protocol == "SSL":
        return BaseSecurity(ssl_context=context)
    if not settings.kafka_username:
        raise Misconfigured(f"PRO_KAFKA_USERNAME: is not set, but PRO_KAFKA_SECURITY_PROTOCOL={protocol} needs it")
    login = _LOGINS[settings.kafka_sasl_mechanism]
    return login(settings.kafka_username, settings.kafka_password.get_secret_value(), ssl_context=context)


def client_options(settings: Settings) -> dict[str, Any]:
    """The same settings for an aiokafka client without FastStream."""
    return {"bootstrap_servers": brokers(settings), "client_id": SOURCE, **parse_security(security(settings))}


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"PRO_KAFKA_CA_FILE: cannot be read as certificates in PEM: {ca_file}") from error
