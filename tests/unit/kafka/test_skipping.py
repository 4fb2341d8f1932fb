"""The consumer says why it cannot read; a refusal by Kafka, such as a missing right, would otherwise be silent."""

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import GroupAuthorizationFailedError
from structlog.testing import capture_logs

from pro_collector.kafka.skipping import SkippingConsumer


async def test_an_error_of_kafka_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise GroupAuthorizationFailedError("worker")

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", refused)
    consumer = SkippingConsumer("topic", group_id="worker")
    try:
        with capture_logs() as told, pytest.raises(GroupAuthorizationFailedError):
            await consumer.getmany()
        assert [line["error"] for line in told] == ["GroupAuthorizationFailedError"]
    finally:
        await consumer.stop()
