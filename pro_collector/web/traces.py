"""A span for each request, with the pattern of its route: paths are personal links, and stay out of traces."""

from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind

from pro_collector import tracing

OFF: TelemetryConfig = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
}  # fmt: skip
"""FastAPI itself would report paths and rejected input to the collector of the environment."""
KEPT = frozenset({"http.request.method"})
"""What is kept of what FastAPI knows when a request begins; it adds the pattern of the route and the status."""


def telemetry() -> TelemetryConfig:
    """What FastAPI reports: nothing, or spans if somebody traces."""
    return {**OFF, "tracing": True, "tracer_provider": _PatternsOnly()} if tracing.is_on() else OFF


class _PatternsOnly(trace.TracerProvider):
    def get_tracer(self, *_: Any, **__: Any) -> trace.Tracer:
        """The tracer of the product, without paths."""
        return _RequestTracer()


class _RequestTracer(trace.Tracer):
    """Begins a trace of its own for each request, whatever trace its headers name."""

    def start_span(
        self,
        name: str,
        context: Context | None = None,  # noqa: ARG002  # what the headers of the request say
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        *_: Any,
        **__: Any,
    ) -> Span:
        """Start a span with the attributes that are KEPT."""
        kept = {key: value for key, value in (attributes or {}).items() if key in KEPT}
        return tracing.tracer().start_span(name, Context(), kind, kept)

    def start_as_current_span(self, *_: Any, **__: Any) -> Any:
        """Not used for requests."""
        raise NotImplementedError
