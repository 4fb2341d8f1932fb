"""The AsyncAPI document: what it says of brokers, topics and headers is what the product does."""

import json

from pydantic import SecretStr

from pro_collector.domain.events import EVENTS, SurveyDue
from pro_collector.kafka.asyncapi import asyncapi
from pro_collector.kafka.producer import headers
from pro_collector.postgres.tables.outbox import OutboxRow
from pro_collector.settings import Settings
from tests.unit.domain.test_events import HERS, NOW

SETTINGS = Settings.model_construct(
    kafka_bootstrap="one.example:9093, two.example:9093", kafka_prefix="hospital.", kafka_partitions=12,
    kafka_replication=3, kafka_security_protocol="SASL_SSL", kafka_username="relay",
    kafka_password=SecretStr("not for readers"),
)  # fmt: skip


def test_it_names_the_brokers_and_the_topics_of_the_installation_and_no_secret() -> None:
    text = asyncapi(SETTINGS)
    document = json.loads(text)
    assert document["servers"] == {
        f"broker{n}": {"host": host, "protocol": "kafka-secure", "security": [{"type": "scramSha512"}]}
        for n, host in enumerate(("one.example:9093", "two.example:9093"), start=1)
    }
    assert {channel["address"] for channel in document["channels"].values()} == {f"hospital.{name}" for name in EVENTS}
    states = [
        name for name, channel in document["channels"].items()
        if "topicConfiguration" in channel["bindings"]["kafka"]
    ]  # fmt: skip
    assert states == ["ScoresLatest", "TimelineLatest"]
    assert "not for readers" not in text
    assert "relay" not in text.replace("relayed", "")


def test_the_headers_of_a_record_are_those_that_it_names() -> None:
    event = SurveyDue.of(HERS, NOW)
    row = OutboxRow(1, event.id, event.type, event.participant_id, NOW, event.model_dump_json(), "00-a-b-01")
    message = json.loads(asyncapi(SETTINGS))["components"]["messages"]["SurveyDue"]
    sent, named = headers(row), message["headers"]["properties"]
    assert sent.keys() == named.keys()
    assert {name: sent[name] for name, schema in named.items() if "const" in schema} == {
        name: schema["const"] for name, schema in named.items() if "const" in schema
    }
