"""OpenTelemetry traces that follow one answer through the parts; off unless OTEL_EXPORTER_OTLP_ENDPOINT is set.

A span has the name and id of an event or the pattern of a route, and nothing of a person: no path, address or text.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol
from uuid import UUID

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pro_collector.errors import Misconfigured

HEADER = "traceparent"
"""The name of the Kafka header, with the value of W3C Trace Context."""
_W3C = TraceContextTextMapPropagator()
_handled: ContextVar[Mapping[UUID, Span] | None] = ContextVar("handled", default=None)


class Traced(Protocol):
    """What a span says of an event."""

    @property
    def id(self) -> UUID: ...
    @property
    def type(self) -> str: ...
    @property
    def participant_id(self) -> UUID: ...


def start() -> None:
    """Send spans to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names. Raises Misconfigured without the extra."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise Misconfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT: is set, but the packages of the extra `otel` are not installed"
        ) from error
    # A process that ends does not wait for the collector: its last spans may be missing.
    provider = TracerProvider(resource=Resource.create({"service.name": "pro-collector"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def is_on() -> bool:
    """Whether somebody traces."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def tracer() -> trace.Tracer:
    """The tracer of the product; its spans go nowhere unless somebody traces."""
    return trace.get_tracer("pro-collector")


def traceparent(participant_id: UUID) -> str | None:
    """The trace of what causes an event about this participant now; None if nobody traces."""
    span = (_handled.get() or {}).get(participant_id) or trace.get_current_span()
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, trace.set_span_in_context(span))
    return carrier.get(HEADER)


@contextmanager
def handling(events: Sequence[Traced], parents: Mapping[UUID, str], group: str) -> Iterator[None]:
    """Trace the handling of a batch: one span for each event, in the trace of what caused it (`parents`, by event id).

    Events that the block records continue the trace of the event about the same participant.
    """
    if not is_on():
        yield
        return
    spans = [_span(event, parents.get(event.id), group) for event in events]
    token = _handled.set({event.participant_id: span for event, span in zip(events, spans, strict=True)})
    try:
        yield
    except BaseException as error:
        for span in spans:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)  # without the message of the error, which may quote an answer
        raise
    finally:
        _handled.reset(token)
        for span in spans:
            span.end()


def _span(event: Traced, parent: str | None, group: str) -> Span:
    return tracer().start_span(
        f"process {event.type}",
        _W3C.extract({HEADER: parent} if parent else {}),
        SpanKind.CONSUMER,
        {
            "messaging.system": "kafka",
            "messaging.destination.name": event.type,
            "messaging.message.id": str(event.id),
            "messaging.consumer.group.name": group,
        },
    )
