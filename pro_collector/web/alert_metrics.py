"""The metrics of alerts of rules, read from the database; no data of people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pro_collector.domain.alert.rule import URGENCIES
from pro_collector.postgres.connection import Tx
from pro_collector.postgres.questions import alert_gauges
from pro_collector.postgres.questions.alert_gauges import Acknowledgements
from pro_collector.postgres.tables.alerts import What
from pro_collector.runtime import Runtime

BUCKETS = (300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 86400.0, 259200.0)
"""Seconds until somebody acknowledges: from five minutes to three days."""
STATES = ("raised", "acknowledged")


@dataclass(frozen=True, slots=True)
class _Open:
    urgency: str
    state: str
    n: int
    seconds: float


class AlertMetrics(Collector):
    """How many alerts are open, how soon they were acknowledged, and what happened to them.

    Counts fall when somebody is erased, which Prometheus takes for a restart.
    """

    def __init__(self, open_: Sequence[_Open], taken: Acknowledgements, happened: Mapping[str, int]) -> None:
        self._open, self._taken, self._happened = open_, taken, happened

    def collect(self) -> Iterable[Metric]:
        """The metrics; each label has a series even at 0."""
        labels = ["urgency", "state"]
        count = GaugeMetricFamily("pro_alerts_open", "Open alerts of rules", labels=labels)
        oldest = GaugeMetricFamily(
            "pro_alerts_open_oldest_seconds", "Open alerts of rules: age of the oldest, 0 if none", labels=labels
        )
        for urgency in URGENCIES:
            for state in STATES:
                found = [each for each in self._open if (each.urgency, each.state) == (urgency, state)]
                count.add_metric([urgency, state], sum(each.n for each in found))
                oldest.add_metric([urgency, state], max((each.seconds for each in found), default=0.0))
        log = CounterMetricFamily("pro_alerts", "What happened to alerts of rules", labels=["what"])
        for what in get_args(What):
            log.add_metric([what], self._happened.get(what, 0))
        yield from (count, oldest, self._acknowledged(), log)

    def _acknowledged(self) -> HistogramMetricFamily:
        buckets = [(f"{most:g}", float(n)) for most, n in zip(BUCKETS, self._taken.within, strict=True)]
        return HistogramMetricFamily(
            "pro_alert_acknowledged_seconds", "From raising an alert until a person took care of it",
            buckets=[*buckets, ("+Inf", float(self._taken.count))], sum_value=self._taken.seconds,
        )  # fmt: skip


async def alert_metrics(tx: Tx, rt: Runtime) -> AlertMetrics:
    """Read the metrics of alerts."""
    counted = await alert_gauges.open_counts(tx, rt.clock.now())
    open_ = []
    for each in counted:
        section = (await rt.studies.get(tx, each.study, each.study_version)).study.alerts
        if section is not None:
            open_.append(_Open(section.rules[each.rule].urgency, each.state, each.n, each.seconds))
    taken = await alert_gauges.acknowledgements(tx, BUCKETS)
    return AlertMetrics(open_, taken, await alert_gauges.happened(tx))
