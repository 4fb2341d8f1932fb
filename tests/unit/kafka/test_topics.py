"""How topics are made: on a cluster a majority of the replicas has an event before it counts as published."""

import pytest

from pro_collector.kafka.topics import _topic
from pro_collector.settings import Settings


@pytest.mark.parametrize(("topic", "policy"), [("survey.due", None), ("scores.latest", "compact")])
def test_a_topic_of_states_keeps_the_newest_record_of_each_key(topic: str, policy: str | None) -> None:
    settings = Settings.model_construct(kafka_prefix="x.", kafka_partitions=6, kafka_replication=1)
    assert _topic(f"x.{topic}", settings).topic_configs.get("cleanup.policy") == policy


@pytest.mark.parametrize(("replicas", "in_sync"), [(1, None), (2, None), (3, "2"), (5, "3")])
def test_a_majority_has_what_is_published(replicas: int, in_sync: str | None) -> None:
    made = _topic("pro.survey.due", Settings.model_construct(kafka_partitions=6, kafka_replication=replicas))
    assert (made.replication_factor, made.topic_configs.get("min.insync.replicas")) == (replicas, in_sync)
