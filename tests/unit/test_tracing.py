"""Traces: an event continues the trace of what caused it, and no span says more than which event it was."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pro_collector import tracing
from pro_collector.errors import Misconfigured

WORDS = " ".join(("my", "pain", "is", "7"))


@dataclass(frozen=True)
class Happened:
    """An event, as far as traces know it."""

    type: str
    participant_id: UUID = field(default_factory=uuid4)
    id: UUID = field(default_factory=uuid4)


def test_without_a_collector_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    tracing.start()
    event = Happened("message.received")
    with tracing.handling([event], {}, "worker"):
        assert tracing.traceparent(event.participant_id) is None


def test_a_collector_without_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(Misconfigured, match="the packages of the extra `otel`"):
        tracing.start()


def test_each_event_of_a_batch_continues_the_trace_of_its_own_cause(traces: InMemorySpanExporter) -> None:
    replies = [Happened("message.received") for _ in range(2)]
    with tracing.handling(replies, {}, "worker"):
        causes = [tracing.traceparent(reply.participant_id) for reply in replies]
        assert tracing.traceparent(uuid4()) is None, "of somebody else"
    assert tracing.traceparent(replies[0].participant_id) is None, "the batch has ended"
    sends = [Happened("message.requested", reply.participant_id) for reply in replies]
    with tracing.handling(sends, {send.id: str(cause) for send, cause in zip(sends, causes, strict=True)}, "sender"):
        pass
    first, second, third, fourth = traces.get_finished_spans()
    assert first.context.trace_id != second.context.trace_id
    for cause, effect in ((first, third), (second, fourth)):
        assert effect.parent is not None
        assert (effect.context.trace_id, effect.parent.span_id) == (cause.context.trace_id, cause.context.span_id)
    assert third.name == "process message.requested"
    assert third.attributes == {
        "messaging.system": "kafka",
        "messaging.destination.name": "message.requested",
        "messaging.message.id": str(sends[0].id),
        "messaging.consumer.group.name": "sender",
    }


def test_a_failure_is_seen_without_its_words(traces: InMemorySpanExporter) -> None:
    with pytest.raises(RuntimeError), tracing.handling([Happened("message.received")], {}, "worker"):
        raise RuntimeError(WORDS)
    (span,) = traces.get_finished_spans()
    assert not span.status.is_ok
    assert (span.attributes or {})["error.type"] == "RuntimeError"
    assert WORDS not in span.to_json()


def test_a_damaged_header_begins_a_trace_of_its_own(traces: InMemorySpanExporter) -> None:
    event = Happened("survey.due")
    with tracing.handling([event], {event.id: "00-zz"}, "worker"):
        assert tracing.traceparent(event.participant_id) is not None
    assert traces.get_finished_spans()[0].parent is None
