"""The runner of Apache Kafka: the same life as the embedded broker's, checked where Apache Kafka is asked for."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pro_collector.embedded.port import LOOPBACK
from pro_collector.errors import Misconfigured
from tests.apache_kafka import JARS, ApacheKafka
from tests.wire.embedded.processes import gone, lines_of

asked_for = pytest.mark.skipif(os.environ.get("PRO_TEST_KAFKA") != "apache", reason="Apache Kafka: KAFKA=apache")


@pytest.fixture
def broker() -> Iterator[ApacheKafka]:
    made = ApacheKafka()
    yield made
    made.stop()


def listens(bootstrap: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, int(bootstrap.rpartition(":")[2]))) == 0


@asked_for
@pytest.mark.kafka
async def test_carries_messages_also_from_the_idempotent_producer(broker: ApacheKafka) -> None:
    bootstrap = broker.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("pro.test", 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all") as producer:
        await producer.send_and_wait("pro.test", b"1", key=b"same")
    async with AIOKafkaConsumer(
        "pro.test", bootstrap_servers=bootstrap, group_id="g", auto_offset_reset="earliest", enable_auto_commit=False
    ) as consumer:
        assert (await consumer.getone()).value == b"1"
        await consumer.commit()
    pid = broker.pid
    assert pid is not None
    broker.stop()
    assert gone(pid)
    assert not listens(bootstrap)


@asked_for
@pytest.mark.kafka
def test_in_the_foreground_it_names_its_address_and_an_interrupt_ends_it() -> None:
    in_background = 'trap "" INT; exec "$0" -m tests.apache_kafka'  # where SIGINT is ignored to begin with
    shown = subprocess.Popen(["sh", "-c", in_background, sys.executable], stdout=subprocess.PIPE)
    try:
        bootstrap = lines_of(shown, 1)[0].removeprefix("PRO_KAFKA_BOOTSTRAP=").split()[0]
        assert listens(bootstrap)
        shown.send_signal(signal.SIGINT)
        assert shown.wait(60) == 0
        assert not listens(bootstrap)
    finally:
        shown.kill()
        shown.wait()


def test_without_maven_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRO_CACHE", str(tmp_path))
    with pytest.raises(Misconfigured, match="needs no-such-tool"):
        replace(JARS, needs=("sh", "no-such-tool")).in_cache()
