"""The metrics of feeds of treatment data, read from the database; no data of people."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import feed_age
from pro_collector.postgres.questions.feed_age import FeedAge


class FeedMetrics(Collector):
    """How old each feed is, how old it may be, and in how many records it contradicts a person."""

    def __init__(self, ages: Sequence[FeedAge], now: datetime) -> None:
        self._ages, self._now = ages, now

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metrics; none for a feed that was stopped."""
        labels = ["study", "feed"]
        age = GaugeMetricFamily("pro_feed_age_seconds", "Since a feed was last read without failure", labels=labels)
        limit = GaugeMetricFamily("pro_feed_age_limit_seconds", "How old a feed may be", labels=labels)
        conflicts = GaugeMetricFamily(
            "pro_feed_conflicts", "Records of a feed that contradict what a person recorded", labels=labels
        )
        for each in self._ages:
            of_feed = [each.study, each.feed]
            age.add_metric(of_feed, max(0.0, (self._now - each.since).total_seconds()))
            limit.add_metric(of_feed, each.silent_minutes * 60)
            conflicts.add_metric(of_feed, each.conflicts)
        yield from (age, limit, conflicts)


async def feed_metrics(tx: Tx, now: datetime) -> FeedMetrics:
    """Read the metrics of feeds."""
    return FeedMetrics(await feed_age.ages(tx), now)
