"""The embedded Kafka-protocol broker: it carries messages through consumer groups and leaves nothing behind."""

import contextlib
import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from pro_collector.embedded import kafka
from pro_collector.embedded.kafka import Kafka
from pro_collector.embedded.port import LOOPBACK, broker_answers, free_port
from pro_collector.errors import Misconfigured, Unavailable
from tests.wire.embedded.processes import gone, lines_of

_RUN_UNTIL_KILLED = """
import time
from pro_collector.embedded.kafka import Kafka
broker = Kafka()
print(broker.start(), flush=True)
print(broker.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def broker() -> Iterator[Kafka]:
    made = Kafka()
    yield made
    made.stop()


def listens(bootstrap: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port_of(bootstrap))) == 0


def port_of(bootstrap: str) -> int:
    return int(bootstrap.rpartition(":")[2])


async def consume(bootstrap: str, topic: str, group: str, count: int) -> list[tuple[bytes | None, bytes | None]]:
    """Read and commit `count` messages as a member of `group`."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=1500,
        heartbeat_interval_ms=500,
    )
    await consumer.start()
    try:
        messages = [await consumer.getone() for _ in range(count)]
        await consumer.commit()
        return [(message.key, message.value) for message in messages]
    finally:
        await consumer.stop()


async def test_carries_messages_and_remembers_what_a_group_has_read(broker: Kafka) -> None:
    bootstrap, topic, group = broker.start(), f"t{uuid4()}", f"g{uuid4()}"
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=False, acks="all") as producer:
        for number in range(5):
            await producer.send_and_wait(topic, b"%d" % number, key=b"same", headers=[("ce_id", b"x")])
        assert await consume(bootstrap, topic, group, 3) == [(b"same", b"0"), (b"same", b"1"), (b"same", b"2")]
        assert await consume(bootstrap, topic, f"{group}-other", 5) == [(b"same", b"%d" % n) for n in range(5)]
        assert await consume(bootstrap, topic, group, 2) == [(b"same", b"3"), (b"same", b"4")]


def test_starts_and_stops_at_once_and_only_on_loopback(broker: Kafka) -> None:
    started = time.monotonic()
    bootstrap, pid = broker.start(), broker.pid
    assert bootstrap.startswith("127.0.0.1:")
    assert listens(bootstrap)
    assert pid is not None
    with pytest.raises(Unavailable, match="running already"):
        broker.start()
    broker.stop()
    assert time.monotonic() - started < 10
    assert gone(pid)
    assert not listens(bootstrap)
    broker.stop()


def test_a_taken_port_is_not_the_end(broker: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Kafka()
    taken = port_of(other.start())
    ports = iter([taken, free_port()])
    monkeypatch.setattr(kafka, "free_port", lambda: next(ports))
    try:
        assert port_of(broker.start()) != taken
    finally:
        other.stop()


def test_a_port_is_given_once_and_not_while_somebody_has_it() -> None:
    given = [free_port() for _ in range(50)]
    following = given[-1] + 1
    with socket.socket() as somebody:
        with contextlib.suppress(OSError):  # then it is taken already
            somebody.bind((LOOPBACK, following))
        given.append(free_port())
    assert len(set(given)) == len(given)
    assert following not in given


def test_no_orphan_when_we_are_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _RUN_UNTIL_KILLED], stdout=subprocess.PIPE)
    bootstrap, pid = lines_of(parent, 2)
    assert listens(bootstrap)
    parent.kill()
    parent.wait()
    assert gone(int(pid))


def test_a_broker_that_cannot_run_says_why(broker: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = tmp_path / "tansu"
    stub.write_text("#!/bin/sh\necho cannot allocate memory >&2\nexit 3\n")
    stub.chmod(0o755)
    monkeypatch.setattr(kafka, "_binary", lambda: stub)
    with pytest.raises(Unavailable, match=r"exit 3\): cannot allocate memory"):
        broker.start()
    assert broker.pid is None


def test_without_the_wheel_the_extra_is_named(broker: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Misconfigured, match=r"pro-collector\[embedded\]"):
        broker.start()


def test_neither_silence_nor_another_broker_is_an_answer(broker: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not broker_answers(free_port(), "pro-1")
    monkeypatch.setattr(kafka, "uuid4", lambda: "1234")
    port = port_of(broker.start())
    assert broker_answers(port, "pro-1234")
    for another in ("pro-1", "pro-12345", "ro-1234", "1234"):
        assert not broker_answers(port, another), another
