"""Histograms of how long events and steps take, for `/metrics`: each look adds the events since the last look."""

import asyncio
from collections.abc import Iterable

from prometheus_client import Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pro_collector.pipeline import PIPELINE
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import durations
from pro_collector.postgres.questions.durations import EventDurations

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds; none is longer than an event has settled for."""
STEPS = {
    "survey.due": "due_to_sent",
    "message.received": "reply_to_next_question",
    "score.recorded": "answer_to_stream",
}
HANDLED_BY = {event.type: part for part, handlers in PIPELINE.items() for event in handlers}


class Durations(Collector):
    """The histograms of this process. They begin empty at its first look, as counters of Prometheus may."""

    def __init__(self) -> None:
        self._after: int | None = None
        self._looking = asyncio.Lock()
        self._events = Histogram(
            "pro_event_seconds",
            "From recording an event until the relay has published it, and until the part that handles it has done so",
            ["part", "event"],
            buckets=BUCKETS,
            registry=None,
        )
        self._steps = Histogram(
            "pro_step_seconds", "What people wait for, from the first moment to the last", ["step"], buckets=BUCKETS,
            registry=None,
        )  # fmt: skip
        for step in STEPS.values():
            self._steps.labels(step)

    async def look(self, tx: Tx) -> None:
        """Add the events that have settled since the last look."""
        async with self._looking:
            if self._after is None:
                self._after = await durations.newest(tx)
            for event in await durations.since(tx, self._after):
                self._add(event)
                self._after = event.id

    def collect(self) -> Iterable[Metric]:
        yield from (*self._events.collect(), *self._steps.collect())

    def _add(self, event: EventDurations) -> None:
        self._events.labels("relay", event.type).observe(event.to_published)
        if part := HANDLED_BY.get(event.type):
            self._events.labels(part, event.type).observe(event.to_handled)
        if event.step is not None:
            self._steps.labels(STEPS[event.type]).observe(max(0.0, event.step))
