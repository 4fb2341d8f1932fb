"""`/metrics` for Prometheus, read from the database: what waits, and how long things took; no data of people."""

from collections.abc import Iterable, Mapping, Sequence

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.accounts.sessions import Present
from pro_collector.domain.account.acts import Act
from pro_collector.domain.task_kind import TASK_KINDS
from pro_collector.postgres.questions.gauges import Waiting, backlog, exceptions, open_tasks
from pro_collector.postgres.tables import stalls
from pro_collector.web.alert_metrics import alert_metrics
from pro_collector.web.durations import Durations
from pro_collector.web.feed_metrics import feed_metrics
from pro_collector.web.team.guard import TeamGuard
from pro_collector.web.webhook_metrics import webhook_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a series began: two more series, which nothing reads


def metrics_routes(guard: TeamGuard) -> APIRouter:
    """The route of the metrics, for a token with the role `metrics` (`authorization` in Prometheus)."""

    durations, rt = Durations(), guard.rt

    async def show(_request: Request, _who: Present) -> Response:
        now = rt.clock.now()
        async with rt.database.transaction() as tx:
            gauges = _Gauges(
                await backlog(tx, now), await exceptions(tx, now), await open_tasks(tx, now), await stalls.longest(tx)
            )
            of_alerts, of_feeds = await alert_metrics(tx, rt), await feed_metrics(tx, now)
            of_webhooks = await webhook_metrics(tx, now)
            await durations.look(tx)
        registry = CollectorRegistry()
        registry.register(gauges)
        registry.register(durations)
        registry.register(of_alerts)
        registry.register(of_feeds)
        registry.register(of_webhooks)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    routes = APIRouter(include_in_schema=False)
    routes.add_route("/metrics", guard.of_installation(Act.see_health, show), methods=["GET"])
    return routes


class _Gauges(Collector):
    def __init__(
        self,
        backlog: Sequence[Waiting],
        exceptions: Sequence[Waiting],
        tasks: Sequence[Waiting],
        stalls: Mapping[str, float],
    ) -> None:
        self._stalls = {part.kind: 0.0 for part in backlog} | dict(stalls)
        open_kinds = {task.kind for task in tasks}
        # an alert needs a series even at 0
        empty = [Waiting(kind, 0, 0) for kind in TASK_KINDS if kind not in open_kinds]
        self._sets = (
            ("pro_backlog", "part", "Work that a part of the product has not done yet", backlog),
            (
                "pro_aside",
                "kind",
                "Dead letters, messages held or of unknown outcome, emergencies of strangers",
                exceptions,
            ),
            ("pro_tasks_open", "kind", "Open tasks of the study team", [*tasks, *empty]),
        )

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, label, help_text, rows in self._sets:
            count = GaugeMetricFamily(name, help_text, labels=[label])
            oldest = GaugeMetricFamily(
                f"{name}_oldest_seconds", f"{help_text}: age of the oldest, 0 if none", labels=[label]
            )
            for row in rows:
                count.add_metric([row.kind], row.n)
                oldest.add_metric([row.kind], row.seconds)
            yield from (count, oldest)
        yield self._stalled()

    def _stalled(self) -> GaugeMetricFamily:
        stalled = GaugeMetricFamily(
            "pro_stalled_seconds", "For how long a part has done nothing although work waits", labels=["part"]
        )
        for part, seconds in self._stalls.items():
            stalled.add_metric([part], seconds)
        return stalled
