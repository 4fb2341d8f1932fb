"""A broker with TLS and a login, as a hospital's: everything goes through, and nothing without the right password."""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pro_collector.embedded.port import LOOPBACK
from pro_collector.embedded.servers import Servers
from pro_collector.errors import Misconfigured, Unavailable
from pro_collector.kafka.connection import security
from tests.apache_kafka import ApacheKafka, Login
from tests.wire.kafka.pipe import pipe, settings

NOBODY = Servers("postgresql://nobody@127.0.0.1/nothing", "127.0.0.1:1")
secured_broker = pytest.mark.skipif(
    os.environ.get("PRO_TEST_KAFKA") != "apache", reason="the embedded broker knows no login: KAFKA=apache"
)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A broker's key with its certificate, and the certificate alone, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a broker in a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    ).public_bytes(serialization.Encoding.PEM)  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both, alone = folder / "broker.pem", folder / "ca.pem"
    both.write_bytes(private + made)
    alone.write_bytes(made)
    return both, alone


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A secured broker: its address, and the settings that let us in."""
    pem, ca = certificate(tmp_path_factory.mktemp("tls"))
    broker = ApacheKafka(login=Login("pro", "s3cret", pem))
    try:
        yield broker.start(), {
            "kafka_security_protocol": "SASL_SSL", "kafka_ca_file": str(ca), "kafka_username": "pro",
            "kafka_password": "s3cret",
        }  # fmt: skip
    finally:
        broker.stop()


@secured_broker
@pytest.mark.kafka
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
async def test_events_go_through(
    mechanism: str, secured: tuple[str, dict[str, str]], database_url: str, prefix: str
) -> None:
    address, login = secured
    servers = Servers(database_url, address, kafka_idempotent=True)
    async with pipe(servers, prefix, more={**login, "kafka_sasl_mechanism": mechanism}) as flow:
        sent = await flow.emit(*["good"] * 20)
        await flow.all_done()
        assert flow.count(sent) == [1] * 20


@secured_broker
@pytest.mark.kafka
@pytest.mark.parametrize(
    "wrong",
    [{"kafka_password": "guessed"}, {"kafka_ca_file": ""}, {"kafka_security_protocol": "PLAINTEXT"}],
    ids=["password", "authority", "plaintext"],
)
async def test_nobody_else_is_let_in(
    wrong: dict[str, str], secured: tuple[str, dict[str, str]], database_url: str
) -> None:
    address, login = secured
    with pytest.raises(Unavailable, match="PRO_KAFKA"):
        async with pipe(Servers(database_url, address), f"t{uuid.uuid4().hex[:10]}.", more={**login, **wrong}):
            pass


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"kafka_security_protocol": "SASL_SSL"}, "PRO_KAFKA_USERNAME: is not set"),
        ({"kafka_security_protocol": "SSL", "kafka_ca_file": __file__}, "PRO_KAFKA_CA_FILE: cannot be read"),
        ({"kafka_security_protocol": "SSL", "kafka_ca_file": "/nowhere"}, "PRO_KAFKA_CA_FILE: cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(more: dict[str, str], told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        security(settings(NOBODY, "pro.", more))


def test_a_closed_network_needs_none() -> None:
    assert security(settings(NOBODY, "pro.", {})) is None
