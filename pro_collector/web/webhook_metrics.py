"""The metrics of webhooks, read from the database; no data of people."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pro_collector.postgres.connection import Tx
from pro_collector.postgres.tables import webhook_deliveries
from pro_collector.postgres.tables.webhook_deliveries import DeliveryCount


class WebhookMetrics(Collector):
    """How many deliveries wait, arrived, and are dead letters; what ended more than 30 days ago is not counted."""

    def __init__(self, counted: DeliveryCount | None, now: datetime) -> None:
        self._counted, self._now = counted, now

    def collect(self) -> Iterable[Metric]:
        """The metrics; each label has a series even at 0."""
        count = GaugeMetricFamily(
            "pro_webhook_deliveries", "Events for webhooks, of the last 30 days", labels=["state"]
        )
        for state in ("waiting", "delivered", "dead"):
            count.add_metric([state], getattr(self._counted, state, 0))
        since = self._counted.oldest if self._counted else None
        seconds = max(0.0, (self._now - since).total_seconds()) if since else 0.0
        oldest = GaugeMetricFamily(
            "pro_webhook_oldest_seconds", "Age of the oldest event that waits for a webhook, 0 if none", value=seconds
        )
        yield from (count, oldest)


async def webhook_metrics(tx: Tx, now: datetime) -> WebhookMetrics:
    """Read the metrics of webhooks."""
    return WebhookMetrics(await webhook_deliveries.totals(tx), now)
