"""`/metrics`: what waits, for Prometheus, read from the record at each request; counts and kinds, nobody's data."""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from pro_collector.domain.task_kind import TASK_KINDS
from pro_collector.postgres.questions.gauges import Waiting, aside, backlog, open_tasks
from pro_collector.runtime import Runtime
from pro_collector.web.team import only_team


def metrics_routes(rt: Runtime) -> APIRouter:
    """The page that Prometheus reads, for the team alone (`basic_auth`)."""

    async def show(_request: Request) -> Response:
        now = rt.clock.now()
        async with rt.database.transaction() as tx:
            found = _Found(await backlog(tx, now), await aside(tx, now), await open_tasks(tx, now))
        registry = CollectorRegistry()
        registry.register(found)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    routes = APIRouter(include_in_schema=False)
    routes.add_route("/metrics", only_team(rt, show), methods=["GET"])
    return routes


class _Found(Collector):
    def __init__(self, backlog: Sequence[Waiting], aside: Sequence[Waiting], tasks: Sequence[Waiting]) -> None:
        known = {task.kind for task in tasks}
        none = [Waiting(kind, 0, 0) for kind in TASK_KINDS if kind not in known]  # an alert needs a series to watch
        self._sets = (
            ("pro_backlog", "part", "Work that a part of the product has not done yet", backlog),
            (
                "pro_aside",
                "kind",
                "Events laid aside, messages held or of unknown outcome, emergencies of strangers",
                aside,
            ),
            ("pro_tasks_open", "kind", "Tasks of the study team that nobody marked done", [*tasks, *none]),
        )

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, label, told, rows in self._sets:
            count = GaugeMetricFamily(name, told, labels=[label])
            oldest = GaugeMetricFamily(
                f"{name}_oldest_seconds", f"{told}: age of the oldest, 0 if none", labels=[label]
            )
            for row in rows:
                count.add_metric([row.kind], row.n)
                oldest.add_metric([row.kind], row.seconds)
            yield from (count, oldest)
