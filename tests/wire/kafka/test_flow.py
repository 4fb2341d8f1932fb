"""Events go from the outbox through Kafka to their handler, once and in order; what cannot be handled is laid aside."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pro_collector import tracing
from pro_collector.domain.events import TimelineChanged
from pro_collector.postgres.tables import dead_letters, outbox
from pro_collector.postgres.tables.outbox import OutboxRow
from tests.shared.clock import START
from tests.wire.kafka.pipe import TOPIC, Pipe

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]


@asynccontextmanager
async def new_records(flow: Pipe) -> AsyncIterator[Callable[[set[str]], Awaitable[dict[str, Any]]]]:
    """A function that reads wanted records, by `ce_id`, from the end that the topic has now: another test spoils it."""
    reader = AIOKafkaConsumer(bootstrap_servers=flow.settings.kafka_bootstrap)
    await reader.start()

    async def records(wanted: set[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while wanted - set(found):
            batches = await reader.getmany(timeout_ms=30_000)
            assert batches, "not all records are there"
            read = [(dict(record.headers), record) for batch in batches.values() for record in batch]
            found |= {names["ce_id"].decode(): record for names, record in read if "ce_id" in names}
        return found

    try:
        places = [TopicPartition(flow.broker.topic(TOPIC), n) for n in range(3)]
        reader.assign(places)
        for place, end in (await reader.end_offsets(places)).items():
            reader.seek(place, end)
        yield records
    finally:
        await reader.stop()


async def letters(flow: Pipe, *events: UUID) -> list[dict[str, object]]:
    """The dead letters of these events that wait."""
    return await flow.rows("SELECT * FROM dead_letter WHERE redriven_at IS NULL AND event_id = ANY(%s)", list(events))


async def test_each_event_arrives_once_with_cloudevents_headers_and_its_participant_as_key(flow: Pipe) -> None:
    async with new_records(flow) as records:
        sent = await flow.emit(*["enrolment"] * 20)
        await flow.all_done()
        assert flow.count(sent) == [1] * 20
        found = await records({str(event.id) for event in sent})
    for event in sent:
        record = found[str(event.id)]
        headers = {name: value.decode() for name, value in record.headers}
        assert headers["ce_specversion"] == "1.0"
        assert headers["ce_type"] == "timeline.changed"
        assert headers["ce_source"] == "pro-collector"
        assert headers["ce_subject"] == str(event.participant_id)
        assert headers["content-type"] == "application/json"
        assert datetime.fromisoformat(headers["ce_time"]) == event.occurred_at
        assert record.key == str(event.participant_id).encode()
        assert TimelineChanged.model_validate_json(record.value) == event


async def test_the_trace_of_an_event_goes_with_it_from_the_outbox_to_its_handler(
    flow: Pipe, traces: InMemorySpanExporter
) -> None:
    async with new_records(flow) as records:
        with tracing.tracer().start_as_current_span("cause") as cause:
            (event,) = await flow.emit("traced")
        await flow.all_done()
        record = (await records({str(event.id)}))[str(event.id)]
    ids = cause.get_span_context()
    assert (
        dict(record.headers)["traceparent"].decode()
        == f"00-{ids.trace_id:032x}-{ids.span_id:016x}-{ids.trace_flags:02x}"
    )
    await flow.until(lambda: len(traces.get_finished_spans()) > 1)
    (handled,) = (span for span in traces.get_finished_spans() if span.name == "process timeline.changed")
    assert handled.parent is not None
    assert (handled.context.trace_id, handled.parent.span_id) == (ids.trace_id, ids.span_id)


async def test_one_poison_event_among_hundreds_is_laid_aside_alone(flow: Pipe) -> None:
    before = flow.consumer.done
    sent = await flow.emit(*["good"] * 150, "poison", *["good"] * 150)
    await flow.all_done()
    await flow.until(lambda: flow.consumer.done >= before + 301)  # what the watchdog counts
    good = [event for event in sent if event.cause == "good"]
    assert flow.count(good) == [1] * 300
    (letter,) = await letters(flow, *[event.id for event in sent])
    assert letter["event_id"] == sent[150].id
    assert letter["participant_id"] == sent[150].participant_id
    assert letter["reason"] == "ValueError: a patient's own words"
    assert "in handle" in str(letter["trace"])


async def test_redriven_after_mending_it_goes_through(flow: Pipe) -> None:
    (event,) = await flow.emit("poison")
    await flow.all_done()
    (letter,) = await letters(flow, event.id)
    await redrive(flow, letter["id"])
    await flow.all_done()
    (again,) = await letters(flow, event.id)
    assert again["id"] != letter["id"], "not mended yet: it died a second time"
    flow.mended = True
    await redrive(flow, again["id"])
    await flow.until(lambda: flow.count([event]) == [1])
    assert await letters(flow, event.id) == []


async def redrive(flow: Pipe, number: object) -> None:
    """As the command does."""
    async with flow.database.transaction() as tx:
        assert await dead_letters.redrive(tx, [int(str(number))]) == 1


async def test_a_dead_event_that_kafka_delivers_again_is_not_laid_aside_twice(flow: Pipe) -> None:
    (event,) = await flow.emit("poison")
    await flow.all_done()
    await flow.producer.publish([row_of(event)])
    (marker,) = await flow.emit("good")
    await flow.until(lambda: flow.count([marker]) == [1])
    assert len(await letters(flow, event.id)) == 1


def row_of(event: TimelineChanged) -> OutboxRow:
    """An event as the outbox holds it."""
    return OutboxRow(0, event.id, TOPIC, event.participant_id, event.occurred_at, event.model_dump_json())


DEEP = b'{"POISON":' * 20_000
UNREADABLE: dict[str, tuple[bytes | None, list[tuple[str, bytes | None]]]] = {
    "json": (b"{not json", []),
    "schema": (b'{"cause": "x"}', []),
    "bytes": (b"\xff\xfe\x00", []),
    "surrogate": (b'{"cause": "\\ud800", "id": "\\u0000"}', []),
    "deep": (DEEP, []),
    "empty": (b"", []),
    "null": (None, []),
    "headers that are no text": (
        b"{}",
        [("x", b"\xff\xfe"), ("ce_id", b"\xff"), ("content-type", b"application/json")],
    ),
    "headers without value": (b"{}", [("ce_id", None), ("content-type", None)]),
    "a header with a zero": (b"{}", [("\0", b"\0")]),
    "the name of no event of ours": (b"{}", [("ce_id", str(uuid4()).encode())]),
}


@pytest.mark.parametrize(("value", "headers"), UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_an_unreadable_record_is_laid_aside_as_it_came_and_once(
    flow: Pipe, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    before = len(await flow.rows("SELECT 1 FROM dead_letter WHERE event_id IS NULL"))
    for _ in range(2):
        await flow.put(value, headers)
        sent = await flow.emit(*["good"] * 5)
        await flow.all_done()
        assert flow.count(sent) == [1] * 5
        await flow.until_read()
    found = await flow.rows("SELECT * FROM dead_letter WHERE event_id IS NULL ORDER BY id")
    assert len(found) == before + 1
    assert bytes(found[-1]["value"]) == (value or b"")
    assert found[-1]["topic"] == TOPIC
    assert bytes(found[-1]["key"]) == b"whoever"
    kept = [(name, text and b64decode(text)) for name, text in found[-1]["headers"]]
    assert kept == [(name.replace("\0", "\ufffd"), text) for name, text in headers]
    assert "validation error" in found[-1]["reason"]


async def test_a_record_that_the_client_library_cannot_read_is_stepped_over(flow: Pipe) -> None:
    offsets = {(partition, await flow.put_unreadable(partition)) for partition in (0, 1, 0)}
    if not flow.settings.kafka_idempotent:  # Apache Kafka looks into compressed batches, and refuses this one
        offsets.add((0, await flow.put_unreadable(packed=True)))
    sent = await flow.emit(*["good"] * 60)
    await flow.all_done()
    assert flow.count(sent) == [1] * 60
    query = "SELECT partition, \"offset\" FROM dead_letter WHERE headers -> 0 ->> 0 = 'unreadable'"
    for partition in (0, 1):
        await flow.until_read(partition)
    found = [(row["partition"], row["offset"]) for row in await flow.rows(query)]
    assert sorted(found) == sorted(offsets)


async def test_events_are_read_however_they_are_compressed(flow: Pipe) -> None:
    """A topic with `compression.type` compresses what we write, too."""
    codecs = ("gzip", "snappy", "lz4", "zstd")
    async with flow.database.transaction() as tx:
        events = [TimelineChanged(id=uuid4(), participant_id=uuid4(), occurred_at=START, cause=each) for each in codecs]
        await outbox.add(tx, events)
        ids = [event.id for event in events]
        await tx.execute("UPDATE outbox SET published_at = now() + interval '1 h' WHERE event_id = ANY(%s)", (ids,))
    for event in events:
        await flow.put(event.model_dump_json().encode(), compression=event.cause)
    await flow.until(lambda: flow.count(events) == [1] * 4)


async def test_an_event_is_handled_whatever_its_headers_are(flow: Pipe) -> None:
    """Nobody here needs them to understand it."""
    async with flow.database.transaction() as tx:
        event = TimelineChanged(id=uuid4(), participant_id=uuid4(), occurred_at=START, cause="good")
        await outbox.add(tx, [event])
        await tx.execute("UPDATE outbox SET published_at = clock_timestamp() WHERE event_id = %s", (event.id,))
    await flow.put(event.model_dump_json().encode(), [("x", b"\xff\xfe"), ("ce_id", None)])
    await flow.until(lambda: flow.count([event]) == [1])


async def test_an_event_of_ours_that_became_unreadable_is_laid_aside_once_and_can_be_redriven(flow: Pipe) -> None:
    """As after an upgrade whose model does not take what an older version wrote."""
    id, whom = uuid4(), uuid4()
    async with flow.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload) VALUES (%s, %s, %s, now(), %s)",
            (id, TOPIC, whom, json.dumps({"id": str(id), "why": "an older field"})),
        )
        await tx.execute("SELECT pg_notify('outbox', '')")
    await flow.all_done()
    (letter,) = await letters(flow, id)
    (marker,) = await flow.emit("good")  # a while later it is still one: nobody publishes it again and again
    await flow.until(lambda: flow.count([marker]) == [1])
    await flow.emit(*["good"] * 3)
    await flow.all_done()
    assert len(await letters(flow, id)) == 1
    mended = {"id": str(id), "participant_id": str(whom), "occurred_at": "2026-03-02T12:00:00Z", "cause": "mended"}
    await flow.rows("UPDATE outbox SET payload = %s WHERE event_id = %s RETURNING 1", json.dumps(mended), id)
    await redrive(flow, letter["id"])
    await flow.until(lambda: [event.cause for event in flow.handled if event.id == id] == ["mended"])


async def test_the_same_record_delivered_twice_is_handled_once(flow: Pipe) -> None:
    sent = await flow.emit(*["good"] * 10)
    await flow.all_done()
    await flow.producer.publish([row_of(event) for event in sent])
    (marker,) = await flow.emit("good", whom=sent[0].participant_id)
    await flow.until(lambda: flow.count([marker]) == [1])
    assert flow.count(sent) == [1] * 10


async def test_a_lost_connection_is_waited_out(flow: Pipe) -> None:
    sent = await flow.emit("sick 3", "good")
    await flow.all_done()
    assert flow.count(sent) == [1, 1]
    assert await letters(flow, *[event.id for event in sent]) == []


async def test_a_worker_that_is_newer_than_its_database_waits_for_the_migration(flow: Pipe) -> None:
    sent = await flow.emit("early 5", "good")
    await flow.all_done()
    assert flow.count(sent) == [1, 1]
    assert await letters(flow, *[event.id for event in sent]) == [], "no event is to blame for it"


async def test_an_outage_longer_than_all_waits_loses_nothing(flow: Pipe) -> None:
    sent = await flow.emit("sick 9", *["good"] * 30)
    await flow.all_done()
    assert flow.count(sent) == [1] * 31
    assert await letters(flow, *[event.id for event in sent]) == []


async def test_what_happens_to_one_participant_keeps_its_order(flow: Pipe) -> None:
    people = [uuid4() for _ in range(15)]
    for n in range(0, 20, 4):
        for whom in people:
            await flow.emit(*[str(n + k) for k in range(4)], whom=whom)
    await flow.all_done()
    assert {tuple(flow.by_participant()[whom]) for whom in people} == {tuple(str(n) for n in range(20))}


async def test_what_kafka_lost_is_published_again_and_handled_once(flow: Pipe) -> None:
    events = await flow.emit(*["good"] * 10)
    await flow.all_done()
    lost = [event.id for event in events[:5]]
    flow.handled.clear()  # as if it had not come: published in the record, and in no topic any more
    await flow.rows("UPDATE outbox SET handled_at = NULL WHERE event_id = ANY(%s) RETURNING 1", lost)
    await flow.until(lambda: flow.count(events[:5]) == [1] * 5)
    assert flow.count(events[5:]) == [0] * 5
    published = await flow.rows("SELECT published FROM outbox WHERE event_id = ANY(%s)", lost)
    assert all(row["published"] > 1 for row in published)  # and once more wherever a second was too short to handle it


async def test_what_nobody_here_handles_is_published_and_done(flow: Pipe) -> None:
    async with flow.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO outbox (event_id, type, participant_id, occurred_at, payload)"
            " VALUES (%s, 'score.recorded', %s, now(), '{}')",
            (uuid4(), uuid4()),
        )
        await tx.execute("SELECT pg_notify(%s, '')", (outbox.CHANNEL,))
    await flow.all_done()
    assert await flow.rows("SELECT published FROM outbox WHERE type = 'score.recorded'") == [{"published": 1}]
